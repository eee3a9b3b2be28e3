"""The order and shape of decisions: scenario, stubs, stateful resources, contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mockops.contracts.service.load import load_contract
from mockops.core.exchange import Request
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.model import (
    Caller,
    CountHit,
    Lifecycle,
    LifecycleTransition,
    Persona,
    Reply,
    RequestMatch,
    Scenario,
    ScenarioRule,
    SessionView,
    SetState,
    StubResponse,
    Transition,
)
from mockops.mocking.rules.mock import Mock

PETSTORE = load_contract(Path(__file__).parent.parent.parent / "examples" / "petstore.yaml").contract
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = ("x-api-key", "k")
JSON = ("content-type", "application/json")


def ask(mock: Mock, line: str, *headers: tuple[str, str], body: Any = None, **context: Any) -> Reply:
    method, _, url = line.partition(" ")
    path, _, query = url.partition("?")
    raw = b"" if body is None else msgspec.json.encode(body)
    request = Request(method=method, path=path, query_string=query, headers=headers, body=raw)
    caller = context.get("caller", Caller())
    return mock.decide(request, caller, context.get("view", SessionView()), now=NOW, now_s=context.get("now_s", 100.0))


def test_the_contracts_first_example_is_the_answer() -> None:
    reply = ask(Mock(PETSTORE), "GET /pets")
    assert reply.status == 200
    assert reply.operation == "GET /pets"
    assert reply.is_repeatable
    assert [pet["name"] for pet in json.loads(reply.body)] == ["Rex", "Laika", "Misty"]


def test_generated_data_says_the_path_parameter_and_is_stable_by_seed() -> None:
    mock = Mock(PETSTORE, seed=1)
    first, again = ask(mock, "GET /pets/42"), ask(Mock(PETSTORE, seed=1), "GET /pets/42")
    assert first.body == again.body
    assert json.loads(first.body)["id"] == 42
    assert ask(Mock(PETSTORE, seed=2), "GET /pets/42").body != first.body
    assert ask(mock, "GET /pets/43").body != first.body


def test_stubs_come_before_the_contract_and_are_not_validated() -> None:
    stub = stub_from_json({"id": "s", "match": "POST /pets", "respond": {"status": 418, "text": "no"}})
    reply = ask(Mock(PETSTORE, stubs=[stub]), "POST /pets")
    assert (reply.status, reply.body, reply.stub) == (418, b"no", "s")


def test_scenario_rules_come_before_stubs() -> None:
    stub = stub_from_json({"id": "s", "match": "GET /pets", "respond": {"json": ["stub"]}})
    scenario = Scenario(name="empty", rules=[ScenarioRule(operation="listPets", respond=StubResponse(json=[]))])
    mock = Mock(PETSTORE, stubs=[stub], scenarios=[scenario])
    assert ask(mock, "GET /pets").body == b'["stub"]'
    reply = ask(mock, "GET /pets", caller=Caller(scenario="empty"))
    assert (reply.body, reply.scenario, reply.is_repeatable) == (b"[]", "empty", False)


def test_a_patch_changes_what_would_have_been_answered() -> None:
    scenario = Scenario(name="sold", rules=[ScenarioRule(operation="getPet", patch={"status": "sold"})])
    mock = Mock(PETSTORE, scenarios=[scenario])
    plain = json.loads(ask(mock, "GET /pets/5").body)
    patched = json.loads(ask(mock, "GET /pets/5", caller=Caller(scenario="sold")).body)
    assert patched == {**plain, "status": "sold"}


@pytest.mark.parametrize("kind", ["persona", "scenario"])
def test_unknown_personas_and_scenarios_are_refused_naming_the_known(kind: str) -> None:
    mock = Mock(PETSTORE, personas=[Persona(name="vip")], scenarios=[Scenario(name="sold")])
    reply = ask(mock, "GET /pets", caller=Caller(**{kind: "nobody"}))
    assert reply.status == 400
    problem = json.loads(reply.body)
    assert problem["code"] == f"mocking.unknown_{kind}"
    assert problem["known"] == (["vip"] if kind == "persona" else ["sold"])


def test_validation_enforces_warns_or_looks_away() -> None:
    asked = ("GET /pets?limit=abc",)
    refused = ask(Mock(PETSTORE), *asked)
    assert refused.status == 400
    assert [(each.location, each.pointer, each.rule) for each in refused.violations] == [("query", "/limit", "type")]
    warned = ask(Mock(PETSTORE, validation="warn"), *asked)
    assert (warned.status, len(warned.violations)) == (200, 1)
    ignored = ask(Mock(PETSTORE, validation="off"), *asked)
    assert (ignored.status, ignored.violations) == (200, ())


def test_security_comes_first() -> None:
    reply = ask(Mock(PETSTORE), "POST /pets", JSON, body={})
    assert reply.status == 401
    assert any(name == "WWW-Authenticate" for name, _ in reply.headers)


def test_wrong_methods_and_paths_are_told_apart() -> None:
    mock = Mock(PETSTORE)
    wrong = ask(mock, "DELETE /pets")
    assert wrong.status == 405
    assert ("Allow", "GET, HEAD, OPTIONS, POST") in wrong.headers
    options = ask(mock, "OPTIONS /pets")
    assert (options.status, options.body) == (204, b"")
    missing = ask(mock, "GET /petz")
    assert missing.status == 404
    assert json.loads(missing.body)["near"][0]["id"] == "GET /pets"


def test_head_is_get_without_its_body_left_to_the_wire() -> None:
    reply = ask(Mock(PETSTORE), "HEAD /pets")
    assert (reply.status, reply.operation) == (200, "GET /pets")


def test_stateful_collections_keep_what_is_posted() -> None:
    mock = Mock(PETSTORE, is_stateful=True)
    reply = ask(mock, "POST /pets", KEY, JSON, body={"name": "Bo", "kind": "dog"})
    assert reply.status == 201
    assert not reply.is_repeatable
    assert json.loads(reply.body)["name"] == "Bo"
    assert reply.changes


def test_effects_make_an_answer_unrepeatable() -> None:
    for written in ({"delay": "20ms"}, {"times": 1}, {"fault": "reset"}, {"set_state": {"a": "b"}}, {"weight": 1}):
        stub = stub_from_json({"id": "s", "match": "GET /pets", "respond": {"json": []}, **written})
        reply = ask(Mock(PETSTORE, stubs=[stub]), "GET /pets")
        assert reply.stub == "s"
        assert not reply.is_repeatable, written


def test_times_are_counted_per_session() -> None:
    stub = stub_from_json({"id": "s", "match": "GET /pets", "respond": {"json": []}, "times": 1})
    mock = Mock(PETSTORE, stubs=[stub])
    assert ask(mock, "GET /pets").stub == "s"
    assert ask(mock, "GET /pets", view=SessionView(hits={"s": 1})).stub == ""


def test_a_template_that_fails_is_a_500_that_says_why() -> None:
    stub = stub_from_json(
        {"id": "s", "match": "POST /x", "respond": {"template": True, "text": "{{ request.body.missing }}"}}
    )
    reply = ask(Mock(PETSTORE, stubs=[stub]), "POST /x", JSON, body={})
    assert reply.status == 500
    assert "missing" in json.loads(reply.body)["detail"]


def test_a_status_without_a_body_is_answered_as_the_contract_declares_it() -> None:
    respond: dict[str, Any] = {"status": 404, "headers": {"X-Why": "gone"}}
    stub = stub_from_json({"id": "s", "match": "GET /pets/{petId}", "respond": respond})
    reply = ask(Mock(PETSTORE, stubs=[stub]), "GET /pets/9")
    assert (reply.status, reply.stub, reply.source) == (404, "s", "mock")
    assert json.loads(reply.body)["detail"] == "No pet has this id"
    assert dict(reply.headers) == {"Content-Type": "application/problem+json", "X-Why": "gone"}
    gone = Scenario(name="gone", rules=[ScenarioRule(operation="getPet", respond=StubResponse(status=404))])
    told = ask(Mock(PETSTORE, scenarios=[gone]), "GET /pets/9", caller=Caller(scenario="gone"))
    assert told.body == reply.body


@pytest.mark.parametrize(
    ("line", "respond"),
    [
        ("GET /pets/9", {"status": 503}),  # not declared
        ("GET /nowhere", {"status": 404}),  # no operation
        ("GET /pets/9", {"status": 404, "text": ""}),  # an empty body said
    ],
)
def test_any_other_status_without_a_body_is_empty_and_of_no_type(line: str, respond: dict[str, Any]) -> None:
    stub = stub_from_json({"id": "s", "match": line, "respond": respond})
    reply = ask(Mock(PETSTORE, stubs=[stub]), line)
    assert (reply.status, reply.body, reply.headers) == (respond["status"], b"", ())


def test_a_stub_may_answer_with_an_example_of_the_contract() -> None:
    stub = stub_from_json({"id": "s", "match": "GET /pets", "respond": {"example": "empty"}})
    assert ask(Mock(PETSTORE, stubs=[stub]), "GET /pets").body == b"[]"
    missing = stub_from_json({"id": "s", "match": "GET /nowhere", "respond": {"example": "x"}})
    assert ask(Mock(PETSTORE, stubs=[missing]), "GET /nowhere").status == 500


def test_a_personas_identity_shows_in_generated_answers() -> None:
    vip = Persona(name="vip", entities={"pet": {"id": 77, "name": "Argos"}})
    reply = ask(Mock(PETSTORE, personas=[vip]), "GET /pets/77", caller=Caller(persona="vip"))
    assert reply.persona == "vip"
    assert json.loads(reply.body)["name"] == "Argos"


def test_a_personas_life_goes_on_with_time_and_requests() -> None:
    life = Lifecycle(
        state="new",
        states=["new", "active", "gone"],
        transitions=[
            LifecycleTransition(source="new", target="active", when="listPets"),
            LifecycleTransition(source="active", target="gone", after=10),
        ],
    )
    mock = Mock(PETSTORE, personas=[Persona(name="p", lifecycle=life)])
    caller = Caller(persona="p")
    assert SetState("persona:p", "active") in ask(mock, "GET /pets", caller=caller).changes
    view = SessionView(states={"persona:p": "active"}, since_s={"persona:p": 100.0})
    assert ask(mock, "GET /pets/1", caller=caller, view=view, now_s=105.0).changes == ()
    assert SetState("persona:p", "gone") in ask(mock, "GET /pets/1", caller=caller, view=view, now_s=111.0).changes


def test_headers_that_matter_are_learnt_with_the_operations_that_look_at_them() -> None:
    mock = Mock(PETSTORE)
    assert "x-api-key" not in mock.relevant_headers
    ask(mock, "POST /pets")
    assert "x-api-key" in mock.relevant_headers


def test_stubs_see_the_state_that_time_has_brought_a_scenario_to() -> None:
    scenario = Scenario(
        name="order",
        states=["placed", "paid", "sent"],
        initial_state="placed",
        transitions=[
            Transition(source="placed", target="paid", after=10),
            Transition(source="paid", target="sent", after=10),
        ],
    )
    stubs = [
        stub_from_json(
            {"id": state, "match": {"path": "/state", "state": {"order": state}}, "respond": {"text": state}}
        )
        for state in scenario.states
    ]
    mock = Mock(PETSTORE, stubs=stubs, scenarios=[scenario])
    view = SessionView(states={"order": "placed"}, since_s={"order": 100.0})
    caller = Caller(scenario="order")
    seen = [ask(mock, "GET /state", caller=caller, view=view, now_s=100.0 + at).body for at in (0, 9, 12, 19, 21)]
    assert seen == [b"placed", b"placed", b"paid", b"paid", b"sent"]


def test_a_head_is_answered_as_a_get_where_no_stub_is_meant_for_head() -> None:
    get = stub_from_json({"id": "get", "match": {"method": "GET", "path": "/x"}, "respond": {"text": "abc"}})
    any_ = stub_from_json({"id": "any", "match": {"path": "/x"}, "respond": 204, "priority": 9})
    head = stub_from_json({"id": "head", "match": {"method": "HEAD", "path": "/x"}, "respond": 205, "priority": 9})
    reply = ask(Mock(None, stubs=[get]), "HEAD /x")
    assert (reply.stub, reply.status, reply.is_repeatable) == ("get", 200, True)
    assert ask(Mock(None, stubs=[get, any_]), "HEAD /x").stub == "get"
    assert ask(Mock(None, stubs=[get, any_, head]), "HEAD /x").stub == "head"
    assert ask(Mock(None, stubs=[any_]), "HEAD /x").stub == "any"
    assert ask(Mock(None, stubs=[head]), "GET /x").status == 404


def test_a_head_meets_a_scenarios_rule_for_get() -> None:
    rule = ScenarioRule(match=RequestMatch(method="GET", path="/x"), respond=StubResponse(status=202, text=""))
    mock = Mock(None, scenarios=[Scenario(name="s", rules=[rule])])
    assert ask(mock, "HEAD /x", caller=Caller(scenario="s")).status == 202


def test_what_comes_near_a_head_is_what_comes_near_a_get() -> None:
    stubs = [
        stub_from_json({"id": "get", "match": {"method": "GET", "path": "/x", "query": {"a": "1"}}, "respond": 204}),
        stub_from_json({"id": "head", "match": {"method": "HEAD", "path": "/xx"}, "respond": 204}),
    ]
    near = json.loads(ask(Mock(PETSTORE, stubs=stubs), "HEAD /x").body)["near"]
    assert [each["field"] for each in near[0]["differences"]] == ["query.a"]
    assert [each["field"] for each in near[1]["differences"]] == ["path"]
    assert not any(each["field"] == "method" for miss in near for each in miss["differences"])


DRAWING = {"template": True, "json": {"id": "{{ uuid() }}", "n": "{{ random.int() }}", "who": "{{ fake.email }}"}}


def after(view: SessionView, reply: Reply) -> SessionView:
    """Return what the session remembers once an answer's hits are counted."""
    hits = dict(view.hits)
    for change in reply.changes:
        if isinstance(change, CountHit):
            hits[change.stub] = hits.get(change.stub, 0) + 1
    return msgspec.structs.replace(view, hits=hits)


