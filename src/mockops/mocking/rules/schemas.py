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


def composed(schema: Schema, definitions: Definitions, *keywords: str) -> Iterator[JsonObject]:
    """Yield a schema and all it is composed of through the keywords, resolved, each part once, the nearest first.

    Compositions may be recursive and wide at once: by paths there would be more parts than anyone can visit.
    """
    seen: set[object] = set()
    waiting = [schema]
    for part in waiting:
        if isinstance(part, dict):
            if _identity(part) in seen:
                continue
            seen.add(_identity(part))
        found = resolve(part, definitions)
        yield found
        waiting.extend(branches(found, *keywords))


def _identity(schema: JsonObject) -> object:
    """Return what tells a schema from others: where it leads when it is a reference alone, else itself."""
    return schema["$ref"] if len(schema) == 1 and "$ref" in schema else id(schema)


def json_types(schema: Schema, definitions: Definitions) -> frozenset[str]:
    """Return the JSON types a value may have; `integer` beside `number` only where integers are meant."""
    types = _types(schema, definitions, {}, 0)
    return ALL_TYPES if types is None else types


def _types(
    schema: Schema, definitions: Definitions, known: dict[object, frozenset[str] | None], depth: int
) -> frozenset[str] | None:
    """Return the types, or None for a schema that is being looked at already (and so restricts nothing further)."""
    if schema is False:
        return frozenset()
    if not isinstance(schema, dict):
        return ALL_TYPES
    identity = _identity(schema)
    if identity in known:
        return known[identity]
    known[identity] = None
    found = resolve(schema, definitions)
    types = _own_types(found)
    if depth <= _MAX_DEPTH:
        for keyword in ("anyOf", "oneOf"):
            each = [_types(part, definitions, known, depth + 1) for part in branches(found, keyword)]
            told = [part for part in each if part is not None]
            if told:
                types = _both(types, frozenset().union(*told))
        for part in branches(found, "allOf"):
            inner = _types(part, definitions, known, depth + 1)
            types = types if inner is None else _both(types, inner)
    known[identity] = types
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


def properties(schema: Schema, definitions: Definitions) -> dict[str, Schema]:
    """Return the schemas of every property named directly or in a composed part, the most direct one first."""
    named: dict[str, Schema] = {}
    for found in composed(schema, definitions, "allOf", "anyOf", "oneOf"):
        own = found.get("properties")
        for name, value in own.items() if isinstance(own, dict) else ():
            named.setdefault(name, value)
    return named


def required(schema: Schema, definitions: Definitions) -> set[str]:
    """Return the names of the properties that must be there, through `allOf`."""
    names: set[str] = set()
    for found in composed(schema, definitions, "allOf"):
        own = found.get("required")
        if isinstance(own, list):
            names.update(name for name in own if isinstance(name, str))
    return names


def items(schema: Schema, definitions: Definitions) -> Schema:
    """Return the schema of an array's items (the nearest that a composed part declares); None when nothing says."""
    for found in composed(schema, definitions, "allOf", "anyOf", "oneOf"):
        if "items" in found:
            declared: Schema = found["items"]
            return declared
    return None


def additional(schema: Schema, definitions: Definitions) -> Schema:
    """Return the schema that undeclared properties follow; None when the schema does not speak of them."""
    declared: Schema = resolve(schema, definitions).get("additionalProperties")
    return declared


def keyword(schema: Schema, definitions: Definitions, name: str) -> Json:
    """Return the value of a keyword (`format`, `readOnly`, `default` …), looked for through composed parts; or None."""
    for found in composed(schema, definitions, "allOf", "anyOf", "oneOf"):
        if found.get(name) is not None:
            return found[name]
    return None
