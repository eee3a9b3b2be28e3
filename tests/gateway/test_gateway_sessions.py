"""What sessions remember, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mockops.core.clock import FrozenClock
from mockops.gateway.sessions import Sessions
from mockops.mocking.model import CountHit, DeleteItem, PutItem, SetState


def sessions(clock: FrozenClock | None = None, *, ttl_s: float = 60, max_bytes: int = 1 << 20) -> Sessions:
    return Sessions(clock=clock or FrozenClock(datetime(2026, 1, 1, tzinfo=UTC)), ttl_s=ttl_s, max_bytes=max_bytes)


def test_sessions_do_not_see_each_other() -> None:
    all_of_them = sessions()
    all_of_them.apply("a", (SetState("cart", "full"), CountHit("stub"), PutItem("/pets", "1", {"id": 1})))
    assert all_of_them.view("a").states == {"cart": "full"}
    assert all_of_them.view("a").hits == {"stub": 1}
    assert all_of_them.view("a").resources == {"/pets": {"1": {"id": 1}}}
    assert not all_of_them.view("b").states
    assert not all_of_them.view("b").resources


def test_a_session_unused_for_its_time_is_forgotten() -> None:
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    all_of_them = sessions(clock, ttl_s=60)
    all_of_them.apply("old", (SetState("x", "1"),))
    clock.advance(50)
    all_of_them.apply("young", (SetState("x", "1"),))
    clock.advance(20)
    assert all_of_them.names() == ["young"]


def test_reset_forgets_one_or_all() -> None:
    all_of_them = sessions()
    for name in ("a", "b", "c"):
        all_of_them.apply(name, (SetState("x", "1"),))
    all_of_them.reset("b")
    assert all_of_them.names() == ["a", "c"]
    all_of_them.reset()
    assert all_of_them.names() == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 2000)), max_size=60))
def test_memory_stays_within_its_bound(writes: list[tuple[int, int, int]]) -> None:
    all_of_them = sessions(max_bytes=20_000)
    for session, item, size in writes:
        all_of_them.apply(str(session), (PutItem("/c", str(item), {"text": "x" * size}),))
    kept = sum(
        len(item["text"]) for name in all_of_them.names() for item in all_of_them.view(name).resources["/c"].values()
    )
    assert 5 * kept <= 20_000


def test_what_is_deleted_gives_its_room_back() -> None:
    all_of_them = sessions(max_bytes=20_000)
    for item in range(50):
        all_of_them.apply("a", (PutItem("/c", str(item), {"text": "x" * 1000}), DeleteItem("/c", str(item))))
    assert all_of_them.names() == ["a"]
