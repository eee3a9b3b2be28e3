"""What was made of immutable content, kept for as long as it is asked for; safe among threads."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, the least recently used forgotten first."""

    def __init__(self, max_size: int) -> None:
        """Make room.

        Args:
            max_size: Of all values together, in whatever unit `keep` counts.

        """
        self._max_size = max_size
        self._size = 0
        self._values: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> T | None:
        """Return the value of a key, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: T, size: int) -> None:
        """Remember a value; one that is larger than all the room is not."""
        if size > self._max_size:
            return
        with self._lock:
            before = self._values.pop(key, None)
            self._size += size - (before[1] if before is not None else 0)
            self._values[key] = value, size
            while self._size > self._max_size:
                self._size -= self._values.popitem(last=False)[1][1]
