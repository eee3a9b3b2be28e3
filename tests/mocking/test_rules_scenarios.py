"""Scenarios, personas over time, merge patches, delays and near misses."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.contracts.model import OperationEntry
from mockops.core.chance import roll
from mockops.core.exchange import Request
from mockops.mocking.importers.scenarios import read_scenario
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.model import (
    Delay,
    Lifecycle,
    LifecycleTransition,
    Persona,
    Reply,
    RequestMatch,
    SessionView,
    SetState,
    Stub,
    StubResponse,
    Transition,
)
from mockops.mocking.rules.check import check_scenario, check_stub
from mockops.mocking.rules.delays import MAX_DELAY_MS, draw_delay
from mockops.mocking.rules.lookup import StubIndex, operation_names
from mockops.mocking.rules.match import Subject
from mockops.mocking.rules.near import near_misses
from mockops.mocking.rules.personas import entity_field, named_field, next_persona_state, persona_state
from mockops.mocking.rules.scenarios import ScenarioPlay
from mockops.mocking.rules.timeline import advance

ENTRIES = (
    OperationEntry(method="POST", path="/payments", operation_id="createPayment"),
    OperationEntry(method="GET", path="/payments/{id}", operation_id="getPayment"),
)
CHECKOUT = {
    "name": "checkout",
    "states": ["first", "declined", "paid"],
    "initial_state": "first",
    "transitions": [
        {"from": "declined", "to": "first", "after": "15m"},
        {"from": "paid", "to": "first", "when": {"method": "DELETE", "path": "/payments/{id}"}},
    ],
    "rules": [
        {"match": "createPayment", "when_state": "first", "respond": 402, "set_state": "declined"},
        {
            "match": {"operation": "createPayment", "headers": {"x-try": 2}},
            "respond": {"status": 201},
            "set_state": "paid",
        },
        {
            "operation": "GET /payments/{id}",
            "when_state": ["first", "declined"],
            "patch": {"status": "declined", "x": None},
        },
        {"operation": "getPayment", "delay": "200ms"},
        {"match": {"path": "/other/{name}"}, "fault": "reset"},
    ],
}


def play() -> ScenarioPlay:
    scenario, problems = read_scenario(Plain(CHECKOUT, "checkout.yaml"))
    assert problems == []
    assert scenario is not None
    return ScenarioPlay(scenario, ENTRIES)


def subject(method: str, path: str, operation: str = "", view: SessionView | None = None, **headers: str) -> Subject:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    request = Request(method=method, path=path, headers=fields)
    return Subject(request=request, operation=operation, params={"id": "7"}, session=view or SessionView())


def in_state(state: str, since_s: float = 0.0) -> SessionView:
    return SessionView(states={"checkout": state}, since_s={"checkout": since_s})


def test_the_first_rule_that_applies_answers_and_sets_the_state() -> None:
    cue = play().find(subject("POST", "/payments", "POST /payments"), now_s=5)
    assert cue.rule == 0
    assert cue.respond == StubResponse(status=402)
    assert cue.changes == (SetState("checkout", "declined"),)


def test_rules_look_at_state_and_request() -> None:
    declined = in_state("declined")
    cue = play().find(subject("POST", "/payments", "POST /payments", declined), now_s=5)
    assert cue.rule is None
    assert cue.state == "declined"
    cue = play().find(subject("POST", "/payments", "POST /payments", declined, x_try="2"), now_s=5)
    assert cue.rule == 1
    assert cue.changes == (SetState("checkout", "paid"),)


def test_time_changes_the_state_and_a_request_does() -> None:
    declined = in_state("declined", since_s=100)
    scenario = play()
    assert scenario.state(declined, now_s=999.9) == "declined"
    assert scenario.state(declined, now_s=1000) == "first"
    cue = scenario.find(subject("DELETE", "/payments/7", view=in_state("paid")), now_s=5)
    assert cue.changes == (SetState("checkout", "first"),)
    assert scenario.find(subject("DELETE", "/payments/7", view=in_state("declined")), now_s=5).changes == ()


def test_a_session_that_is_new_enters_the_initial_state() -> None:
    cue = play().find(subject("GET", "/elsewhere"), now_s=5)
    assert cue.rule is None
    assert cue.changes == (SetState("checkout", "first"),)


def test_a_rule_has_the_parameters_of_its_own_path() -> None:
    cue = play().find(subject("GET", "/other/bo"), now_s=0)
    assert cue.fault == "reset"
    assert cue.params == {"name": "bo"}


def test_a_patch_lies_over_the_answer_there_would_have_been() -> None:
    scenario = play()
    cue = scenario.find(subject("GET", "/payments/7", "GET /payments/{id}"), now_s=0)
    reply = Reply(status=200, headers=(("Content-Type", "application/json"),), body=b'{"id":"7","status":"ok","x":1}')
    assert msgspec.json.decode(scenario.patched(reply, cue).body) == {"id": "7", "status": "declined"}
    text = scenario.patched(Reply(status=200, headers=(("Content-Type", "text/plain"),), body=b"hi"), cue)
    assert text.headers == (("Content-Type", "application/json"),)
    error = Reply(status=404, body=b"{}", source="error")
    assert scenario.patched(error, cue) is error
    later = scenario.find(subject("GET", "/payments/7", "GET /payments/{id}", in_state("paid")), now_s=0)
    assert later.delay == Delay(fixed_ms=200)
    assert scenario.patched(reply, later) is reply


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"initial_state": "nowhere"}, "/initial_state", "no state 'nowhere'"),
        ({"rules": [{"operation": "x", "set_state": "gone", "respond": 200}]}, "/rules/0/set_state", "gone"),
        ({"rules": [{"operation": "x", "when_state": ["gone"], "respond": 200}]}, "/rules/0/when_state", "gone"),
        ({"rules": [{"respond": 200}]}, "/rules/0", "which requests"),
        ({"transitions": [{"from": "first", "to": "gone", "after": 1}]}, "/transitions/0/to", "gone"),
        ({"transitions": [{"from": "first", "to": "paid"}]}, "/transitions/0", "exactly one"),
        ({"transitions": [{"from": "first", "to": "paid", "after": 0}]}, "/transitions/0/after", "above 0"),
        ({"rulez": []}, "/rulez", "no 'rulez'"),
        ({"name": None}, "/name", "text"),
    ],
)
def test_a_scenario_that_cannot_work_is_refused(changes: dict[str, Any], pointer: str, words: str) -> None:
    scenario, problems = read_scenario(Plain({**CHECKOUT, **changes}))
    assert scenario is None
    assert any(problem.pointer == pointer and words in problem.message for problem in problems), problems


def test_states_nobody_reaches_and_rules_without_effect_are_warned_about() -> None:
    data = {"name": "s", "states": ["a", "b"], "rules": [{"operation": "getPayment"}]}
    scenario, problems = read_scenario(Plain(data))
    assert scenario is not None
    assert [(problem.severity, problem.pointer) for problem in problems] == [
        ("warning", "/states/1"),
        ("warning", "/rules/0"),
    ]


def test_unknown_operations_are_found_by_compiling() -> None:
    data = {**CHECKOUT, "rules": [{"operation": "creatPayment", "respond": 200}], "transitions": []}
    scenario, _ = read_scenario(Plain(data))
    assert scenario is not None
    [problem] = check_scenario(scenario, operation_names(ENTRIES))
    assert problem.pointer == "/rules/0/operation"
    assert "did you mean 'createPayment'" in problem.message


def test_every_part_of_a_stub_is_compiled_when_saved() -> None:
    match = {
        "path_regex": "(?=a)",
        "query": {"a": {"regex": "("}, "b": {"equals": "1"}},
        "body": {"json_path": {"x": 1}, "all_of": [{"json_schema": {"type": "nope"}}]},
    }
    respond = {"template": True, "json": {"a": ["{{ reqest.path }}"]}, "headers": {"X": "{{ request.path }}"}}
    stub = Stub(
        id="x",
        match=msgspec.convert(match, RequestMatch),
        respond=msgspec.convert(respond, StubResponse),
        source="stubs/a.yaml:7",
    )
    problems = check_stub(stub, {})
    assert [problem.pointer for problem in problems] == [
        "/match/path_regex",
        "/match/query/a",
        "/match/body/json_path/x",
        "/match/body/all_of/0/json_schema",
        "/respond/json/a/0",
    ]
    assert {(problem.source, problem.line) for problem in problems} == {("stubs/a.yaml", 7)}


@given(
    st.lists(
        st.builds(
            lambda a, b, after: Transition(source=a, target=b, after=after),
            st.sampled_from("abcd"),
            st.sampled_from("abcd"),
            st.sampled_from([0.5, 1.0, 2.5]),
        ),
        max_size=6,
    ),
    st.integers(0, 400).map(lambda quarters: quarters / 4),
)
def test_skipping_whole_rounds_of_a_cycle_ends_where_walking_them_does(
    steps: list[Transition], elapsed_s: float
) -> None:
    state, left = "a", elapsed_s
    while out := [step for step in steps if step.source == state and (step.after or 0) <= left]:
        earliest = min(out, key=lambda step: step.after or 0)
        state, left = earliest.target, left - (earliest.after or 0)
    assert advance("a", elapsed_s, steps) == (state, left)


def test_a_cycle_of_years_takes_no_time_to_walk() -> None:
    steps = [Transition(source="a", target="b", after=1), Transition(source="b", target="a", after=2)]
    assert advance("a", 3e9 + 1.5, steps)[0] == "b"


VIP = Persona(
    name="vip",
    entities={"customer": {"id": "c1", "email": "m@example.com"}, "customer_account": {"id": "a1"}},
    lifecycle=Lifecycle(
        state="new",
        states=["new", "old"],
        transitions=[
            LifecycleTransition(source="new", target="old", after=60),
            LifecycleTransition(source="old", target="new", when="createPayment"),
        ],
    ),
)


def test_a_persona_grows_older_and_reacts() -> None:
    assert persona_state(VIP, 59) == "new"
    assert persona_state(VIP, 60) == "old"
    assert next_persona_state(VIP, "old", frozenset({"createPayment"})) == "new"
    assert next_persona_state(VIP, "old", frozenset({"getPayment"})) == "old"
    assert persona_state(Persona(name="x"), 60) == ""


def test_what_a_persona_knows_is_found_by_entity_and_field() -> None:
    assert entity_field(VIP, "Customer", "ID") == "c1"
    assert entity_field(VIP, "order", "id") is msgspec.UNSET
    assert named_field(VIP, "customer_id") == "c1"
    assert named_field(VIP, "customerAccountId") == "a1"
    assert named_field(VIP, "customer") is msgspec.UNSET


@pytest.mark.parametrize(
    ("delay", "low", "high"),
    [
        (Delay(fixed_ms=20), 20, 20),
        (Delay(uniform_ms=(10, 50)), 10, 50),
        (Delay(normal_ms=(1, 30)), 0, 300),
        (Delay(lognormal_ms=(80, 0.4)), 1, 2000),
        (Delay(lognormal_ms=(600_000, 9)), 0, MAX_DELAY_MS),
        (Delay(dribble_ms=100), 0, 0),
    ],
)
def test_a_delay_stays_within_its_distribution(delay: Delay, low: float, high: float) -> None:
    drawn = [draw_delay(delay, roll("x", nth)) for nth in range(500)]
    assert low <= min(drawn) <= max(drawn) <= high
    assert drawn == [draw_delay(delay, roll("x", nth)) for nth in range(500)]


def test_the_nearest_come_first_and_say_what_differs() -> None:
    def stub(name: str, match: dict[str, Any], **settings: Any) -> Stub:
        return Stub(id=name, match=msgspec.convert(match, RequestMatch), source=f"{name}.yaml:1", **settings)

    index = StubIndex(
        [
            stub("far", {"method": "DELETE", "path": "/a/b/c/d", "query": {"x": {"equals": "1"}}}),
            stub("near", {"method": "GET", "path": "/payments/{id}", "query": {"x": {"equals": "1"}}}),
            stub("spent", {"path": "/payments/{id}"}, times=1),
        ],
        ENTRIES,
    )
    asked = subject("GET", "/payments/7/x", view=SessionView(hits={"spent": 1}))
    assert [miss.id for miss in near_misses(asked, index, ENTRIES)] == ["GET /payments/{id}", "spent", "near"]
    asked = subject("GET", "/payments/7", view=SessionView(hits={"spent": 1}))
    misses = near_misses(asked, index, (), count=2)
    assert [miss.id for miss in misses] == ["spent", "near"]
    assert misses[1].text == "stub 'near' (near.yaml:1) [query.x: expected 1, got absent]"
    assert misses[0].document["differences"] == [
        {"field": "times", "expected": "at most 1", "actual": "answered 1 already"}
    ]


def test_near_misses_of_thousands_of_stubs_are_bounded() -> None:
    index = StubIndex([Stub(id=str(at), match=RequestMatch(path=f"/p/{at}")) for at in range(3000)])
    asked = subject("GET", "/p/2999/x")
    assert len(index.sample(asked, 1000)) == 1000
    assert len(near_misses(asked, index)) == 3
