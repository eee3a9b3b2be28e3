"""The journal keeps the newest exchanges and its promise about memory."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.core.clock import FrozenClock
from mockops.gateway.http.message import Answer, RawRequest
from mockops.gateway.journal import Journal

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def journal(max_bytes: int) -> Journal:
    return Journal(clock=FrozenClock(NOON), max_bytes=max_bytes)


def request(number: int = 0, *, body: bytes = b"", headers: int = 3, value_bytes: int = 24) -> RawRequest:
    fields = [(b"X-Header-%d" % n, b"%d" % number + b"v" * value_bytes) for n in range(headers)]
    return RawRequest(method=b"POST", url=b"/pets/%d" % number, headers=fields, body=body, received_s=perf_counter())


def answer(body: bytes = b"{}", *, is_shared: bool = False) -> Answer:
    made = Answer(status=200, headers=(("Content-Type", "application/json"),), body=body)
    made.is_shared = is_shared
    made.label = {"target": "petstore", "violations": []}
    return made


@pytest.mark.parametrize(
    ("body_bytes", "headers", "value_bytes"), [(1024, 8, 24), (0, 1, 60_000), (0, 100, 2), (100_000, 3, 24)]
)
def test_memory_stays_within_the_bound_whatever_passes(body_bytes: int, headers: int, value_bytes: int) -> None:
    limit = 8 << 20
    exchanges = 20_000 if body_bytes == 1024 else 3_000
    gc.collect()
    tracemalloc.start(1)
    try:
        written = journal(limit)
        for number in range(exchanges):
            body = b"%d" % number + b"b" * body_bytes
            made = request(number, body=body, headers=headers, value_bytes=value_bytes)
            written.add(b"id-%d" % number, 0.001, made, answer(body))
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert written.size_bytes <= limit
    assert taken <= limit * 1.02
    assert len(written) + written.dropped == exchanges
    assert taken > limit // 8  # and what it may use, it uses


def test_a_shared_answer_weighs_once_for_as_long_as_one_exchange_holds_it() -> None:
    written = journal(4 << 20)
    large = answer(b"x" * 100_000, is_shared=True)
    for number in range(500):
        written.add(b"id", 0.0, request(number), large)
    assert len(written) == 500
    assert written.size_bytes < 2 << 20
    for number in range(5000):
        written.add(b"id", 0.0, request(number), answer())
    with_large = written.size_bytes
    assert all(entry.answer is not large for entry in written)
    assert with_large <= 4 << 20


def test_shared_answers_that_the_cache_forgot_do_not_pile_up() -> None:
    gc.collect()
    tracemalloc.start(1)
    try:
        written = journal(4 << 20)
        for number in range(3000):
            written.add(b"id", 0.0, request(number), answer(b"%d" % number + b"x" * 20_000, is_shared=True))
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken <= (4 << 20) * 1.02


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60), st.integers(0, 3))
def test_the_balance_is_what_a_fresh_journal_would_say(steps: list[tuple[int, bool]], gone: int) -> None:
    pool = [answer(b"s" * n * 100, is_shared=True) for n in range(4)]
    written, fresh = journal(1 << 20), journal(1 << 20)
    for which, is_shared in steps:
        written.add(b"%d" % which, 0.0, request(which), pool[which] if is_shared else answer())
    left = [step for step in steps if step[0] != gone]
    removed = written.remove(lambda entry: entry.request_id == b"%d" % gone)
    for which, is_shared in left:
        fresh.add(b"%d" % which, 0.0, request(which), pool[which] if is_shared else answer())
    assert len(removed) == len(steps) - len(left)
    assert [entry.request_id for entry in written] == [entry.request_id for entry in fresh]
    assert written.size_bytes == fresh.size_bytes


def test_the_newest_come_first_and_numbers_are_never_used_twice() -> None:
    written = journal(1 << 20)
    for number in range(3):
        written.add(b"id-%d" % number, 0.0, request(number), answer())
    assert [entry.request_id for entry in written] == [b"id-2", b"id-1", b"id-0"]
    written.clear()
    assert (len(written), written.size_bytes) == (0, 0)
    written.add(b"id-9", 0.0, request(9), answer())
    assert next(iter(written)).number == 4


def test_one_exchange_larger_than_everything_is_dropped_and_said_so() -> None:
    written = journal(10_000)
    written.add(b"id", 0.0, request(body=b"x" * 20_000), answer())
    assert (len(written), written.dropped) == (0, 1)


def test_a_moment_is_told_by_the_clock() -> None:
    written = journal(1 << 20)
    made = request()
    made.received_s = perf_counter() - 60
    written.add(b"id", 1.0, made, answer())
    moment = written.moment(next(iter(written)))
    assert timedelta(seconds=58) < NOON - moment < timedelta(seconds=61)
