"""What has happened in a follower, told to the leader, where all of it comes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.gateway.counters import BUCKETS, Cell, Dimensions
from mockops.gateway.http.message import Answer, RawRequest
from mockops.gateway.journal import Entry, Journal
from mockops.gateway.workers.wire import (
    Batch,
    CameRequest,
    Counts,
    LeftAnswer,
    Passed,
    Tally,
    pack_batch,
    unpack_batch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.gateway.counters import Counters
    from mockops.gateway.gateway import Gateway

_BATCH_BYTES = 4 << 20
"""About what the exchanges of one message weigh, unless a single one weighs more."""


_NOTHING: tuple[list[int], float] = ([0] * BUCKETS, 0.0)


class Teller:
    """Tells a follower's counts and exchanges, each once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._told: dict[Dimensions, tuple[list[int], float]] = {}

    def news(self) -> Iterator[Counts | Passed]:
        """Give what has happened since the last time; nothing when nothing has."""
        tallies = tuple(self._tallies())
        if tallies:
            yield Counts(tallies=tallies)
        if self._gateway.journal is not None:
            yield from _take(self._gateway.journal)

    def _tallies(self) -> Iterator[Tally]:
        for cell in self._gateway.counters:
            buckets, total_s = self._told.get(cell.dimensions, _NOTHING)
            if cell.total_s == total_s:  # grows with every answer: most cells need no further look
                continue
            pairs = enumerate(zip(cell.buckets, buckets, strict=True))
            grown = tuple((at, now - then) for at, (now, then) in pairs if now > then)
            if grown:
                yield Tally(cell.dimensions, grown, cell.total_s - total_s)
                self._told[cell.dimensions] = (list(cell.buckets), cell.total_s)


def _take(journal: Journal) -> Iterator[Passed]:
    """Empty a journal into messages, oldest exchanges first."""
    entries, weight_bytes, dropped = list(journal)[::-1], journal.size_bytes, journal.dropped
    journal.clear()
    if not entries:
        return
    size = max(1, len(entries) * _BATCH_BYTES // max(weight_bytes, 1))
    for start in range(0, len(entries), size):
        some = entries[start : start + size]
        yield Passed(
            entries=len(some),
            weight_bytes=weight_bytes * len(some) // len(entries),
            dropped=dropped if start == 0 else 0,
            batch=pack_batch(_batch(some)),
        )


def _batch(entries: list[Entry]) -> Batch:
    answers: dict[Answer, int] = {}
    requests = []
    for entry in entries:
        request = entry.request
        requests.append(
            CameRequest(
                answer=answers.setdefault(entry.answer, len(answers)),
                request_id=entry.request_id,
                seconds=entry.seconds,
                received_s=request.received_s,
                read_bytes=request.read_bytes,
                method=request.method,
                url=request.url,
                headers=request.headers,
                body=request.body,
            )
        )
    return Batch(tuple(map(_left, answers)), tuple(requests))


def _left(answer: Answer) -> LeftAnswer:
    return LeftAnswer(
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        with_body=len(answer.tail) > 2,
        with_id=answer.with_id,
        is_shared=answer.is_shared,
        label=answer.label,
        dimensions=answer.cell.dimensions if answer.cell is not None else None,
        fault=answer.fault,
    )


class Listener:
    """The leader's side: adds counts up at once, keeps exchanges as they came until somebody looks."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._waiting: list[Passed] = []
        self._waiting_bytes = 0
        self._merged_through = 0
        """Number of the last exchange that somebody may have seen; those after it are still put in order."""

    def count(self, message: Counts) -> None:
        """Add a follower's counts up."""
        for tally in message.tallies:
            cell = self._gateway.counters.cell(tally.dimensions)
            _add(cell, tally)

    def keep(self, message: Passed) -> None:
        """Keep a follower's exchanges; past the journal's bound the oldest leave unread."""
        journal = self._gateway.journal
        if journal is None:
            return
        self._waiting.append(message)
        self._waiting_bytes += message.weight_bytes
        journal.dropped += message.dropped
        while self._waiting_bytes > journal.max_bytes and len(self._waiting) > 1:
            oldest = self._waiting.pop(0)
            self._waiting_bytes -= oldest.weight_bytes
            journal.dropped += oldest.entries

    def merge(self) -> None:
        """Put what waits into the journal, in order of time with what this process answered since the last merge."""
        journal = self._gateway.journal
        if journal is None:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        known = {_identity(answer): answer for answer in journal.shared_answers()} if waiting else {}
        entries = [entry for message in waiting for entry in _entries(message, known, self._gateway.counters)]
        self._merged_through = journal.merge(entries, since=self._merged_through)


def _add(cell: Cell, tally: Tally) -> None:
    for at, more in tally.buckets:
        cell.buckets[at] += more
    cell.total_s += tally.total_s


_Identity = tuple[int, tuple[tuple[str, str], ...], bytes, bool, Dimensions | None]


def _identity(answer: Answer) -> _Identity:
    """Return what makes two shared answers the same; such need no second place in memory."""
    dimensions = answer.cell.dimensions if answer.cell is not None else None
    return answer.status, answer.headers, answer.body, len(answer.tail) > 2, dimensions


def _entries(message: Passed, known: dict[_Identity, Answer], counters: Counters) -> Iterator[Entry]:
    batch = unpack_batch(message.batch)
    answers = [_answer(left, known, counters) for left in batch.answers]
    for came in batch.requests:
        request = RawRequest(
            method=came.method,
            url=came.url,
            headers=came.headers,
            body=came.body,
            received_s=came.received_s,
            read_bytes=came.read_bytes,
        )
        yield Entry(0, came.request_id, came.seconds, request, answers[came.answer])


def _answer(left: LeftAnswer, known: dict[_Identity, Answer], counters: Counters) -> Answer:
    answer = Answer(
        status=left.status,
        headers=left.headers,
        body=left.body,
        cell=counters.cell(left.dimensions) if left.dimensions is not None else None,
        with_body=left.with_body,
        with_id=left.with_id,
    )
    answer.label = left.label
    answer.fault = left.fault
    if left.is_shared:
        answer.is_shared = True
        known_answer = known.setdefault(_identity(answer), answer)
        if known_answer.label == answer.label:
            return known_answer
    return answer
