"""Schemas as validators need them: self-contained, and for one direction of travel.

What OpenAPI adds to JSON Schema is put into its words here: `readOnly` and `writeOnly`, the ranges of `int32` and
`int64`, discriminators. Annotations and formats that are not checked are left out: they would cost memory only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from mockops.contracts.model import Operation
    from mockops.core.json import Json, JsonObject

Direction: TypeAlias = Literal["request", "response"]

ASSERTED_FORMATS = frozenset({"date", "date-time", "email", "uuid", "uri", "ipv4", "ipv6", "byte"})
"""Formats a value must keep; all others are annotations (JSON Schema 2020-12 section 7.2.1 leaves the choice)."""

_KEPT = frozenset(
    [
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxContains",
        "minContains",
        "maxProperties",
        "minProperties",
        "dependentRequired",
        "$ref",
    ]
)
_ONE = frozenset(
    [
        "additionalProperties",
        "items",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
    ]
)
_MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_RANGES = {"int32": (-(1 << 31), (1 << 31) - 1), "int64": (-(1 << 63), (1 << 63) - 1)}
_DEFINITIONS = "#/$defs/"
_MAX_TELLING_VALUES = 50_000
"""Values of a discriminator over all alternatives; each alternative has its own copy of those that name it."""


def standalone_schema(operation: Operation, schema: JsonObject | bool, *, direction: Direction) -> JsonObject:
    """Return a schema that holds all it refers to, for bodies that travel in one direction.

    In requests, properties that are `readOnly` are not required and not looked at; in responses, properties that are
    `writeOnly` are not required (OpenAPI 3.0.4 section 4.7.24.1).

    Args:
        operation: whose `definitions` the schema refers to.
        schema: one of the operation's schemas.
        direction: where the body travels.

    """
    return _Narrowing(operation.definitions, direction).standalone(schema)


class _Narrowing:
    """Rewrites schemas for one direction."""

    def __init__(self, definitions: dict[str, JsonObject | bool], direction: Direction) -> None:
        self._definitions = definitions
        self._is_request = direction == "request"
        self._keyword = "readOnly" if self._is_request else "writeOnly"
        self._pending: list[str] = []
        self._hidden: dict[str, frozenset[str]] = {}

    def standalone(self, schema: JsonObject | bool) -> JsonObject:
        root = self._narrow(schema, frozenset())
        found: JsonObject = {}
        while self._pending:
            name = self._pending.pop()
            if name not in found:
                found[name] = self._narrow(self._definitions.get(name, True), frozenset())
        whole: JsonObject = {} if root is True else {"not": {}} if root is False else root
        return {**whole, "$defs": found} if found else whole

    def _narrow(self, schema: Json, hidden: frozenset[str]) -> Json:
        """Return a schema for the direction; `hidden` are properties that its parents know not to require."""
        if type(schema) is not dict:
            return schema
        hidden |= self._hidden_in(schema)
        out: JsonObject = {}
        for key, value in schema.items():
            if key in _KEPT:
                out[key] = value
            elif key in _ONE:
                out[key] = self._narrow(value, frozenset())
            elif key in _MANY:
                inherited = hidden if key == "allOf" else frozenset()
                out[key] = [self._narrow(item, inherited) for item in value]
            elif key in _MAPS:
                out[key] = {name: self._narrow(item, frozenset()) for name, item in value.items()}
        self._add_special(schema, out, hidden)
        return out

    def _add_special(self, schema: JsonObject, out: JsonObject, hidden: frozenset[str]) -> None:
        if "$ref" in schema:
            self._pending.append(schema["$ref"].removeprefix(_DEFINITIONS))
        if "required" in schema:
            required = [name for name in schema["required"] if name not in hidden]
            if required:
                out["required"] = required
        if self._is_request and "properties" in out:
            for name in hidden & out["properties"].keys():
                out["properties"][name] = True
        if "format" in schema:
            _assert_format(schema, out)
        if "discriminator" in schema:
            _discriminate(schema, out)

    def _hidden_in(self, schema: Json) -> frozenset[str]:
        """Return the names of properties that do not travel, in a schema and all that applies to the same object."""
        found: set[str] = set()
        seen: set[str] = set()
        pending = [schema]
        while pending:
            one = pending.pop()
            if type(one) is not dict:
                continue
            for name, item in one.get("properties", {}).items():
                if self._stays(item):
                    found.add(name)
            pending += one.get("allOf", ())
            name = one.get("$ref", "").removeprefix(_DEFINITIONS)
            if name and name not in seen:
                seen.add(name)
                pending.append(self._definitions.get(name, True))
        return frozenset(found)

    def _stays(self, schema: Json) -> bool:
        """Tell whether a property's schema, or what it is made of, says that it does not travel."""
        seen: set[str] = set()
        while type(schema) is dict:
            if schema.get(self._keyword) is True:
                return True
            parts = schema.get("allOf", ())
            if len(parts) == 1 and "$ref" not in schema:
                schema = parts[0]
                continue
            name = schema.get("$ref", "").removeprefix(_DEFINITIONS)
            if not name or name in seen:
                return False
            seen.add(name)
            schema = self._definitions.get(name)
        return False


def _assert_format(schema: JsonObject, out: JsonObject) -> None:
    name = schema["format"]
    if name in ASSERTED_FORMATS:
        out["format"] = name
    if name in _RANGES and "integer" in (schema.get("type"), *_listed(schema.get("type"))):
        lowest, highest = _RANGES[name]
        if "minimum" not in out and "exclusiveMinimum" not in out:
            out["minimum"] = lowest
        if "maximum" not in out and "exclusiveMaximum" not in out:
            out["maximum"] = highest


def _listed(value: Json) -> list[Json]:
    return value if type(value) is list else []


def _discriminate(schema: JsonObject, out: JsonObject) -> None:
    """Bind each alternative to the values that name it: alternatives that overlap otherwise are told apart."""
    name = schema["discriminator"]["propertyName"]
    by_target: dict[Json, list[str]] = {}
    for value, target in schema["discriminator"].get("mapping", {}).items():
        by_target.setdefault(target, []).append(value)
    for key in ("oneOf", "anyOf"):
        values = [by_target.get(_target(item), ()) for item in out.get(key, ())]
        if sum(map(len, values)) > _MAX_TELLING_VALUES:
            continue
        for index, item in enumerate(out.get(key, ())):
            if values[index]:
                out[key][index] = {"allOf": [item], "properties": {name: {"enum": values[index]}}}


def _target(item: Json) -> Json:
    return item.get("$ref") if type(item) is dict else None
