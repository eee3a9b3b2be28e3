"""The last requests and their answers, bounded by bytes."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mockops.gateway.http.message import Answer, RawRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mockops.core.clock import Clock

_ENTRY_BYTES = 1000
_HEADER_BYTES = 160
"""What one header field costs beside its own bytes: a tuple and two byte strings."""
_ANSWER_BYTES = 1200
"""What an answer costs beside its bytes: its label, its fields as text."""
_VIOLATION_BYTES = 400
_TELLING_BYTES = 4096
"""Up to this size of the reads it came in, a request is charged with them whole; beyond, its fields are counted."""

_Kept: TypeAlias = tuple[int, int, bytes, float, RawRequest, Answer]
"""Size, number, request id, seconds, request, answer: a plain tuple, because each answer makes one."""


class Entry(NamedTuple):
    """One exchange as it passed; turned into something readable only when asked for."""

    number: int
    """Counts exchanges from 1; never used twice."""
    request_id: bytes
    seconds: float
    """From the request's last byte to the answer's leaving."""
    request: RawRequest
    answer: Answer

    @property
    def at_s(self) -> float:
        """When the answer left, on the performance counter."""
        return self.request.received_s + self.seconds


class Journal:
    """A ring of exchanges; the oldest leave when `max_bytes` is passed.

    What an exchange weighs is an estimate on the high side. An answer that many exchanges share is weighed once,
    for as long as one of them is here.
    """

    def __init__(self, *, clock: Clock, max_bytes: int) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._entries: deque[_Kept] = deque()
        self._newest: dict[Answer, int] = {}
        """Number of the newest exchange that got each shared answer."""
        self._size_bytes = 0
        self._numbers = count(1)
        self.dropped = 0
        """How many exchanges left to make room since the last clear."""

    def add(self, request_id: bytes, seconds: float, request: RawRequest, answer: Answer) -> None:
        """Write down one exchange; on the path of every answer, so no loop and as little as can be."""
        body_bytes = len(request.body)
        size = request.read_bytes
        if not body_bytes < size < body_bytes + _TELLING_BYTES:
            size = body_bytes + _count_head(request)
        size += _HEADER_BYTES * len(request.headers) + _ENTRY_BYTES
        number = next(self._numbers)
        if answer.is_shared:
            if answer not in self._newest:
                self._size_bytes += _weigh(answer)
            self._newest[answer] = number
        else:
            size += _weigh(answer)
        request.key = ()  # the answers' cache has its own
        self._entries.append((size, number, request_id, seconds, request, answer))
        self._size_bytes += size
        if self._size_bytes > self._max_bytes:
            self._make_room()

    def _make_room(self) -> None:
        """Drop the oldest, a thirty-second of all at once: once in a while is cheaper than each time."""
        entries, newest = self._entries, self._newest
        size_bytes, enough = self._size_bytes, self._max_bytes - self._max_bytes // 32
        before = len(entries)
        while size_bytes > enough and entries:
            size, number, _, _, _, answer = entries.popleft()
            size_bytes -= size
            if newest.get(answer) == number:
                del newest[answer]
                size_bytes -= _weigh(answer)
        self.dropped += before - len(entries)
        self._size_bytes = size_bytes

    def __iter__(self) -> Iterator[Entry]:
        """Newest first; what happens meanwhile is not seen."""
        for kept in reversed(tuple(self._entries)):
            yield Entry._make(kept[1:])

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """About how much memory the entries take."""
        return self._size_bytes

    @property
    def max_bytes(self) -> int:
        """The bound on `size_bytes`."""
        return self._max_bytes

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._newest.clear()
        self._size_bytes = 0
        self.dropped = 0

    def remove(self, is_meant: Callable[[Entry], bool]) -> list[Entry]:
        """Forget the exchanges that are meant; return them, oldest first."""
        kept: list[_Kept] = []
        gone: list[_Kept] = []
        for each in self._entries:
            (gone if is_meant(Entry._make(each[1:])) else kept).append(each)
        self._entries, self._newest, self._size_bytes = deque(kept), {}, 0
        for size, number, _, _, _, answer in kept:
            if answer.is_shared:
                self._size_bytes += 0 if answer in self._newest else _weigh(answer)
                self._newest[answer] = number
            self._size_bytes += size
        return [Entry._make(each[1:]) for each in gone]

    def shared_answers(self) -> list[Answer]:
        """Return the shared answers that some exchange here got."""
        return list(self._newest)

    def merge(self, foreign: list[Entry], *, since: int) -> int:
        """Add exchanges of other processes; return the highest number given so far.

        They and those here with a number past `since`, which nobody has seen yet, are numbered anew, in order of time.
        """
        if foreign:
            own = self.remove(lambda entry: entry.number > since)
            self._numbers = count(since + 1)
            for entry in sorted((*own, *foreign), key=lambda entry: entry.at_s):
                self.add(entry.request_id, entry.seconds, entry.request, entry.answer)
            since += len(own) + len(foreign)
        return max(since, self._entries[-1][1]) if self._entries else since

    def moment(self, entry: Entry) -> datetime:
        """Return when an answer left, in UTC."""
        return self._clock.now() - timedelta(seconds=perf_counter() - entry.at_s)


def _count_head(request: RawRequest) -> int:
    """Return the size of a request's line and header fields."""
    return len(request.url) + sum([len(name) + len(value) for name, value in request.headers])


def _weigh(answer: Answer) -> int:
    """Return about how much memory an answer takes (the same every time: it is frozen once it is here)."""
    size = _ANSWER_BYTES + 3 * len(answer.head) + 2 * len(answer.tail)
    label = answer.label
    return size + _VIOLATION_BYTES * len(label["violations"]) if label else size
