"""The parts of a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

UNBOUNDED = 1 << 20
"""Stands for a repetition without upper bound, and for a length without one."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a set."""

    ranges: tuple[tuple[int, int], ...]
    """Code points, first and last included, in ascending order."""

    def has(self, code: int) -> bool:
        """Tell whether a code point is in the set."""
        return any(low <= code <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branches:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, several times."""

    part: Node
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Group:
    """A captured part."""

    part: Node
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Backreference:
    """What a group has captured, again."""

    group: int | str


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What must (or must not) follow, without taking it."""

    part: Node
    is_negative: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""A place, not a character: `^`, `$`, `\\b`; look-behinds count as such."""


Node: TypeAlias = Chars | Sequence | Branches | Repeat | Group | Backreference | LookAhead | Boundary


def lengths(node: Node) -> tuple[int, int]:
    """Return the fewest and the most characters a node can take (a backreference counts as none)."""
    match node:
        case Chars():
            return 1, 1
        case Sequence(parts):
            sizes = [lengths(part) for part in parts]
            return min(sum(low for low, _ in sizes), UNBOUNDED), min(sum(high for _, high in sizes), UNBOUNDED)
        case Branches(options):
            sizes = [lengths(option) for option in options]
            return min(low for low, _ in sizes), max(high for _, high in sizes)
        case Repeat(part, low, high):
            fewest, most = lengths(part)
            return min(fewest * low, UNBOUNDED), min(most * high, UNBOUNDED)
        case Group(part):
            return lengths(part)
        case _:
            return 0, 0


def least_work(node: Node) -> int:
    """Return how many nodes are written at least for one text; those that write nothing count."""
    match node:
        case Sequence(parts):
            return 1 + sum(map(least_work, parts))
        case Branches(options):
            return 1 + min(map(least_work, options))
        case Repeat(part, low, _):
            return 1 + low * least_work(part)
        case Group(part) | LookAhead(part):
            return 1 + least_work(part)
        case _:
            return 1
