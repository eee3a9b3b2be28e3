"""Draws that are equal on every machine and in every Python version."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mockops.core.chance import roll

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Dice:
    """Repeatable chance.

    Built on `Random.random` alone: of the methods of Python's generator it is the one whose sequence is promised to
    stay the same between versions.
    """

    __slots__ = ("_random",)

    def __init__(self, *seed: object) -> None:
        self._random = roll(*seed).random

    def ratio(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        return self._random()

    def below(self, count: int) -> int:
        """Return a whole number from 0 to `count` - 1; `count` is at least 1."""
        return min(int(self._random() * count), count - 1)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self._random() * len(options))]

    def text(self, alphabet: str, length: int) -> str:
        """Return `length` characters of the alphabet."""
        return "".join([self.pick(alphabet) for _ in range(length)])
