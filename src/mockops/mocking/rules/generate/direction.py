"""Schemas as one direction sees them: what does not travel is not required."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.hints import Direction
from mockops.mocking.rules.generate.reading import component_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json
    from mockops.mocking.rules.generate.shape import Schema

_MARKS = {Direction.REQUEST: "readOnly", Direction.RESPONSE: "writeOnly"}


def directed(schema: Json, definitions: Mapping[str, Schema], direction: Direction) -> Json:
    """Return a schema whose `required` leaves out properties that do not travel in a direction (OpenAPI 4.7.24).

    What needs no change is returned as it is, down to identity.
    """
    mark = _MARKS[direction]
    if isinstance(schema, dict):
        changed = {key: directed(value, definitions, direction) for key, value in schema.items()}
        properties = schema.get("properties")
        required = schema.get("required")
        if isinstance(properties, dict) and isinstance(required, list):
            kept = [name for name in required if not _is_marked(properties.get(name), definitions, mark)]
            if len(kept) < len(required):
                changed["required"] = kept
                return changed
        return schema if all(changed[key] is value for key, value in schema.items()) else changed
    if isinstance(schema, list):
        items = [directed(item, definitions, direction) for item in schema]
        return schema if all(new is old for new, old in zip(items, schema, strict=True)) else items
    return schema


def _is_marked(schema: Json, definitions: Mapping[str, Schema], mark: str) -> bool:
    for _ in range(10):
        if not isinstance(schema, dict):
            return False
        if schema.get(mark) is True:
            return True
        schema = definitions.get(component_of(schema))
    return False
