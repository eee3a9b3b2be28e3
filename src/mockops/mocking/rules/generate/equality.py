"""When two JSON values are the same, and of what type one is (JSON Schema core section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mockops.core.json import Json


def is_equal(first: Json, second: Json) -> bool:
    """Tell whether two values are equal: 1 equals 1.0 but not true, objects whatever their order."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(is_equal(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_equal, first, second))
    return bool(first == second)


def fingerprint(value: Json) -> object:
    """Return something hashable that is equal for equal values."""
    if isinstance(value, dict | list):
        return msgspec.json.encode(value, order="sorted")
    return isinstance(value, bool), value


def is_of_type(value: Json, kind: str) -> bool:
    """Tell whether a value is of a JSON Schema type; 1.0 is an integer."""
    match value:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case str():
            return kind == "string"
        case list():
            return kind == "array"
        case _:
            return kind == "object"
