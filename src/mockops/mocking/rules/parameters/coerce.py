"""Text becomes what the schema means: 42 for an integer, `"42"` for a string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from mockops.mocking.rules.schemas import ALL_TYPES, additional, branches, items, json_types, properties, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json
    from mockops.mocking.rules.schemas import Definitions, Schema

Raw: TypeAlias = "str | list[Raw] | dict[str, Raw]"
"""A value as it was written: text, or the structure that a style gave to several texts."""

_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?")
_WORDS: dict[str, tuple[str, Json]] = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}
_MAX_DEPTH = 16


class Coercion:
    """How the texts of one schema become JSON values; what cannot become one stays text, for the validator to name."""

    __slots__ = (
        "_additional",
        "_definitions",
        "_depth",
        "_inner",
        "_items",
        "_schema",
        "is_structured",
        "is_text",
        "needs_item",
        "types",
        "wants_array",
        "wants_object",
    )

    types: frozenset[str]
    """JSON types the schema allows."""
    wants_array: bool
    """Whether a lone text must be an array of one."""
    needs_item: bool
    """Whether an array is meant and may not be empty."""
    wants_object: bool
    """Whether an object is meant and an array is not."""
    is_structured: bool
    """Whether an array or object is allowed and that was said, not left open."""
    is_text: bool
    """Whether every text is already the value."""

    def __init__(self, schema: Schema, definitions: Definitions, depth: int = 0) -> None:
        self._schema = schema
        self._definitions = definitions
        self._depth = depth
        self.types = types = json_types(schema, definitions)
        self.wants_array = "array" in types and types <= {"array", "null", "object"}
        self.needs_item = self.wants_array and bool(resolve(schema, definitions).get("minItems"))
        self.wants_object = "object" in types and types <= {"object", "null"}
        self.is_structured = types != ALL_TYPES and bool(types & {"array", "object"})
        self.is_text = types in (ALL_TYPES, {"string"})
        self._items: Coercion | None = None
        self._inner: dict[str, Coercion] | None = None
        self._additional: Coercion | None = None

    def value(self, raw: Raw) -> Json:
        """Return the JSON value of what was written."""
        if isinstance(raw, str):
            return self._text(raw)
        if self._depth >= _MAX_DEPTH:
            return raw
        if isinstance(raw, list):
            inner = self.items()
            return [inner.value(item) for item in raw]
        return {name: self.member(name).value(item) for name, item in raw.items()}

    def _text(self, raw: str) -> Json:
        if self.is_text:
            return raw
        types = self.types
        if self.is_structured and raw[:1] in ("{", "["):
            return self._structure(raw)
        kind, value = _scalar(raw, types)
        if "string" not in types:
            return value if kind in types or (kind == "integer" and "number" in types) else raw
        if kind in {"null", "string"} or kind not in types:
            return raw
        return raw if raw in self._literals() else value

    def _structure(self, raw: str) -> Json:
        """Return what JSON text says: no style tells how objects in an array travel, and many clients write JSON."""
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return raw
        is_meant = "array" in self.types if isinstance(value, list) else "object" in self.types
        return value if is_meant and "string" not in self.types else raw

    def _literals(self) -> frozenset[str]:
        """Texts that the schema names in an `enum`, so that `"1"` stays text where it is listed as text."""
        found = resolve(self._schema, self._definitions)
        listed = list(found.get("enum") or ())
        for part in branches(found, "anyOf", "oneOf"):
            listed += resolve(part, self._definitions).get("enum") or ()
        return frozenset(value for value in listed if isinstance(value, str))

    def items(self) -> Coercion:
        """Return how the items of an array become values."""
        if self._items is None:
            self._items = Coercion(items(self._schema, self._definitions), self._definitions, self._depth + 1)
        return self._items

    def members(self) -> Mapping[str, Coercion]:
        """Return how the declared properties become values, by name."""
        if self._inner is None:
            declared = properties(self._schema, self._definitions)
            self._inner = {
                name: Coercion(schema, self._definitions, self._depth + 1) for name, schema in declared.items()
            }
        return self._inner

    def member(self, name: str) -> Coercion:
        """Return how one property becomes a value, declared or not."""
        found = self.members().get(name)
        if found is not None:
            return found
        if self._additional is None:
            rest = additional(self._schema, self._definitions)
            self._additional = Coercion(rest, self._definitions, self._depth + 1) if rest else _TEXT
        return self._additional


def _scalar(raw: str, types: frozenset[str]) -> tuple[str, Json]:
    """Return the JSON type a text looks like, and that value."""
    if raw in _WORDS:
        return _WORDS[raw]
    if not raw:
        return ("null", None) if "null" in types else ("string", raw)
    found = _NUMBER.fullmatch(raw)
    if found is None:
        return "string", raw
    if found.group(1) is None and found.group(2) is None:
        return "integer", int(raw)
    number = float(raw)
    if number.is_integer() and "number" not in types:
        return "integer", int(number)
    return ("number", number) if number - number == 0 else ("string", raw)


_TEXT = Coercion({"type": "string"}, {})
