"""Hits of stubs are told from the counters, which themselves never go back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockops.gateway.counters import Counters, Dimensions, StubKey

stubs = st.sampled_from(["", "a", "b", "c"])


def count(counters: Counters, stub: str, *, ci_run: str = "") -> None:
    counters.cell(Dimensions(target="shop", environment="dev", status=200, stub=stub, ci_run=ci_run)).add(0.001)


def key(stub: str) -> StubKey:
    return StubKey("shop", "dev", stub)


@given(st.lists(stubs), st.lists(stubs))
def test_hits_are_those_since_they_were_forgotten(before: list[str], after: list[str]) -> None:
    counters = Counters()
    for nth, stub in enumerate(before):
        count(counters, stub, ci_run=str(nth % 3))
    counters.forget_hits()
    assert counters.stub_hits() == {}
    for stub in after:
        count(counters, stub)
    assert counters.stub_hits() == {key(stub): after.count(stub) for stub in set(after) - {""}}
    assert sum(cell.count for cell in counters) == len(before) + len(after)


def test_some_hits_can_be_forgotten_but_never_more_than_there_are() -> None:
    counters = Counters()
    for stub in ("a", "a", "a", "b"):
        count(counters, stub)
    counters.forget_hits({key("a"): 2, key("b"): 9, key("c"): 1})
    assert counters.stub_hits() == {key("a"): 1}
    count(counters, "b")
    assert counters.stub_hits()[key("b")] == 1
