"""JSON Schemas (draft-07, which every editor knows) of stub, scenario and persona files as people write them.

They are made from the nouns and the shorthands that the importers accept, so that an editor refuses what they would.
"""

from __future__ import annotations

import ast
import textwrap
from inspect import getsource
from typing import TYPE_CHECKING

from msgspec import inspect

from mockops.mocking.importers.shapes import snake_case
from mockops.mocking.importers.spelling import aliases_of
from mockops.mocking.model import (
    BodyMatcher,
    Delay,
    LifecycleTransition,
    Persona,
    RequestMatch,
    Scenario,
    Stub,
    StubResponse,
    Transition,
    ValueMatcher,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import msgspec

    from mockops.core.json import Json, JsonObject

DRAFT = "http://json-schema.org/draft-07/schema#"

_DURATION: JsonObject = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*$"}
_MILLISECONDS: JsonObject = {"anyOf": [{"type": "number", "minimum": 0}, _DURATION]}
_TEXT: JsonObject = {"type": ["string", "number", "boolean"]}
"""Where text is wanted, importers take scalars as they stand in a URL."""
_SHORT: dict[type, list[JsonObject]] = {
    ValueMatcher: [{"type": ["string", "number", "boolean", "null"]}],
    BodyMatcher: [{"type": ["string", "number", "boolean", "null", "array"]}],
    RequestMatch: [{"type": "string", "description": "A path, an operationId, or for instance `GET /pets/{petId}`."}],
    StubResponse: [
        {"type": "integer", "minimum": 100, "maximum": 599, "description": "A status."},
        {"type": "string", "description": "A text as the body."},
    ],
    Delay: [{**each, "description": "Milliseconds, or for instance 200ms or 2s."} for each in _MILLISECONDS["anyOf"]],
}
"""What may stand for an object."""
_REFINED: dict[tuple[type, str], JsonObject] = {
    (StubResponse, "status"): {"type": ["integer", "null"], "minimum": 100, "maximum": 599},
    (Stub, "priority"): {"type": "integer", "minimum": 1},
    (Stub, "times"): {"type": ["integer", "null"], "minimum": 1},
    (Stub, "weight"): {"type": ["number", "null"], "minimum": 0},
    (Transition, "after"): {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _DURATION]},
    (LifecycleTransition, "after"): {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _DURATION]},
    (Delay, "fixed_ms"): _MILLISECONDS,
    (Delay, "dribble_ms"): _MILLISECONDS,
    **{
        (Delay, name): {"type": "array", "items": [_MILLISECONDS, second], "minItems": 2, "maxItems": 2}
        for name, second in (
            ("uniform_ms", _MILLISECONDS),
            ("normal_ms", _MILLISECONDS),
            ("lognormal_ms", {"type": "number", "minimum": 0}),
        )
    },
}
"""What importers check, or spell out, beyond the type of a field."""
_EXTRA: dict[type, JsonObject] = {
    StubResponse: {"body": {"description": "The body: text if it is one, else JSON."}},
}
_WRITTEN_BY_READERS = {(Stub, "source"), (Scenario, "source"), (Persona, "source")}
_OPTIONAL = {(Stub, "id")}


