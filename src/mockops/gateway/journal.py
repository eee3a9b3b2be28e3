"""The last requests and their answers, bounded by bytes."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from mockops.gateway.http.message import Answer, RawRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mockops.core.clock import Clock


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One exchange as it passed; turned into something readable only when asked for."""

    number: int
    request_id: bytes
    at_s: float
    """On the monotonic clock."""
    seconds: float
    request: RawRequest
    answer: Answer


class Journal:
    """A ring of exchanges; the oldest leave when `max_bytes` is passed.

    Sizes are estimates on the high side: 900 bytes for an exchange, 150 a header, plus its bodies.
    """

    def __init__(self, *, clock: Clock, max_bytes: int) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._entries: deque[tuple[Entry, int]] = deque()
        self._size_bytes = 0
        self._next = 1
        self.dropped = 0
        """How many exchanges left to make room since the last clear."""

    def add(self, request_id: bytes, seconds: float, request: RawRequest, answer: Answer) -> None:
        """Write down one exchange."""
        size = 900 + 150 * len(request.headers) + len(request.body) + len(request.url)
        if answer.cell is None or not answer.is_shared:
            size += len(answer.tail)
        entry = Entry(
            number=self._next,
            request_id=request_id,
            at_s=self._clock.monotonic_s(),
            seconds=seconds,
            request=request,
            answer=answer,
        )
        self._next += 1
        self._entries.append((entry, size))
        self._size_bytes += size
        while self._size_bytes > self._max_bytes and self._entries:
            self._size_bytes -= self._entries.popleft()[1]
            self.dropped += 1

    def __iter__(self) -> Iterator[Entry]:
        """Newest first."""
        for entry, _ in reversed(self._entries):
            yield entry

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """About how much memory the entries take."""
        return self._size_bytes

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._size_bytes = 0
        self.dropped = 0

    def moment(self, entry: Entry) -> datetime:
        """Return when an exchange passed, in UTC."""
        return self._clock.now() - timedelta(seconds=self._clock.monotonic_s() - entry.at_s)
