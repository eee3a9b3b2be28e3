"""Arrays: how many items, which, and all different where asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.mocking.rules.equality import canonical
from mockops.mocking.rules.generate.naming import singular
from mockops.mocking.rules.generate.place import UNSET, DeadEnd

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.context import Walk
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Schema, Shape

_USUAL_ITEMS = 3
_MAX_WISHED = 200
_MAX_ITEMS = 10_000
_TRIES_FOR_UNIQUE = 12


def draw_array(walk: Walk, shape: Shape, place: Place) -> list[Json]:
    """Return an array that conforms; raises DeadEnd when its items cannot be made."""
    most = shape.max_items if shape.max_items is not None else _MAX_ITEMS
    if shape.min_items > most or shape.min_items > _MAX_ITEMS:
        raise DeadEnd(f"no array has at least {shape.min_items} and at most {most} items")
    wished = place.wish if isinstance(place.wish, list) else None
    count = _count(walk, shape, place, wished, most)
    asked = _asked(shape)
    items: list[Json] = []
    seen: set[object] = set()
    for index in range(max(count, min(len(asked), most))):
        required = index < max(shape.min_items, len(asked))
        schema = _schema_of(shape, index)
        if index < len(asked):
            schema = walk.shapes.joined(schema, asked[index])
        if schema is False and not required:
            break
        wish = wished[index] if wished is not None and index < len(wished) else UNSET
        mark = walk.budget.mark
        try:
            items.append(_item(walk, shape, schema, _item_place(place, index, wish), seen))
        except DeadEnd:
            if required:
                raise
            walk.budget.give_back(mark)
            break
    return items


def _item_place(place: Place, index: int, wish: object) -> Place:
    return replace(
        place,
        name=singular(place.name),
        path=(*place.path, "*"),
        depth=place.depth + 1,
        index=index,
        is_in_list=True,
        is_resource=False,
        wish=wish,
    )


def _schema_of(shape: Shape, index: int) -> Schema:
    return shape.prefix[index] if index < len(shape.prefix) else shape.items


def _asked(shape: Shape) -> list[Schema]:
    """Return what `contains` asks of the first items."""
    return [schema for schema, fewest, _ in shape.contains for _ in range(min(fewest, _MAX_ITEMS))]


def _count(walk: Walk, shape: Shape, place: Place, wished: list[Json] | None, most: int) -> int:
    if walk.is_minimal or walk.budget.is_tight:
        return shape.min_items
    length = walk.wishes.length(place)
    if length is not None:
        return min(max(length, shape.min_items), most)
    if wished is not None:
        return min(max(min(len(wished), _MAX_WISHED), shape.min_items), most)
    usual = walk.dice.between(1, _USUAL_ITEMS) if place.depth < 3 else 1
    usual = max(usual, len(shape.prefix))
    return min(max(usual, shape.min_items), most)


def _item(walk: Walk, shape: Shape, schema: Schema, place: Place, seen: set[object]) -> Json:
    value = walk.value(schema, place)
    if not shape.is_unique:
        return value
    for _ in range(_TRIES_FOR_UNIQUE):
        if _is_new(value, seen):
            return value
        value = walk.value(schema, replace(place, wish=UNSET))
    return _another(walk, schema, place, seen)


def _is_new(value: Json, seen: set[object]) -> bool:
    """Tell whether a value is unlike all before it, and remember it."""
    mark = canonical(value)
    is_new = mark not in seen
    seen.add(mark)
    return is_new


def _another(walk: Walk, schema: Schema, place: Place, seen: set[object]) -> Json:
    """Return a value unlike the others, by going through the options one by one; raises DeadEnd."""
    for option in walk.shapes.of(schema).options or (True, False, None):
        if canonical(option) not in seen and walk.checks.conforms(schema, option):
            seen.add(canonical(option))
            return option
    was_wide, walk.is_wide = walk.is_wide, True
    try:
        for _ in range(_TRIES_FOR_UNIQUE):
            value = walk.value(schema, replace(place, wish=UNSET))
            if _is_new(value, seen):
                return value
    finally:
        walk.is_wide = was_wide
    raise DeadEnd("the items cannot all be different")