class SchemaMaker:
    """Makes schemas of nouns; `definitions` collects those that are referred to."""

    def __init__(self, *, is_text_loose: bool = True) -> None:
        self.definitions: dict[str, JsonObject] = {}
        self._text = _TEXT if is_text_loose else {"type": "string"}

    def refer(self, kind: type[msgspec.Struct]) -> JsonObject:
        """Return a reference to a noun's schema."""
        return self._struct(_struct_type(kind))

    def _schema(self, kind: inspect.Type) -> JsonObject:
        match kind:
            case inspect.StructType():
                return self._struct(kind)
            case inspect.DictType():
                return {"type": "object", "additionalProperties": self._schema(kind.value_type)}
            case inspect.ListType() | inspect.VarTupleType():
                return {"type": "array", "items": self._schema(kind.item_type)}
            case inspect.UnionType():
                return _any_of([self._schema(each) for each in kind.types])
            case inspect.LiteralType():
                return {"enum": list(kind.values)}
            case inspect.StrType():
                return dict(self._text)
            case _:
                return dict(_LEAVES.get(type(kind), {}))

    def _struct(self, kind: inspect.StructType) -> JsonObject:
        name = kind.cls.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # it may contain itself
            shape = self._shape(kind)
            short = _SHORT.get(kind.cls)
            self.definitions[name] = {"anyOf": [*short, shape]} if short else shape
        return {"$ref": f"#/definitions/{name}"}

    def _shape(self, kind: inspect.StructType) -> JsonObject:
        words = _descriptions(kind.cls)
        properties: JsonObject = {}
        required = []
        for field in kind.fields:
            if (kind.cls, field.name) in _WRITTEN_BY_READERS:
                continue
            schema = dict(_REFINED.get((kind.cls, field.name)) or self._schema(field.type))
            if words.get(field.name):
                # beside a $ref, draft-07 ignores everything
                schema = {"allOf": [schema]} if "$ref" in schema else schema
                schema["description"] = words[field.name]
            for spelled in _spellings(field.encode_name, aliases_of(kind.cls)):
                properties[spelled] = schema
            if field.required and (kind.cls, field.name) not in _OPTIONAL:
                required.append(field.encode_name)
        properties.update(_EXTRA.get(kind.cls, {}))
        shape: JsonObject = {
            "type": "object",
            "description": words[""],
            "properties": properties,
            "additionalProperties": False,
        }
        return {**shape, "required": required} if required else shape


_LEAVES: dict[type, JsonObject] = {
    inspect.BoolType: {"type": "boolean"},
    inspect.IntType: {"type": "integer"},
    inspect.FloatType: {"type": "number"},
    inspect.NoneType: {"type": "null"},
}


def _any_of(schemas: list[JsonObject]) -> JsonObject:
    unique = [each for at, each in enumerate(schemas) if each not in schemas[:at]]
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def _struct_type(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 (it was given one)
    return found


def _spellings(name: str, aliases: dict[str, str]) -> Iterator[str]:
    """Give every name that importers know a field by."""
    for each in (name, *(alias for alias, field in aliases.items() if field == name)):
        yield each
        first, *rest = each.split("_")
        camel = first + "".join(part.capitalize() for part in rest)
        if rest and snake_case(camel) == each:
            yield camel


def _descriptions(kind: type) -> dict[str, str]:
    """Return what the docstrings below the fields of a class say; under an empty name, the class's own."""
    node = ast.parse(textwrap.dedent(getsource(kind))).body[0]
    assert isinstance(node, ast.ClassDef)  # noqa: S101 (it is the source of a class)
    words = {"": _one_line(ast.get_docstring(node) or "")}
    for field, after in zip(node.body, node.body[1:], strict=False):
        is_described = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if is_described and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            words[field.target.id] = _one_line(str(after.value.value))  # type: ignore[attr-defined]
    return words


def _one_line(text: str) -> str:
    return " ".join(text.replace("\n\n", " ").split())


def _document(title: str, root: JsonObject, maker: SchemaMaker) -> JsonObject:
    return {"$schema": DRAFT, "title": title, **root, "definitions": dict(sorted(maker.definitions.items()))}


def stub_file_schema() -> JsonObject:
    """Return the schema of a stub file: a stub, a list of them, or `{stubs: [...]}`."""
    maker = SchemaMaker()
    stub = maker.refer(Stub)
    says_when = [{"required": [name]} for name in ("match", "request")]
    maker.definitions["Stub"]["anyOf"] = says_when
    stubs: Json = {"type": "array", "items": stub}
    several = {"type": "object", "properties": {"stubs": stubs}, "additionalProperties": False}
    one_or_more = {"if": {"required": ["stubs"]}, "then": several, "else": stub}
    return _document("MockOps stub file", {"if": {"type": "array"}, "then": stubs, "else": one_or_more}, maker)


def scenario_file_schema() -> JsonObject:
    """Return the schema of a scenario file."""
    maker = SchemaMaker()
    return _document("MockOps scenario", {"allOf": [maker.refer(Scenario)]}, maker)


def persona_file_schema() -> JsonObject:
    """Return the schema of a persona file."""
    maker = SchemaMaker()
    return _document("MockOps persona", {"allOf": [maker.refer(Persona)]}, maker)
