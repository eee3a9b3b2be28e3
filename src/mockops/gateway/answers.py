"""Answers that the same request gets again: ready bytes, bounded by bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.gateway.http.reader import FRAMING, PLAIN, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.gateway.http.message import Answer

_MAX_SPELLINGS = 4096
_MAX_NAME_BYTES = 100
"""Longer names are not worth remembering."""
_MAX_KEY_BYTES = 4096


class HeaderKinds(dict[bytes, int]):
    """Kind of a request header by its name as spelled; learns spellings as they come."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        self._names = set(names)

    def __missing__(self, spelled: bytes) -> int:
        name = spelled.lower()
        kind = FRAMING.get(name, PLAIN) | (VALUE if name.decode("latin-1") in self._names else PLAIN)
        if len(self) < _MAX_SPELLINGS and len(spelled) <= _MAX_NAME_BYTES:
            self[spelled] = kind
        return kind

    def learn(self, names: Iterable[str]) -> set[str]:
        """Make headers part of the key from now on; return the new ones (older keys lack them)."""
        new = set(names) - self._names
        if new:
            self._names |= new
            self.clear()
        return new


class Answers(dict[tuple[object, ...], "Answer"]):
    """Repeatable answers by key; past `max_bytes` the oldest leave."""

    def __init__(self, *, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """About how much memory the answers take."""
        return self._size_bytes

    def keep(self, key: tuple[object, ...], answer: Answer) -> None:
        """Remember an answer, unless it or its key is too large to be worth it."""
        key_bytes = sum(len(part) for part in key if isinstance(part, bytes))
        size = answer.size_bytes + 2 * key_bytes
        if key_bytes > _MAX_KEY_BYTES or size > self._max_bytes // 8:
            return
        former = self.pop(key, None)
        if former is not None:
            self._size_bytes -= former.size_bytes + 2 * key_bytes
        answer.is_shared = True
        self[key] = answer
        self._size_bytes += size
        while self._size_bytes > self._max_bytes:
            oldest = next(iter(self))
            gone = self.pop(oldest)
            self._size_bytes -= gone.size_bytes + 2 * sum(len(part) for part in oldest if isinstance(part, bytes))

    def forget(self) -> None:
        """Forget all: what they were made from has changed."""
        self.clear()
        self._size_bytes = 0
