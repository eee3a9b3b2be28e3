"""What differs between two JSON values, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.diagnostics import pointer
from mockops.workspaces.model.projects import FieldChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import Json, JsonObject

Tokens = tuple[str | int, ...]

_MAX_DEPTH = 64
"""Below it values are compared as a whole."""


def differences(before: Json, after: Json, tokens: Tokens = ()) -> Iterator[FieldChange]:
    """Give each value that differs, as deep as both sides go alike.

    Items of a list are compared by index, but for what both lists begin and end with. Pointers to removed items count
    in `before`, all others in `after`.
    """
    if _is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and len(tokens) < _MAX_DEPTH:
        yield from _of_objects(before, after, tokens)
    elif isinstance(before, list) and isinstance(after, list) and len(tokens) < _MAX_DEPTH:
        yield from _of_lists(before, after, tokens)
    else:
        yield FieldChange(pointer=pointer(*tokens), before=before, after=after)


def _of_objects(before: JsonObject, after: JsonObject, tokens: Tokens) -> Iterator[FieldChange]:
    for key in dict.fromkeys((*before, *after)):
        where = (*tokens, key)
        if key not in after:
            yield FieldChange(pointer=pointer(*where), before=before[key])
        elif key not in before:
            yield FieldChange(pointer=pointer(*where), after=after[key])
        else:
            yield from differences(before[key], after[key], where)


def _of_lists(before: list[Json], after: list[Json], tokens: Tokens) -> Iterator[FieldChange]:
    first = 0
    least = min(len(before), len(after))
    while first < least and _is_same(before[first], after[first]):
        first += 1
    last = 0
    while last < least - first and _is_same(before[-1 - last], after[-1 - last]):
        last += 1
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    for at, (one, other) in enumerate(zip(old, new, strict=False), first):
        yield from differences(one, other, (*tokens, at))
    for at, item in enumerate(old[len(new) :], first + len(new)):
        yield FieldChange(pointer=pointer(*tokens, at), before=item)
    for at, item in enumerate(new[len(old) :], first + len(old)):
        yield FieldChange(pointer=pointer(*tokens, at), after=item)


def _is_same(one: Json, other: Json) -> bool:
    """Say whether two values are the same JSON; unlike Python, true is not 1 and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)
