"""`anyOf`, `oneOf`, `not`, `if`: going one way, and looking whether it was a right one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.merge import merge
from mockops.mocking.rules.generate.place import UNSET, DeadEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.generate.context import Walk
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Shape

_MAX_BRANCHES = 40
_MAX_WAYS = 24
_MAX_TAKEN = 2_000
"""Branches taken in search of those ways: choices that lead back to themselves have no end of them."""
_MAX_CHOICES = 40
"""Choices within each other."""


def draw_chosen(walk: Walk, shape: Shape, place: Place, is_right: Callable[[Json], bool]) -> Json:
    """Return a value of a shape with choices, negations or conditions that `is_right` accepts; raises DeadEnd."""
    reason = "no branch of it can be satisfied"
    spoilt: JsonObject | None = None
    for ways, way in enumerate(_ways(walk, shape, place, iter(range(_MAX_TAKEN)))):
        if ways >= _MAX_WAYS:
            break
        mark = walk.budget.mark
        try:
            value = walk.of_shape(way, place)
        except DeadEnd as error:
            reason = str(error)
            walk.budget.give_back(mark)
            continue
        if is_right(value):
            return value
        spoilt = spoilt if spoilt is not None or not isinstance(value, dict) else value
        reason = "what satisfies one part of it breaks another"
        walk.budget.give_back(mark)
    for told_apart in _told_apart(walk, shape, spoilt) if spoilt is not None else ():
        if is_right(told_apart):
            return told_apart
    raise DeadEnd(reason)


def _told_apart(walk: Walk, shape: Shape, value: JsonObject) -> Iterator[JsonObject]:
    """Yield variants of an object that fits several branches of a `oneOf`, so that it may fit one alone.

    Where all properties may be left out and others are welcome, an object of one branch is one of every branch. What
    tells them apart is a property of another branch that is wrong there: null, if that is not allowed.
    """
    for choice in shape.choices:
        others = [name for branch in choice.branches for name in walk.shapes.of(branch).properties if name not in value]
        if choice.is_exclusive:
            for wrong in (None, False, 0, ""):
                yield from ({**value, name: wrong} for name in list(dict.fromkeys(others))[:_MAX_BRANCHES])
            for wrong in (None, False):
                yield {**value, **dict.fromkeys(others, wrong)}


def _ways(walk: Walk, shape: Shape, place: Place, steps: Iterator[int], depth: int = 0) -> Iterator[Shape]:
    """Return shapes without choices and conditions to try, the likeliest first, as far as there are steps."""
    if shape.choices:
        yield from _chosen(walk, shape, place, steps, depth)
        return
    if shape.conditions:
        (condition, then, otherwise), rest = shape.conditions[0], shape.conditions[1:]
        plain = merge(_plain(shape), _plain(shape))
        plain.conditions = rest
        for parts in ((condition, then), (otherwise,), (then,)):
            way = plain
            for part in parts:
                way = merge(way, walk.shapes.of(part))
            if way.is_possible:
                yield from _ways(walk, way, place, steps, depth + 1)
        return
    for _ in range(3):
        yield _settled(shape)


def _chosen(walk: Walk, shape: Shape, place: Place, steps: Iterator[int], depth: int) -> Iterator[Shape]:
    """Return the ways that begin with a branch of the first choice."""
    for index in _branch_order(walk, shape, place) if depth < _MAX_CHOICES else ():
        if next(steps, None) is None:
            return
        taken = walk.shapes.with_branch(shape, index)
        if taken.is_possible:
            yield from _ways(walk, taken, place, steps, depth + 1)
    if not any(choice.is_exclusive for choice in shape.choices):
        yield from _all_branches(walk, shape)


def _plain(shape: Shape) -> Shape:
    return replace(shape, choices=(), conditions=())


def _settled(shape: Shape) -> Shape:
    """Return the shape as if nothing were left to choose: negations are looked at once the value is made."""
    return replace(shape, nots=(), is_closed=False, dependent_schemas=())


def _all_branches(walk: Walk, shape: Shape) -> Iterator[Shape]:
    """Return the shape with every branch of its first `anyOf` at once: what only all of them allow together."""
    whole = replace(shape, choices=shape.choices[1:])
    for branch in shape.choices[0].branches:
        whole = merge(whole, walk.shapes.of(branch))
    if whole.is_possible and not whole.choices:
        yield whole


def _branch_order(walk: Walk, shape: Shape, place: Place) -> list[int]:
    """Return the branches of the first choice: the one a wish names, then drawn ones, null last."""
    branches = shape.choices[0].branches
    order = list(range(min(len(branches), _MAX_BRANCHES)))
    if walk.is_wide and len(order) > 1:
        start = walk.dice.below(len(order))
        order = order[start:] + order[:start]
    elif place.is_in_list and len(order) > 1:
        start = place.index % len(order)
        order = order[start:] + order[:start]
    fits: dict[int, bool] = {}
    if place.wish is not UNSET:
        fits = {index: walk.checks.conforms(branches[index], place.wish) for index in order}

    def rank(index: int) -> tuple[bool, bool, bool]:
        taken = walk.shapes.of(branches[index])
        is_null = taken.types == ("null",) or taken.options == (None,)
        is_deeper = any(component in place.trail for component in taken.components)
        return not fits.get(index, False), is_null, is_deeper

    return sorted(order, key=rank)