def drawn(mock: Mock, count: int, session: str = "a", **caller: str) -> list[Any]:
    view, bodies = SessionView(name=session), []
    for _ in range(count):
        reply = ask(mock, "POST /x", body={"same": 1}, view=view, caller=Caller(session=session, **caller))
        assert not reply.is_repeatable
        view = after(view, reply)
        bodies.append(reply.body)
    return bodies


@pytest.mark.parametrize("extra", [{}, {"times": 9}, {"weight": 1}, {"delay": 5}])
def test_chance_draws_anew_for_every_answer_and_the_same_in_every_run(extra: dict[str, Any]) -> None:
    stubs = [stub_from_json({"id": "s", "match": "POST /x", "respond": DRAWING, **extra})]
    bodies = drawn(Mock(None, stubs=stubs), 4)
    for key in ("id", "n", "who"):
        assert len({json.loads(body)[key] for body in bodies}) == 4, key
    assert drawn(Mock(None, stubs=stubs), 4) == bodies
    assert not set(drawn(Mock(None, stubs=stubs), 4, session="b")) & set(bodies)
    assert not set(drawn(Mock(None, stubs=stubs, seed=1), 4)) & set(bodies)
    assert ask(Mock(None, stubs=stubs), "POST /x").changes.count(CountHit("s")) == 1


def test_each_rule_of_a_scenario_draws_its_own() -> None:
    respond = stub_from_json({"id": "s", "match": {}, "respond": DRAWING}).respond
    rules = [ScenarioRule(match=RequestMatch(path="/x"), respond=respond)]
    mock = Mock(None, scenarios=[Scenario(name="one", rules=rules), Scenario(name="two", rules=rules)])
    one, two = drawn(mock, 3, scenario="one"), drawn(mock, 3, scenario="two")
    assert len({*one, *two}) == 6


def test_templates_without_chance_count_nothing() -> None:
    respond = {"template": True, "text": "{{ request.query.a | default('') }}"}
    reply = ask(Mock(None, stubs=[stub_from_json({"id": "s", "match": "GET /x", "respond": respond})]), "GET /x")
    assert (reply.changes, reply.is_repeatable) == ((), True)
    respond = {"template": True, "text": "{{ [1, 2, 3] | random }}"}
    reply = ask(Mock(None, stubs=[stub_from_json({"id": "s", "match": "GET /x", "respond": respond})]), "GET /x")
    assert (reply.changes, reply.is_repeatable) == ((CountHit("s"),), False)
