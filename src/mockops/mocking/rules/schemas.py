"""What a schema says at first sight: the types it allows, the properties it names (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json, JsonObject

Schema: TypeAlias = "JsonObject | bool | None"
Definitions: TypeAlias = "Mapping[str, JsonObject | bool]"

ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

_MAX_DEPTH = 24
_PREFIX = "#/$defs/"
_OBJECT_HINTS = ("properties", "additionalProperties", "required")


def resolve(schema: Schema, definitions: Definitions) -> JsonObject:
    """Follow `$ref`s into `definitions`; siblings of a `$ref` win. A boolean, absent or lost schema is `{}`."""
    merged: JsonObject = {}
    for _ in range(_MAX_DEPTH):
        if not isinstance(schema, dict):
            return merged
        merged = {**schema, **merged}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return merged
        merged.pop("$ref", None)
        name = reference.removeprefix(_PREFIX).replace("~1", "/").replace("~0", "~")
        schema = definitions.get(name)
    return merged


def branches(schema: JsonObject, *keywords: str) -> Iterator[Schema]:
    """Yield the subschemas under `anyOf`, `oneOf` or `allOf`, whichever are named."""
    for keyword in keywords:
        parts = schema.get(keyword)
        if isinstance(parts, list):
            yield from parts


def json_types(schema: Schema, definitions: Definitions, depth: int = 0) -> frozenset[str]:
    """Return the JSON types a value may have; `integer` beside `number` only where integers are meant."""
    if schema is False:
        return frozenset()
    found = resolve(schema, definitions)
    types = _own_types(found)
    if depth > _MAX_DEPTH:
        return types
    for keyword in ("anyOf", "oneOf"):
        parts = found.get(keyword)
        if isinstance(parts, list) and parts:
            types = _both(types, frozenset().union(*(json_types(part, definitions, depth + 1) for part in parts)))
    for part in branches(found, "allOf"):
        types = _both(types, json_types(part, definitions, depth + 1))
    return types


def _own_types(schema: JsonObject) -> frozenset[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(declared)
    if isinstance(schema.get("enum"), list):
        return frozenset(type_name(value) for value in schema["enum"])
    if "const" in schema:
        return frozenset({type_name(schema["const"])})
    if any(hint in schema for hint in _OBJECT_HINTS):
        return frozenset({"object"})
    if "items" in schema or "prefixItems" in schema:
        return frozenset({"array"})
    return ALL_TYPES


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Intersect, knowing that an integer is a number."""
    found = set(one & other)
    if ("integer" in one and "number" in other) or ("integer" in other and "number" in one):
        found.add("integer")
    return frozenset(found)


def type_name(value: Json) -> str:
    """Return the JSON type of a value, `integer` for whole Python ints."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def properties(schema: Schema, definitions: Definitions, depth: int = 0) -> dict[str, Schema]:
    """Return the schemas of every property named directly or in a composed part, the most direct one first."""
    found = resolve(schema, definitions)
    own = found.get("properties")
    named: dict[str, Schema] = dict(own) if isinstance(own, dict) else {}
    if depth < _MAX_DEPTH:
        for part in branches(found, "allOf", "anyOf", "oneOf"):
            for name, value in properties(part, definitions, depth + 1).items():
                named.setdefault(name, value)
    return named


def required(schema: Schema, definitions: Definitions, depth: int = 0) -> set[str]:
    """Return the names of the properties that must be there, through `allOf`."""
    found = resolve(schema, definitions)
    own = found.get("required")
    names = {name for name in own if isinstance(name, str)} if isinstance(own, list) else set()
    if depth < _MAX_DEPTH:
        for part in branches(found, "allOf"):
            names |= required(part, definitions, depth + 1)
    return names


def items(schema: Schema, definitions: Definitions, depth: int = 0) -> Schema:
    """Return the schema of an array's items (the first that a composed part declares); None when nothing says."""
    found = resolve(schema, definitions)
    if "items" in found:
        declared: Schema = found["items"]
        return declared
    if depth < _MAX_DEPTH:
        for part in branches(found, "allOf", "anyOf", "oneOf"):
            inner = items(part, definitions, depth + 1)
            if inner is not None:
                return inner
    return None


def additional(schema: Schema, definitions: Definitions) -> Schema:
    """Return the schema that undeclared properties follow; None when the schema does not speak of them."""
    declared: Schema = resolve(schema, definitions).get("additionalProperties")
    return declared


def keyword(schema: Schema, definitions: Definitions, name: str, depth: int = 0) -> Json:
    """Return the value of a keyword (`format`, `readOnly`, `default` …), looked for through composed parts; or None."""
    found = resolve(schema, definitions)
    if name in found:
        return found[name]
    if depth < _MAX_DEPTH:
        for part in branches(found, "allOf", "anyOf", "oneOf"):
            value = keyword(part, definitions, name, depth + 1)
            if value is not None:
                return value
    return None
