"""Schemas: from OpenAPI's dialects, and what people write, to JSON Schema 2020-12.

Every schema that a `$ref` means becomes a definition of its own, normalised once however often it is used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.contracts.importers import discriminators, keywords, reshape
from mockops.contracts.importers.breadth import MAX_BREADTH, Breadths
from mockops.contracts.importers.patterns import usable_pattern
from mockops.contracts.importers.places import Node, shown
from mockops.contracts.importers.references import BrokenReference

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.contracts.importers.keywords import Repaired
    from mockops.contracts.importers.places import Path, Report
    from mockops.contracts.importers.references import References
    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject

    Schema = JsonObject | bool

_SIMPLE: dict[str, Callable[[Json], Repaired]] = {
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), keywords.count
    ),
    **dict.fromkeys(("minContains", "maxContains"), keywords.count),
    **dict.fromkeys(("minimum", "maximum"), keywords.number),
    "multipleOf": keywords.divisor,
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), keywords.flag),
    **dict.fromkeys(
        ("title", "description", "$comment", "format", "contentEncoding", "contentMediaType"), keywords.text
    ),
    "pattern": keywords.pattern,
    "required": keywords.names,
}
_ONE = frozenset(
    [
        "additionalProperties",
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
_MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_MAPS = frozenset(("properties", "patternProperties", "dependentSchemas"))
_DROPPED = frozenset(
    # identities and places of schemas mean nothing once references are resolved; the rest is not of 2020-12
    [
        "$schema",
        "$id",
        "$anchor",
        "$dynamicAnchor",
        "$recursiveAnchor",
        "$vocabulary",
        "$defs",
        "definitions",
        "additionalItems",
        "contentSchema",
        "dependencies",
        "externalDocs",
    ]
)
_NEEDS_WORK = frozenset(
    {
        *_SIMPLE,
        *_ONE,
        *_MANY,
        *_MAPS,
        *_DROPPED,
        *("$ref", "$dynamicRef", "$recursiveRef", "items", "type", "enum", "nullable", "x-nullable", "example"),
        *("examples", "default", "discriminator", "exclusiveMinimum", "exclusiveMaximum", "dependentRequired", "const"),
    }
) - {"title", "description", "format", "type"}
_SCALAR_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "null"})
_REF_ANNOTATIONS = frozenset({"readOnly", "writeOnly", "deprecated", "default", "example", "examples", "nullable"})
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_DULL_TOKENS = frozenset({"schema", "items", "properties", "schemas", "definitions", "$defs", "allOf", "content"})


class Schemas:
    """Normalises schemas and pools those that are referred to."""

    def __init__(self, references: References, report: Report, *, ref_siblings_count: bool) -> None:
        self.definitions: dict[str, Schema] = {}
        self.report = report
        self.references = references
        self._ref_siblings_count = ref_siblings_count
        self._names: dict[tuple[str, str], str] = {}
        self._reserved = _component_names(references.root)
        self._refs: dict[tuple[str, str], str | None] = {}
        self._pending: list[tuple[str, Node]] = []
        self._discriminators: list[JsonObject] = []
        self._added: list[tuple[JsonObject, Node]] = []

    def add(self, node: Node) -> Schema:
        """Return a schema, normalised; what it refers to is in `definitions` after the next `finish`."""
        schema = self.convert(node.value, node.document, node.path)
        if type(schema) is dict and schema is not node.value:
            self._added.append((schema, node))
        return schema

    def finish(self) -> None:
        """Normalise everything referred to, and what that refers to."""
        while self._pending:
            name, node = self._pending.pop()
            try:
                self.definitions[name] = self.convert(node.value, node.document, node.path)
            except RecursionError:
                self.report.error("contract.schema_too_deep", "the schema nests too deeply to be used", node)
                self.definitions[name] = {}
        self._break_circles()
        self._bound_breadth()
        for discriminator in self._discriminators:
            discriminators.correct(discriminator, self.definitions)

    def convert(self, value: Json, document: Document, path: Path) -> Schema:
        """Return one schema in JSON Schema 2020-12; a sound leaf comes back as it is."""
        if type(value) is not dict:
            return self._no_object(value, document, path)
        if _NEEDS_WORK.isdisjoint(value) and _is_sound_leaf(value):
            return value
        if "$ref" in value or "$dynamicRef" in value or "$recursiveRef" in value:
            return self._reference(value, document, path)
        return self._object(value, document, path)

    def _object(self, value: JsonObject, document: Document, path: Path) -> JsonObject:
        out: JsonObject = {}
        for key, item in value.items():
            if key in _SIMPLE:
                self._simple(out, key, item, document, path)
            elif key in _MAPS:
                self._map(out, key, item, document, (path, key))
            elif key in _ONE:
                if key != "additionalProperties" or type(item) is not bool:
                    item = self.convert(item, document, (path, key))
                out[key] = item
            elif key in _MANY:
                self._many(out, key, item, document, (path, key))
            elif key not in _DROPPED:
                out[key] = item
        return reshape.reshaped(self, out, document, path)

    def _simple(self, out: JsonObject, key: str, item: Json, document: Document, path: Path) -> None:
        try:
            repaired = _SIMPLE[key](item)
        except keywords.Unusable as error:
            reason = str(error)
            if key == "required" and type(item) is bool:
                # draft 3's way: the parent's `properties` collects it
                reason = "in a property it is read as an entry of the parent's `required`"
            self.warn("contract.keyword_dropped", f"{key}: {reason}", Node(item, document, (path, key)))
            return
        if repaired.complaint:
            self.warn("contract.keyword_repaired", f"{key}: {repaired.complaint}", Node(item, document, (path, key)))
        # a property with draft 3's `required: true` may have put its name there already
        out[key] = [*dict.fromkeys([*out[key], *repaired.value])] if key in out else repaired.value

    def _map(self, out: JsonObject, key: str, item: Json, document: Document, path: Path) -> None:
        if type(item) is list:
            self.warn("contract.keyword_repaired", f"{key} is a list, read as an object", Node(item, document, path))
            item = reshape.named(item)
        if type(item) is not dict:
            if item is not None:
                self.warn("contract.keyword_dropped", f"{key}: {shown(item)} is no object", Node(item, document, path))
            return
        if key == "patternProperties":
            item = self._usable_patterns(item, document, path)
        convert = self.convert
        out[key] = {name: convert(schema, document, (path, name)) for name, schema in item.items()}
        wanted = [name for name, schema in item.items() if type(schema) is dict and schema.get("required") is True]
        if key == "properties" and wanted:
            out["required"] = [*dict.fromkeys([*out.get("required", ()), *wanted])]

    def _usable_patterns(self, item: JsonObject, document: Document, path: Path) -> JsonObject:
        """Return pattern properties with patterns that can be used; the others are left out."""
        usable: JsonObject = {}
        for written, schema in item.items():
            pattern = usable_pattern(written)
            if pattern is None:
                message = f"pattern {shown(written)} cannot be used; its properties may be anything"
                self.warn("contract.pattern_dropped", message, Node(item, document, path))
            else:
                usable.setdefault(pattern, schema)
        return usable

    def _many(self, out: JsonObject, key: str, item: Json, document: Document, path: Path) -> None:
        if type(item) is dict:
            self.warn("contract.keyword_repaired", f"{key} is no list", Node(item, document, path))
            item = [item]
        if type(item) is not list or not item:
            self.warn("contract.keyword_dropped", f"{key}: {shown(item)} is no list", Node(item, document, path))
            return
        out[key] = [self.convert(schema, document, (path, index)) for index, schema in enumerate(item)]

    def _no_object(self, value: Json, document: Document, path: Path) -> Schema:
        if type(value) is bool:
            return value
        node = Node(value, document, path)
        if type(value) is str and value.lower() in keywords.TYPES:
            self.warn("contract.keyword_repaired", f"{shown(value)} is read as a type", node)
            return {"type": value.lower()}
        if type(value) is list and len(value) == 1 and type(value[0]) is dict:
            self.warn("contract.keyword_repaired", "a schema in a list is read as the schema", node)
            return self.convert(value[0], document, (path, 0))
        self.warn("contract.schema_dropped", f"{shown(value)} is no schema; anything is allowed here", node)
        return {}

    def _reference(self, value: JsonObject, document: Document, path: Path) -> Schema:
        key = next(key for key in ("$ref", "$dynamicRef", "$recursiveRef") if key in value)
        target = self.ref_to(value[key], document, (path, key))
        if len(value) == 1 and target is not None:
            return {"$ref": target}
        rest = {name: item for name, item in value.items() if name != key}
        if not self._ref_siblings_count and target is not None:
            ignored = [
                name
                for name in rest
                if name not in _REF_ANNOTATIONS and name not in ("description", "title", "summary", "xml")
                if not name.startswith("x-")
            ]
            if ignored:
                self.warn(
                    "contract.ref_siblings",
                    f"OpenAPI 3.0 ignores what stands beside $ref: {', '.join(ignored)}",
                    Node(value, document, path),
                    "wrap the $ref in allOf, or use OpenAPI 3.1",
                )
            rest = {name: item for name, item in rest.items() if name in _REF_ANNOTATIONS}
        is_nullable = rest.pop("nullable", False) is True
        out = self._object(rest, document, path)
        if target is not None:
            return {"anyOf": [{"$ref": target}, {"type": "null"}], **out} if is_nullable else {"$ref": target, **out}
        return out

    def ref_to(self, ref: Json, document: Document, path: Path) -> str | None:
        """Return `#/$defs/NAME` for a reference; None (reported) if it leads nowhere."""
        if type(ref) is not str:
            self.warn("contract.ref_broken", f"$ref {shown(ref)} is no text", Node(ref, document, path))
            return None
        known = (document.source, ref)
        if known not in self._refs:
            try:
                self._refs[known] = f"#/$defs/{self._name(self.references.find(ref, document))}"
            except BrokenReference as error:
                self.report.error(
                    "contract.ref_broken",
                    f"{error}; anything is allowed here",
                    Node(ref, document, path),
                    "correct the reference, or add what it names",
                )
                self._refs[known] = None
        return self._refs[known]

    def discriminated(self, discriminator: JsonObject) -> None:
        """Remember a discriminator, to be corrected when its alternatives are known."""
        self._discriminators.append(discriminator)

    def warn(self, code: str, message: str, node: Node, hint: str = "") -> None:
        """Report that a part is used otherwise than written."""
        self.report.warn(code, message, node, hint)

    def _name(self, node: Node) -> str:
        """Return the definition's name of a node, the same for every reference to it."""
        key = node.key
        if key not in self._names:
            name = self._fresh_name(key)
            self._names[key] = name
            self.definitions[name] = {}
            self._pending.append((name, node))
        return self._names[key]

    def _fresh_name(self, key: tuple[str, str]) -> str:
        source, pointer = key
        own = self._reserved.get(pointer) if source == self.references.root.source else None
        if own is not None and own not in self.definitions:
            return own
        tokens = [_safe(token) for token in pointer.split("/")[1:]]
        stem = tokens.pop() if tokens else _safe(source.rpartition("/")[2].partition(".")[0])
        while tokens and (stem.split("_")[0] in _DULL_TOKENS or stem[:1].isdigit()):
            stem = f"{tokens.pop()}_{stem}"
        taken = {*self._reserved.values()} if own is None else set()
        name, number = stem, 1
        while name in self.definitions or name in taken:
            number += 1
            name = f"{stem}_{number}"
        return name

    def _bound_breadth(self) -> None:
        """Make schemas that apply too many others to one value allow anything, and say so."""
        breadths = Breadths(self.definitions)
        nodes = {name: key for key, name in self._names.items()}
        message = (
            f"more than {MAX_BREADTH:,} schemas apply to one value here, by allOf and its kin; anything is allowed"
        )
        for name in [*self.definitions]:
            for broad in breadths.too_broad(name):
                self.report.error_at("contract.schema_too_broad", message, *nodes[broad], "say it with fewer parts")
                self.definitions[broad] = {}
        for schema, node in self._added:
            if breadths.of(schema) > MAX_BREADTH:
                self.report.error("contract.schema_too_broad", message, node, "say it with fewer parts")
                schema.clear()
        self._added.clear()

    def _break_circles(self) -> None:
        """Make definitions that refer only to themselves allow anything, and say so."""
        nodes = {name: key for key, name in self._names.items()}
        for start in [*self.definitions]:
            seen = {start}
            schema = self.definitions[start]
            while type(schema) is dict and type(ref := schema.get("$ref")) is str:
                name = ref.removeprefix("#/$defs/")
                if name == start:
                    source, pointer = nodes[start]
                    self.report.error_at(
                        "contract.ref_cycle",
                        "the schema refers only to itself; anything is allowed here",
                        source,
                        pointer,
                        "say what it is",
                    )
                    self.definitions[start] = {}
                    break
                if name in seen:
                    break
                seen.add(name)
                schema = self.definitions[name]


def _is_sound_leaf(value: JsonObject) -> bool:
    return (
        value.get("type", "string") in _SCALAR_TYPES
        if type(value.get("type", "string")) is str
        and type(value.get("description", "")) is str
        and type(value.get("format", "")) is str
        and type(value.get("title", "")) is str
        else False
    )


def _safe(token: str) -> str:
    return _UNSAFE_IN_NAME.sub("_", token.replace("~1", "/").replace("~0", "~")).strip("_") or "schema"


def _component_names(root: Document) -> dict[str, str]:
    """Return pointer to name of the root's own components: they keep their names whatever else is called so."""
    data = root.data if type(root.data) is dict else {}
    components = data.get("components")
    found: dict[str, str] = {}
    sections = (
        ("/components/schemas/", components.get("schemas") if type(components) is dict else None),
        ("/definitions/", data.get("definitions")),
    )
    taken: set[str] = set()
    for prefix, section in sections:
        for token in section if type(section) is dict else ():
            name = _safe(token)
            if name not in taken:
                taken.add(name)
                found[prefix + token.replace("~", "~0").replace("/", "~1")] = name
    return found
