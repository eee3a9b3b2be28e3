"""What an answer's schema shows of an item that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.rules.schemas import ALL_TYPES, items, json_types, keyword, properties, resolve

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

_MAX_DEPTH = 16
_TYPES: dict[type, frozenset[str]] = {
    type(None): frozenset({"null"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
}


class Projection:
    """Shows items by one schema: without what is writeOnly, undeclared, or of another type."""

    __slots__ = ("_definitions", "_depth", "_inner", "_is_hidden", "_is_open", "_items", "_schema", "_types")

    def __init__(self, schema: Schema, definitions: Definitions, depth: int = 0) -> None:
        self._schema = schema
        self._definitions = definitions
        self._depth = depth
        self._types = json_types(schema, definitions)
        self._is_hidden = keyword(schema, definitions, "writeOnly") is True
        self._inner: dict[str, Projection] | None = None
        self._items: Projection | None = None
        rest = resolve(schema, definitions).get("additionalProperties")
        self._is_open = rest is not False and (not properties(schema, definitions) or bool(rest))

    def fits(self, value: Json) -> bool:
        """Return whether a value may be shown here at all."""
        if self._is_hidden:
            return False
        types = self._types
        if types == ALL_TYPES or not types or _TYPES[type(value)] & types:
            return True
        return isinstance(value, float) and value.is_integer() and "integer" in types

    def show(self, value: Json) -> Json:
        """Return what is shown of a value that fits."""
        if self._depth >= _MAX_DEPTH:
            return value
        if isinstance(value, dict):
            return self.members(value)
        if isinstance(value, list):
            inner = self._of_items()
            return [inner.show(item) for item in value if inner.fits(item)]
        return value

    def members(self, value: JsonObject) -> JsonObject:
        """Return what is shown of an object."""
        inner = self._of_members()
        shown: JsonObject = {}
        for name, member in value.items():
            how = inner.get(name)
            if how is None:
                if self._is_open:
                    shown[name] = member
            elif how.fits(member):
                shown[name] = how.show(member)
        return shown

    def _of_members(self) -> dict[str, Projection]:
        if self._inner is None:
            declared = properties(self._schema, self._definitions)
            self._inner = {
                name: Projection(schema, self._definitions, self._depth + 1) for name, schema in declared.items()
            }
        return self._inner

    def _of_items(self) -> Projection:
        if self._items is None:
            self._items = Projection(items(self._schema, self._definitions), self._definitions, self._depth + 1)
        return self._items
