"""Merging what two schemas ask into what both ask together (`allOf`, and keywords beside a `$ref`)."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

from mockops.contracts.rules.validators import SchemaInvalid, compile_schema
from mockops.mocking.rules.equality import is_json_equal
from mockops.mocking.rules.generate.kinds import is_of_type
from mockops.mocking.rules.generate.shape import IMPOSSIBLE, Schema, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockops.contracts.rules.validators import Validator
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.shape import Number


def merge(first: Shape, second: Shape) -> Shape:
    """Return what both ask; annotations are the first one's where it has any."""
    if not (first.is_possible and second.is_possible):
        return IMPOSSIBLE
    types = _types(first.types, second.types)
    options = _options(first.options, second.options)
    if options is not None and types is not None:
        options = tuple(value for value in options if any(is_of_type(value, kind) for kind in types))
    merged = Shape(
        is_possible=types != () and options != (),
        types=types,
        options=options,
        low=_most(first.low, second.low),
        high=_least(first.high, second.high),
        low_open=_most(first.low_open, second.low_open),
        high_open=_least(first.high_open, second.high_open),
        steps=_steps(first.steps, second.steps),
        min_length=max(first.min_length, second.min_length),
        max_length=_least_count(first.max_length, second.max_length),
        patterns=_union(first.patterns, second.patterns),
        formats=_union(first.formats, second.formats),
        content=first.content or second.content,
        choices=first.choices + second.choices,
        nots=first.nots + second.nots,
        conditions=first.conditions + second.conditions,
        is_closed=first.is_closed or second.is_closed,
        components=_union(first.components, second.components),
        examples=first.examples or second.examples,
        default=first.default or second.default,
        discriminator=first.discriminator or second.discriminator,
        mapping=first.mapping or second.mapping,
        is_read_only=first.is_read_only or second.is_read_only,
        is_write_only=first.is_write_only or second.is_write_only,
    )
    _merge_arrays(first, second, merged)
    _merge_objects(first, second, merged)
    return merged


def both(first: Schema, second: Schema) -> Schema:
    """Return the schema of what conforms to both."""
    if first is True or first == {}:
        return second
    if second is True or second == {} or first is second:
        return first
    if first is False or second is False:
        return False
    return {"allOf": [first, second]}


def _merge_arrays(first: Shape, second: Shape, merged: Shape) -> None:
    merged.min_items = max(first.min_items, second.min_items)
    merged.max_items = _least_count(first.max_items, second.max_items)
    merged.is_unique = first.is_unique or second.is_unique
    length = max(len(first.prefix), len(second.prefix))
    merged.prefix = tuple(both(_item(first, index), _item(second, index)) for index in range(length))
    merged.items = both(first.items, second.items)
    merged.contains = first.contains + second.contains


def _item(shape: Shape, index: int) -> Schema:
    return shape.prefix[index] if index < len(shape.prefix) else shape.items


def _merge_objects(first: Shape, second: Shape, merged: Shape) -> None:
    names = _union(first.properties, second.properties)
    merged.properties = {name: both(property_of(first, name), property_of(second, name)) for name in names}
    merged.required = _union(first.required, second.required)
    if first.additional is None or second.additional is None:
        merged.additional = second.additional if first.additional is None else first.additional
    else:
        merged.additional = both(first.additional, second.additional)
    merged.pattern_properties = first.pattern_properties + second.pattern_properties
    merged.names = first.names + second.names
    merged.min_properties = max(first.min_properties, second.min_properties)
    merged.max_properties = _least_count(first.max_properties, second.max_properties)
    merged.dependent = first.dependent + second.dependent
    merged.dependent_schemas = first.dependent_schemas + second.dependent_schemas


def property_of(shape: Shape, name: str, join: Callable[[Schema, Schema], Schema] = both) -> Schema:
    """Return what an object's shape asks of the property of that name; `join` makes one schema of two."""
    schema: Schema | None = shape.properties.get(name)
    for pattern, other in shape.pattern_properties:
        if is_match(pattern, name):
            schema = other if schema is None else join(schema, other)
    if schema is not None:
        return schema
    return True if shape.additional is None else shape.additional


def is_match(pattern: str, name: str) -> bool:
    """Tell whether a property's (short) name matches a pattern, in the validator's dialect and bounded time."""
    return len(name) <= _MAX_NAME and _pattern(pattern).is_valid(name)


_MAX_NAME = 200


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> Validator:
    try:
        return compile_schema({"pattern": pattern})
    except SchemaInvalid:
        return compile_schema(False)  # one that cannot be read matches nothing


def _union(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _types(first: tuple[str, ...] | None, second: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if first is None or second is None:
        return second if first is None else first
    shared = [kind for kind in first if kind in second]
    for kinds, others in ((first, second), (second, first)):
        if "integer" in kinds and "number" in others and "integer" not in shared:
            shared.append("integer")
    return tuple(shared)


def _options(first: tuple[Json, ...] | None, second: tuple[Json, ...] | None) -> tuple[Json, ...] | None:
    if first is None or second is None:
        return second if first is None else first
    return tuple(value for value in first if any(is_json_equal(value, other) for other in second))


def _most(first: Number | None, second: Number | None) -> Number | None:
    return max(first, second) if first is not None and second is not None else second if first is None else first


def _least(first: Number | None, second: Number | None) -> Number | None:
    return min(first, second) if first is not None and second is not None else second if first is None else first


def _least_count(first: int | None, second: int | None) -> int | None:
    return min(first, second) if first is not None and second is not None else second if first is None else first


def _steps(first: tuple[Number, ...], second: tuple[Number, ...]) -> tuple[Number, ...]:
    steps = tuple(dict.fromkeys(first + second))
    if len(steps) > 1 and all(isinstance(step, int) or step.is_integer() for step in steps):
        least = 1
        for step in steps:
            least = least * int(step) // gcd(least, int(step))
        return (least,)
    return steps
