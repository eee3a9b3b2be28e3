"""Reading one schema's own keywords, without its references and its `allOf`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockops.mocking.rules.generate.shape import Choice, Number, Schema, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json

_TYPES = ("null", "boolean", "object", "array", "number", "integer", "string")
_REF_PREFIX = "#/$defs/"


def component_of(schema: Schema) -> str:
    """Return the component a schema refers to by `$ref`; empty when it does not."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF_PREFIX):
            return reference[len(_REF_PREFIX) :]
    return ""


def read_shape(schema: Mapping[str, Json]) -> Shape:
    """Return what the keywords of one schema object ask; keywords of the wrong type are ignored, as validators do."""
    shape = Shape(
        types=_types(schema),
        options=_options(schema),
        examples=_examples(schema),
        default=(schema["default"],) if "default" in schema else (),
        is_read_only=schema.get("readOnly") is True,
        is_write_only=schema.get("writeOnly") is True,
        choices=_choices(schema),
    )
    _read_numbers(schema, shape)
    _read_strings(schema, shape)
    _read_arrays(schema, shape)
    _read_objects(schema, shape)
    _read_logic(schema, shape)
    return shape


def _types(schema: Mapping[str, Json]) -> tuple[str, ...] | None:
    said = schema.get("type")
    if isinstance(said, str):
        said = [said]
    if not isinstance(said, list):
        return None
    known = tuple(kind for kind in said if kind in _TYPES)
    return known or None


def _options(schema: Mapping[str, Json]) -> tuple[Json, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    options = schema.get("enum")
    return tuple(options) if isinstance(options, list) else None


def _examples(schema: Mapping[str, Json]) -> tuple[Json, ...]:
    found: list[Json] = [schema["example"]] if "example" in schema else []
    examples = schema.get("examples")
    if isinstance(examples, list):
        found += examples
    elif isinstance(examples, dict):
        found += [value.get("value", value) if isinstance(value, dict) else value for value in examples.values()]
    return tuple(found[:10])


def _choices(schema: Mapping[str, Json]) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for keyword, is_exclusive in (("oneOf", True), ("anyOf", False)):
        branches = schema.get(keyword)
        if isinstance(branches, list) and branches:
            name, mapping = _discriminator(schema)
            found.append(
                Choice(
                    branches=tuple(branches),
                    is_exclusive=is_exclusive,
                    discriminator=name,
                    mapping=mapping,
                )
            )
    return tuple(found)


def _discriminator(schema: Mapping[str, Json]) -> tuple[str, dict[str, str]]:
    said = schema.get("discriminator")
    if not isinstance(said, dict) or not isinstance(said.get("propertyName"), str):
        return "", {}
    mapping = said.get("mapping")
    pairs = mapping.items() if isinstance(mapping, dict) else ()
    return said["propertyName"], {str(key): str(target).rpartition("/")[2] for key, target in pairs}


def _number(schema: Mapping[str, Json], keyword: str) -> Number | None:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(schema: Mapping[str, Json], keyword: str) -> int | None:
    value = _number(schema, keyword)
    return None if value is None or value < 0 else int(value)


def _schema(value: Any) -> Schema:
    return value if isinstance(value, dict | bool) else True


def _schemas(value: Json) -> dict[str, Schema]:
    return {str(name): _schema(each) for name, each in value.items()} if isinstance(value, dict) else {}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in value if isinstance(each, str))) if isinstance(value, list) else ()


def _read_numbers(schema: Mapping[str, Json], shape: Shape) -> None:
    shape.low, shape.high = _number(schema, "minimum"), _number(schema, "maximum")
    shape.low_open, shape.high_open = _number(schema, "exclusiveMinimum"), _number(schema, "exclusiveMaximum")
    step = _number(schema, "multipleOf")
    shape.steps = (step,) if step is not None and step > 0 else ()


def _read_strings(schema: Mapping[str, Json], shape: Shape) -> None:
    shape.min_length = _count(schema, "minLength") or 0
    shape.max_length = _count(schema, "maxLength")
    pattern, name = schema.get("pattern"), schema.get("format")
    shape.patterns = (pattern,) if isinstance(pattern, str) else ()
    shape.formats = (name.lower(),) if isinstance(name, str) else ()
    encoding = schema.get("contentEncoding")
    shape.content = encoding.lower() if isinstance(encoding, str) else ""


def _read_arrays(schema: Mapping[str, Json], shape: Shape) -> None:
    shape.min_items = _count(schema, "minItems") or 0
    shape.max_items = _count(schema, "maxItems")
    shape.is_unique = schema.get("uniqueItems") is True
    prefix = schema.get("prefixItems")
    shape.prefix = tuple(map(_schema, prefix)) if isinstance(prefix, list) else ()
    shape.items = _schema(schema.get("items", True))
    if "contains" in schema:
        fewest = _count(schema, "minContains")
        few = 1 if fewest is None else fewest
        shape.contains = ((_schema(schema["contains"]), few, _count(schema, "maxContains")),)


def _read_objects(schema: Mapping[str, Json], shape: Shape) -> None:
    shape.properties = _schemas(schema.get("properties"))
    shape.required = _texts(schema.get("required"))
    shape.additional = _schema(schema["additionalProperties"]) if "additionalProperties" in schema else None
    shape.pattern_properties = tuple(_schemas(schema.get("patternProperties")).items())
    shape.names = (_schema(schema["propertyNames"]),) if "propertyNames" in schema else ()
    shape.min_properties = _count(schema, "minProperties") or 0
    shape.max_properties = _count(schema, "maxProperties")
    needs = schema.get("dependentRequired")
    shape.dependent = tuple((str(k), _texts(v)) for k, v in needs.items()) if isinstance(needs, dict) else ()
    shape.dependent_schemas = tuple(_schemas(schema.get("dependentSchemas")).items())
    shape.is_closed = "unevaluatedProperties" in schema or "unevaluatedItems" in schema
    if not shape.choices:
        shape.discriminator, shape.mapping = _discriminator(schema)


def _read_logic(schema: Mapping[str, Json], shape: Shape) -> None:
    shape.nots = (_schema(schema["not"]),) if "not" in schema else ()
    if "if" in schema and ("then" in schema or "else" in schema):
        shape.conditions = (
            (_schema(schema["if"]), _schema(schema.get("then", True)), _schema(schema.get("else", True))),
        )
