"""When two JSON values are equal, when one holds another, and a key under which equal values meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from mockops.core.json import Json


def is_json_equal(left: Json, right: Json, *, ignore_order: bool = False) -> bool:
    """Whether two JSON values are the same: numbers by value (1 equals 1.0), never across types (1 is not true)."""
    if ignore_order:
        return _is_equal_unordered(left, right)
    # what Python calls different is different, and it says so fastest; what it calls equal may be 1 and true
    return bool(left == right) and _has_same_booleans(left, right)


def _has_same_booleans(left: Json, right: Json) -> bool:
    """Whether two values that Python calls equal are true and false in the same places."""
    if isinstance(left, dict):
        return all(_has_same_booleans(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return all(map(_has_same_booleans, left, right))
    return isinstance(left, bool) is isinstance(right, bool)


def _is_equal_unordered(left: Json, right: Json) -> bool:
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(_is_equal_unordered(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and _pair_up(left, right, _is_equal_unordered)
    return _is_scalar_equal(left, right)


def is_json_subset(part: Json, whole: Json, *, ignore_order: bool = False) -> bool:
    """Whether `whole` holds `part`: objects may hold more, arrays each item of `part` in order, scalars are equal."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and is_json_subset(value, whole[key], ignore_order=ignore_order) for key, value in part.items()
        )
    if isinstance(part, list):
        if not isinstance(whole, list) or len(part) > len(whole):
            return False
        if ignore_order:
            return _pair_up(part, whole, lambda a, b: is_json_subset(a, b, ignore_order=True))
        rest = iter(whole)
        return all(any(is_json_subset(item, candidate) for candidate in rest) for item in part)
    return _is_scalar_equal(part, whole)


def canonical(value: Json) -> Hashable:
    """Return a key that two JSON values share exactly when they are equal."""
    if isinstance(value, dict):
        return ("{", frozenset((key, canonical(member)) for key, member in value.items()))
    if isinstance(value, list):
        return ("[", tuple(map(canonical, value)))
    if isinstance(value, bool):
        return ("?", value)
    scalar: Hashable = value  # text, number or None: hashed by value, 1 as 1.0
    return scalar


def _is_scalar_equal(left: Json, right: Json) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return not isinstance(right, dict | list) and bool(left == right)


def _pair_up(items: list[Json], others: list[Json], fits: Callable[[Json, Json], bool]) -> bool:
    """Whether each of `items` can have one of `others` of its own (a matching by augmenting paths)."""
    owner: dict[int, int] = {}
    options = [[at for at, other in enumerate(others) if fits(item, other)] for item in items]
    return all(_place(start, options, owner) for start in range(len(items)))


def _place(start: int, options: list[list[int]], owner: dict[int, int]) -> bool:
    """Give item `start` a partner, moving others along a shortest augmenting path; return whether that worked."""
    came_from: dict[int, int] = {}
    queue = [start]
    for item in queue:
        for at in options[item]:
            if at in came_from:
                continue
            came_from[at] = item
            if at not in owner:
                _flip(at, start, came_from, owner)
                return True
            queue.append(owner[at])
    return False


def _flip(at: int, start: int, came_from: dict[int, int], owner: dict[int, int]) -> None:
    partner = {item: position for position, item in owner.items()}
    while True:
        item = came_from[at]
        owner[at] = item
        if item == start:
            return
        at = partner[item]
