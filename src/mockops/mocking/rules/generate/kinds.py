"""Of what type a JSON value is (JSON Schema core section 4.2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.json import Json


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
