"""An index of stubs forgets what left it, however often tests add and remove."""

from __future__ import annotations

import tracemalloc

import pytest

from mockops.core.exchange import Request
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.model import Caller, Stub, StubInvalid
from mockops.mocking.rules.lookup import StubIndex

ROUNDS = 4_000


def stub(number: int, **match: object) -> Stub:
    return stub_from_json({"id": f"s{number}", "match": match, "respond": {"text": str(number)}})


def grown_bytes(index: StubIndex, *matches: dict[str, object]) -> int:
    """Return how much memory is left behind by stubs that come and go."""

    def churn(numbers: range) -> None:
        for number in numbers:
            for match in matches:
                words = {key: value.format(number) for key, value in match.items() if isinstance(value, str)}
                index.add(stub(number, **{**match, **words}))
                index.remove(f"s{number}")

    churn(range(ROUNDS))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        churn(range(ROUNDS, 4 * ROUNDS))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before


@pytest.mark.parametrize(
    "match",
    [{"path": "/p{}/x"}, {"path": "/p{}/{{id}}"}, {"url": "/u?n={}"}, {"path": "/same", "method": "GET"}],
)
def test_places_that_stubs_left_are_forgotten(match: dict[str, object]) -> None:
    index = StubIndex([stub(-1, path="/stays")])
    assert grown_bytes(index, match) < 4_000_000  # all of them would be 15 MB
    assert index.find(Request(method="GET", path="/stays")) is not None


def test_sessions_that_stubs_were_for_are_forgotten() -> None:
    index = StubIndex([stub(-1, path="/same", headers={"x": "1"})])
    for number in range(3):
        index.add(
            stub_from_json({"id": f"k{number}", "session": f"t{number}", "match": {"path": "/same"}, "respond": {}})
        )
    for number in range(1_000):
        one = {"id": "s", "session": f"job-{number}", "match": {"path": "/same"}, "respond": {}}
        index.add(stub_from_json(one))
        assert index.find(Request(method="GET", path="/same"), caller=Caller(session=f"job-{number}")) is not None
    index.remove("s")
    bucket = next(iter(index._by_path.find_all("/same"))).value
    assert set(bucket._filed["session"][""]) == {"t0", "t1", "t2"}
    for number in range(3):
        index.remove(f"k{number}")
    assert bucket._filed["session"] == {}


def test_clearing_away_keeps_what_is_there_and_its_order() -> None:
    index = StubIndex(stub(number, path="/a", headers={"x": str(number % 3)}) for number in range(50))
    for number in range(1_000, 3_500):
        index.add(stub(number, path=f"/gone{number}"))
        index.remove(f"s{number}")
    for value in range(3):
        request = Request(method="GET", path="/a", headers=(("x", str(value)),))
        hit = index.find(request)
        assert hit is not None
        assert hit.stub.id == f"s{max(number for number in range(50) if number % 3 == value)}"
    assert [each.id for each in index.stubs] == [f"s{number}" for number in range(50)]
    assert index.headers_used == {"x"}


def test_a_stub_that_cannot_be_used_replaces_nothing() -> None:
    index = StubIndex([stub(1, path="/a")])
    with pytest.raises(StubInvalid):
        index.add(stub(1, path_regex="(?=x)"))
    assert index.find(Request(method="GET", path="/a")) is not None
