"""A Hypothesis strategy for schemas that can be satisfied."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = ("id", "name", "email", "price", "createdAt", "tags", "status", "x-y", "city", "note", "kind", "total")
PATTERNS = (
    r"^[A-Z]{3}-\d{4}$",
    r"^\d{2,5}(\.\d+)?$",
    r"^(foo|ba[rz]){1,3}$",
    r"[a-f0-9]{8}-[a-f0-9]{4}",
    r"^\p{L}+\/\w*$",
    r"^(?!-)[A-Za-z0-9-]{1,20}$",
    r"^(?=.*\d)(?=.*[A-Z])[A-Za-z\d]{6,12}$",
    r"^[^aeiou\s]{2,}$",
    r"^#[0-9a-fA-F]{6}$",
    r"^\+?[1-9]\d{1,14}$",
    r"^(a|b)\1$",
    r"^$|^x+$",
)
FORMATS = ("date", "date-time", "email", "uuid", "uri", "ipv4", "ipv6", "byte", "hostname", "password", "unheard-of")

Schema = dict[str, Any] | bool


@st.composite
def strings(draw: st.DrawFn) -> Schema:
    kind = draw(st.sampled_from(("plain", "lengths", "pattern", "format", "enum")))
    if kind == "pattern":
        return {"type": "string", "pattern": draw(st.sampled_from(PATTERNS))}
    if kind == "format":
        return {"type": "string", "format": draw(st.sampled_from(FORMATS))}
    if kind == "enum":
        return {"type": "string", "enum": draw(st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True))}
    if kind == "lengths":
        low = draw(st.integers(0, 40))
        return {"type": "string", "minLength": low, "maxLength": low + draw(st.integers(0, 10))}
    return {"type": "string"}


@st.composite
def numbers(draw: st.DrawFn) -> Schema:
    schema: dict[str, Any] = {"type": draw(st.sampled_from(("integer", "number")))}
    low = draw(st.integers(-(10**6), 10**6))
    width = draw(st.integers(0, 1000))
    if draw(st.booleans()):
        schema["minimum"] = low
    if draw(st.booleans()):
        schema["maximum"] = low + width
    if draw(st.booleans()):
        schema["exclusiveMinimum"] = low - 1
    if draw(st.booleans()):
        schema["exclusiveMaximum"] = low + width + 1
    if width >= 50 and draw(st.booleans()):
        schema["multipleOf"] = draw(st.sampled_from((1, 2, 5, 10, 0.5, 0.25)))
    if schema["type"] == "integer" and draw(st.booleans()):
        schema["format"] = draw(st.sampled_from(("int32", "int64")))
    return schema


SCALARS = st.one_of(
    strings(),
    numbers(),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["string", "null"]}),
    st.just({"const": {"a": [1, None]}}),
    st.just({}),
    st.just(True),
)


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    schema: dict[str, Any] = {"type": "array"}
    if draw(st.booleans()):
        schema["items"] = draw(inner)
    low = draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["minItems"] = low
    if draw(st.booleans()):
        schema["maxItems"] = low + draw(st.integers(0, 3))
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=2))
    if draw(st.booleans()):
        schema |= {"items": {"type": "integer"}, "uniqueItems": True}
        schema.pop("prefixItems", None)
    elif "items" not in schema and schema.get("maxItems", 9) >= 3 and draw(st.booleans()):
        schema["contains"] = {"const": "needle"}
        schema.pop("prefixItems", None)
    return schema


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=5))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    names = sorted(properties)
    if names and draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    extra = draw(st.sampled_from((None, False, True, {"type": "integer"})))
    if extra is not None:
        schema["additionalProperties"] = extra
    if draw(st.booleans()):
        schema["patternProperties"] = {"^q[a-z]{2,4}$": {"type": "boolean"}}
    if extra is not False and draw(st.booleans()):
        schema["minProperties"] = draw(st.integers(0, 4))
        if draw(st.booleans()):
            schema["propertyNames"] = {"maxLength": 30}
    if len(names) > 1 and draw(st.booleans()):
        schema["dependentRequired"] = {names[0]: [names[1]]}
    return schema


@st.composite
def composed(draw: st.DrawFn, inner: st.SearchStrategy[Schema]) -> Schema:
    first, second, third = draw(inner), draw(inner), draw(inner)
    tags = ("left", "right")

    def tagged(tag: str, schema: Schema) -> Schema:
        return {"type": "object", "required": ["tag", "v"], "properties": {"tag": {"const": tag}, "v": schema}}

    match draw(st.sampled_from(("allOf", "oneOf", "anyOf", "not", "if", "overlap", "nullable"))):
        case "allOf":
            return {
                "allOf": [
                    {"type": "object", "properties": {"a": first}, "required": ["a"]},
                    {"properties": {"b": second, "n": {"minimum": 3}}},
                    {"properties": {"n": {"type": "integer", "maximum": 5}}, "required": ["n"]},
                ]
            }
        case "oneOf":
            branches = [tagged(tag, schema) for tag, schema in zip(tags, (first, second), strict=True)]
            return {"oneOf": branches, "discriminator": {"propertyName": "tag"}}
        case "anyOf":
            return {"anyOf": [first, second, third]}
        case "not":
            return {"type": ["integer", "string"], "not": {"type": "string"}}
        case "if":
            return {
                "type": "object",
                "properties": {"tag": {"enum": list(tags)}, "v": True},
                "required": ["tag"],
                "if": {"properties": {"tag": {"const": "left"}}},
                "then": {"required": ["v"], "properties": {"v": first}},
                "else": {"properties": {"w": second}},
            }
        case "overlap":
            return {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]}
        case _:
            return {"anyOf": [first, {"type": "null"}]}


DEFINITIONS: dict[str, Schema] = {
    "Node": {
        "type": "object",
        "required": ["value", "children"],
        "properties": {
            "value": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            "next": {"$ref": "#/$defs/Node"},
            "parent": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        },
    },
    "Term": {"oneOf": [{"type": "integer"}, {"$ref": "#/$defs/Sum"}]},
    "Sum": {
        "type": "object",
        "required": ["left", "right"],
        "additionalProperties": False,
        "properties": {"left": {"$ref": "#/$defs/Term"}, "right": {"$ref": "#/$defs/Term"}},
    },
    "Pet": {
        "type": "object",
        "required": ["petType"],
        "properties": {"petType": {"type": "string"}, "name": {"type": "string"}},
        "discriminator": {"propertyName": "petType"},
    },
    "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"lives": {"type": "integer", "maximum": 9}}}]},
}

REFERENCES = st.sampled_from([{"$ref": f"#/$defs/{name}"} for name in DEFINITIONS])

SCHEMAS: st.SearchStrategy[Schema] = st.recursive(
    st.one_of(SCALARS, REFERENCES),
    lambda inner: st.one_of(objects(inner), arrays(inner), composed(inner)),
    max_leaves=8,
)
"""Schemas whose references are in `DEFINITIONS`; a value conforms to each of them."""
