"""Messages between the processes of a gateway, and what they carry."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.core.clock import FrozenClock
from mockops.gateway.counters import Dimensions
from mockops.gateway.gateway import Gateway
from mockops.gateway.http.message import Answer, RawRequest
from mockops.gateway.workers.follower import match_stubs
from mockops.gateway.workers.memory import find_needs, needs_of_stub
from mockops.gateway.workers.telling import Listener, Teller
from mockops.gateway.workers.wire import (
    MAX_FRAME_BYTES,
    Added,
    Begin,
    ChannelBroken,
    Counts,
    FrameReader,
    Hold,
    Passed,
    Serve,
    Sync,
    encode,
    pack_stubs,
    pack_target,
    unpack_stubs,
    unpack_target,
)
from mockops.mocking.model import Lifecycle, Persona, RequestMatch, Scenario, ScenarioRule, Stub, StubResponse
from mockops.publishing.model import Snapshot, TargetSnapshot
from mockops.workspaces.model.settings import Settings

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MESSAGES = (
    Begin(host="::1", journal_bytes=1, max_body_bytes=2),
    Hold(contract=b"\0" * 5000, rest=b"{}"),
    Serve(revision=3, targets=(("a", "dev"), ("b", "dev"))),
    Added(target="a", environment="dev", stubs=b"[]"),
    Sync(number=7),
)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(MESSAGES), max_size=8), st.lists(st.integers(1, 6000), min_size=1, max_size=20))
def test_messages_survive_however_they_are_cut(messages, sizes):
    stream = b"".join(map(encode, messages))
    reader = FrameReader()
    came = []
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(stream):
            break
        came += list(reader.feed(stream[at : at + size]))
        at += size
    assert came == messages


@pytest.mark.parametrize("nonsense", [b"\0\0\0\x01\xc1", b"\0\0\0\x02{}", (MAX_FRAME_BYTES + 1).to_bytes(4, "big")])
def test_what_is_no_message_is_refused(nonsense):
    with pytest.raises(ChannelBroken):
        list(FrameReader().feed(nonsense))


def test_a_target_arrives_as_it_left_integers_of_any_size_included():
    stub = Stub(
        id="s",
        match=RequestMatch(path="/a", headers={}),
        respond=StubResponse(json={"n": 1 << 80, "x": None, "f": 0.1}, headers={"A": ["1", "2"]}),
    )
    target = TargetSnapshot(
        name="t",
        contract=b"\xff\0binary",
        stubs=(stub,),
        scenarios=(Scenario(name="sc", rules=[ScenarioRule(operation="x", patch={"a": None})]),),
        personas=(Persona(name="p", entities={"customer": {"id": "c"}}),),
        settings=Settings(seed=1 << 63, listen=99),
        labels={"a": [1]},
    )
    assert unpack_target(pack_target(target)) == target
    assert unpack_stubs(pack_stubs((stub, stub))) == (stub, stub)


def ask(gateway: Gateway, number: int, *, at_s: float, answer: Answer, seconds: float = 0.001) -> None:
    """Let a gateway have answered a request."""
    request = RawRequest(method=b"GET", url=b"/%d" % number, headers=[(b"A", b"1")], received_s=at_s - seconds)
    assert answer.cell is not None
    answer.cell.add(seconds)
    assert gateway.journal is not None
    gateway.journal.add(b"id-%d" % number, seconds, request, answer)


def gateway_of(journal_bytes: int = 1 << 20) -> Gateway:
    return Gateway(clock=FrozenClock(NOON), journal_bytes=journal_bytes)


def answer_of(gateway: Gateway, *, body: bytes = b"{}", is_shared: bool = True) -> Answer:
    cell = gateway.counters.cell(Dimensions(target="t", status=200, stub="s"))
    made = Answer(status=200, headers=(("X", "y"),), body=body, cell=cell)
    made.is_shared = is_shared
    made.label = {"target": "t", "violations": ["v"]}
    return made


def pass_on(teller: Teller, listener: Listener) -> None:
    for news in teller.news():
        message = next(FrameReader().feed(encode(news)))
        if isinstance(message, Counts):
            listener.count(message)
        elif isinstance(message, Passed):
            listener.keep(message)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["tell", "merge"])), max_size=60))
def test_all_exchanges_come_together_once_counted_and_in_order(steps):
    """Of four processes (0 leads) that answer, tell and are looked at in any order."""
    leader = gateway_of()
    others = [gateway_of() for _ in range(3)]
    listener, tellers = Listener(leader), [Teller(each) for each in others]
    answers = [answer_of(each) for each in (leader, *others)]
    asked: list[int] = []
    seen: dict[int, int] = {}
    for at, step in enumerate(steps):
        if step == "tell":
            pass_on(tellers[at % 3], listener)
        elif step == "merge":
            for teller in tellers:
                pass_on(teller, listener)
            listener.merge()
            assert leader.journal is not None
            entries = list(leader.journal)
            shown = {int(entry.request.url[1:]): entry.number for entry in entries}
            assert sorted(shown) == asked, "each exactly once"
            assert [entry.at_s for entry in entries] == sorted((entry.at_s for entry in entries), reverse=True)
            assert sorted(shown.values(), reverse=True) == [entry.number for entry in entries]
            assert len(set(shown.values())) == len(shown)
            assert {key: shown[key] for key in seen} == seen, "a number that was seen stays"
            seen = shown
            assert leader.counters.stub_hits().total() == len(asked)
        else:
            ask([leader, *others][step], at, at_s=100.0 + at, answer=answers[step])
            asked.append(at)


def test_shared_answers_of_all_processes_take_their_place_once():
    leader, other = gateway_of(), gateway_of()
    listener, teller = Listener(leader), Teller(other)
    shared = answer_of(other, body=b"x" * 10_000)
    for number in range(20):
        ask(other, number, at_s=float(number), answer=shared)
        pass_on(teller, listener)
    listener.merge()
    assert leader.journal is not None
    assert len(leader.journal.shared_answers()) == 1
    assert leader.journal.size_bytes < 100_000


def test_the_merged_journal_keeps_its_bound_and_says_what_left():
    leader, other = gateway_of(200_000), gateway_of(200_000)
    listener, teller = Listener(leader), Teller(other)
    made = answer_of(other, is_shared=False)
    for number in range(1000):
        ask(other, number, at_s=float(number), answer=made)
        if number % 30 == 0:
            pass_on(teller, listener)
    pass_on(teller, listener)
    listener.merge()
    assert leader.journal is not None
    assert leader.journal.size_bytes <= 200_000
    assert len(leader.journal) > 20
    assert len(leader.journal) + leader.journal.dropped == 1000
    assert next(iter(leader.journal)).request.url == b"/999"


def test_a_gateway_without_a_journal_counts_all_the_same():
    leader, other = gateway_of(0), gateway_of(0)
    listener, teller = Listener(leader), Teller(other)
    cell = other.counters.cell(Dimensions(target="t", status=200))
    cell.add(0.5)
    cell.add(0.001)
    pass_on(teller, listener)
    pass_on(teller, listener)
    listener.merge()
    merged = leader.counters.cell(Dimensions(target="t", status=200))
    assert merged.count == 2
    assert merged.total_s == pytest.approx(0.501)
    assert merged.buckets == cell.buckets


@given(
    st.permutations("abcdef"),
    st.permutations("abcdef"),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sets(st.sampled_from("abcdef")),
)
def test_added_stubs_end_up_as_the_leader_has_them(before, after, had, has, changed):
    gateway = gateway_of()
    gateway.apply(Snapshot(targets=(TargetSnapshot(name="t"),)))
    target = next(iter(gateway.table))
    for each in before:
        target.add_stub(Stub(id=each, match=RequestMatch(path="/a"), respond=StubResponse(text=each)))
    wanted = tuple(
        Stub(id=each, match=RequestMatch(path="/a"), respond=StubResponse(text="new" if each in changed else each))
        for each in after
    )
    match_stubs(target, wanted)
    assert target.added_stubs == wanted


def test_each_thing_that_remembers_is_named():
    target = TargetSnapshot(
        name="t",
        stubs=(
            Stub(id="a", times=1, weight=2.0, source="f.yaml:3"),
            Stub(id="b", match=RequestMatch(state={"x": "y"}), set_state={"x": "z"}),
            Stub(id="c"),
        ),
        scenarios=(
            Scenario(name="plain", rules=[ScenarioRule(operation="x")]),
            Scenario(name="moving", rules=[ScenarioRule(operation="x", set_state="y")]),
            Scenario(name="listed", states=["x"]),
        ),
        personas=(Persona(name="still"), Persona(name="aging", lifecycle=Lifecycle(state="new", states=["new"]))),
        settings=Settings(stateful=True),
    )
    assert find_needs(Snapshot(targets=(target,))) == [
        "t: stateful resources (`stateful: true` or --stateful)",
        "t: stub 'a' with `times` and `weight` (f.yaml:3)",
        "t: stub 'b' with `set_state` and `match.state`",
        "t: scenario 'moving' with states",
        "t: scenario 'listed' with states",
        "t: persona 'aging' with a lifecycle",
    ]
    assert needs_of_stub(Stub(id="c")) == []
