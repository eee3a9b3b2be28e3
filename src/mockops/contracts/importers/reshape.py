"""Keywords that depend on each other: types and their company, null, bounds, examples, discriminators."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from mockops.contracts.importers import keywords
from mockops.contracts.importers.places import Node, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.contracts.importers.places import Path
    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject

_APPLICATORS = ("$ref", "allOf", "anyOf", "oneOf")


class Converter(Protocol):
    """Converts nested schemas and references; takes complaints."""

    def convert(self, value: Json, document: Document, path: Path) -> JsonObject | bool:
        """Return one schema in JSON Schema 2020-12."""
        ...

    def ref_to(self, ref: Json, document: Document, path: Path) -> str | None:
        """Return `#/$defs/NAME` for a reference, None if it leads nowhere."""
        ...

    def discriminated(self, discriminator: JsonObject) -> None:
        """Remember a discriminator, to be corrected when its alternatives are known."""
        ...

    def warn(self, code: str, message: str, node: Node, hint: str = "") -> None:
        """Report that a part is used otherwise than written."""
        ...


def reshaped(schemas: Converter, out: JsonObject, document: Document, path: Path) -> JsonObject:
    """Return a schema whose single keywords are sound with those that belong together made sound too.

    Args:
        schemas: the converter, for nested schemas, references and reports.
        out: the schema; it is changed.
        document: the document it stands in.
        path: where it stands there.

    """
    node = Node(out, document, path)
    if "type" in out:
        _type(schemas, out, node)
    if "items" in out or out.get("type") == "array":
        _items(schemas, out, node)
    for keyword, reshape in _RESHAPERS:
        if keyword in out:
            reshape(schemas, out, node)
    if "nullable" in out or "x-nullable" in out:
        return _nullable(out)
    return out


def named(items: list[Json]) -> JsonObject:
    """Return a list of properties as an object: of `{name: …}` objects, or of one-member objects."""
    found: JsonObject = {}
    for item in items:
        if type(item) is dict and type(item.get("name")) is str:
            found[item["name"]] = {key: value for key, value in item.items() if key != "name"}
        elif type(item) is dict:
            found |= item
        elif type(item) is str:
            found[item] = {}
    return found


def _type(schemas: Converter, out: JsonObject, node: Node) -> None:
    written = out["type"]
    if type(written) is str and written in keywords.TYPES:
        return
    kinds: list[str] = []
    formats: list[str] = []
    allows_all = False
    complaint = ""
    for one in written if type(written) is list else [written]:
        try:
            kind, format_ = keywords.type_name("null" if one is None else str(one))
        except keywords.Unusable as reason:
            complaint = f"{reason}; it is ignored"
            allows_all = True
            continue
        if kind != one:
            complaint = f"type {shown(one)} is read as {kind or 'anything'}"
        allows_all = allows_all or kind is None
        kinds += [kind] if kind and kind not in kinds else []
        formats += [format_] if format_ else []
    if formats:
        out.setdefault("format", formats[0])
    if allows_all or not kinds:
        del out["type"]
    else:
        out["type"] = kinds if type(written) is list else kinds[0]
    if complaint:
        schemas.warn("contract.type_repaired", complaint, node, "use a JSON Schema type")


def _items(schemas: Converter, out: JsonObject, node: Node) -> None:
    items = out.get("items")
    if "items" not in out:
        if "prefixItems" not in out:
            schemas.warn(
                "contract.items_missing", "an array without `items`: it may hold anything", node, "add `items`"
            )
        return
    path = (node.path, "items")
    if type(items) is not list:
        if "type" not in out and "$ref" not in out and not any(key in out for key in _APPLICATORS):
            out["type"] = "array"
        out["items"] = schemas.convert(items, node.document, path)
        return
    schemas.warn("contract.keyword_repaired", "items is a list", node, "use one schema, or prefixItems")
    del out["items"]
    converted = [schemas.convert(item, node.document, (path, index)) for index, item in enumerate(items)]
    if len(converted) == 1:
        out["items"] = converted[0]
    elif converted:
        out.setdefault("prefixItems", converted)


def _bound(schemas: Converter, out: JsonObject, node: Node, *, exclusive: str) -> None:
    """Turn the boolean of OpenAPI 3.0 (JSON Schema draft 4) into a bound of its own."""
    inclusive = exclusive.removeprefix("exclusive").lower()
    value = out[exclusive]
    if value in ("true", "false", "True", "False"):
        value = value.lower() == "true"
    if type(value) is bool:
        del out[exclusive]
        if value and inclusive in out:
            out[exclusive] = out.pop(inclusive)
        return
    try:
        out[exclusive] = keywords.number(value).value
    except keywords.Unusable as reason:
        del out[exclusive]
        schemas.warn("contract.keyword_dropped", f"{exclusive}: {reason}", node)


def _examples(_: Converter, out: JsonObject, __: Node) -> None:
    """Collect `example` and every shape of `examples` in the list that JSON Schema wants."""
    found = []
    if "example" in out:
        found.append(out.pop("example"))
    written = out.pop("examples", None)
    if type(written) is dict:
        found += [item["value"] if type(item) is dict and "value" in item else item for item in written.values()]
    elif type(written) is list:
        found += written
    elif written is not None:
        found.append(written)
    if found:
        out["examples"] = found


def _enum(schemas: Converter, out: JsonObject, node: Node) -> None:
    values = out.pop("enum")
    if type(values) is dict:
        values = [*values]
    if type(values) is not list:
        schemas.warn("contract.keyword_repaired", f"enum: {shown(values)} is no list", node)
        values = [] if values is None else [values]
    kind = out.get("type")
    if kind == "array" and values and not any(isinstance(value, list) for value in values):
        _move_enum(schemas, out, node, values)
        return
    kept, is_changed = _fitting(values, kind, out.get("nullable") is True or out.get("x-nullable") is True)
    if not kept:
        schemas.warn("contract.enum_dropped", "enum has no value of the schema's type; it is ignored", node)
        return
    if is_changed:
        schemas.warn("contract.enum_repaired", f"enum has values that are not of type {kind}", node, "quote them")
    out["enum"] = kept


def _move_enum(schemas: Converter, out: JsonObject, node: Node, values: list[Json]) -> None:
    schemas.warn("contract.enum_moved", "the enum of an array is read as that of its items", node, "put it in `items`")
    items = out.get("items")
    if items in (None, True):
        out["items"] = {"enum": values}
    elif type(items) is dict and "$ref" not in items and "enum" not in items:
        kept, _ = _fitting(values, items.get("type"), True)
        out["items"] = {**items, "enum": kept} if kept else items


def _fitting(values: list[Json], kind: Json, is_nullable: bool) -> tuple[list[Json], bool]:
    """Return the values that are, or can be read as, of a type; and whether any had to be changed or left out."""
    if kind is None:
        distinct: dict[bytes, Json] = {}
        for value in values:
            distinct.setdefault(_identity(value), value)
        return [*distinct.values()], False
    kept: list[Json] = []
    is_changed = False
    for value in values:
        if keywords.fits(value, kind):
            kept.append(value)
        elif value is None and is_nullable:
            kept.append(None)
        else:
            is_changed = True
            try:
                kept.append(keywords.cast(value, kind))
            except keywords.Unusable:
                continue
    return kept, is_changed


def _identity(value: Json) -> bytes:
    """Return what equal values share (JSON Schema 2020-12 section 4.2.2), by value, not by a look at each other."""
    is_whole = type(value) is float and value.is_integer()
    return msgspec.json.encode(int(value) if is_whole else value, order="deterministic")


def _default(schemas: Converter, out: JsonObject, node: Node) -> None:
    kind, value = out.get("type"), out["default"]
    if kind is None or keywords.fits(value, kind) or value is None:
        if value is None and kind is not None and not keywords.fits(None, kind):
            del out["default"]
        return
    del out["default"]
    try:
        out["default"] = keywords.cast(value, kind)
    except keywords.Unusable as reason:
        schemas.warn("contract.default_dropped", f"default: {reason}; it is ignored", node)
    else:
        schemas.warn("contract.default_repaired", f"default {shown(value)} is not of type {kind}", node)


def _discriminator(schemas: Converter, out: JsonObject, node: Node) -> None:
    written = out.pop("discriminator")
    if type(written) is str:
        written = {"propertyName": written}
    if type(written) is not dict or type(written.get("propertyName")) is not str:
        schemas.warn("contract.keyword_dropped", f"discriminator {shown(written)} names no property", node)
        return
    mapping: dict[str, str] = {}
    declared = written.get("mapping")
    path = (node.path, "discriminator")
    for value, ref in declared.items() if type(declared) is dict else ():
        target = schemas.ref_to(_mapping_ref(ref, node.document), node.document, ((path, "mapping"), value))
        if target is not None:
            mapping[value] = target
    for schema in (*out.get("oneOf", ()), *out.get("anyOf", ())):
        target = schema.get("$ref") if type(schema) is dict else None
        if type(target) is str and target not in mapping.values():
            # without a mapping the schema's own name is the value (OpenAPI 3.1.1 section 4.8.25)
            mapping.setdefault(target.removeprefix("#/$defs/"), target)
    out["discriminator"] = {"propertyName": written["propertyName"], "mapping": mapping}
    schemas.discriminated(out["discriminator"])


def _mapping_ref(ref: Json, document: Document) -> Json:
    """Return a discriminator's mapping value as a reference; a bare name means a schema of the components."""
    if type(ref) is not str or "/" in ref or "#" in ref:
        return ref
    root = Node(document.data, document)
    for section in (root.child("components").child("schemas"), root.child("definitions")):
        if section.get(ref) is not None:
            return "#" + section.child(ref).pointer
    return ref


def _dependent_required(schemas: Converter, out: JsonObject, node: Node) -> None:
    value = out["dependentRequired"]
    if type(value) is not dict or not all(type(names) is list for names in value.values()):
        del out["dependentRequired"]
        schemas.warn("contract.keyword_dropped", f"dependentRequired: {shown(value)} is no object of lists", node)


def _nullable(out: JsonObject) -> JsonObject:
    """Say with types what OpenAPI 3.0 says with `nullable` (and Swagger's vendors with `x-nullable`)."""
    is_nullable = True in (out.pop("nullable", False), out.pop("x-nullable", False))
    kind = out.get("type")
    if not is_nullable or kind == "null" or (type(kind) is list and "null" in kind):
        return out
    if any(key in out for key in _APPLICATORS) or "const" in out:
        annotations: JsonObject = {
            key: out.pop(key) for key in ("readOnly", "writeOnly", "examples", "default") if key in out
        }
        return {"anyOf": [out, {"type": "null"}], **annotations}
    if kind is not None:
        out["type"] = [*kind, "null"] if type(kind) is list else [kind, "null"]
    if "enum" in out and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    return out


_RESHAPERS: tuple[tuple[str, Callable[[Converter, JsonObject, Node], None]], ...] = (
    ("exclusiveMinimum", partial(_bound, exclusive="exclusiveMinimum")),
    ("exclusiveMaximum", partial(_bound, exclusive="exclusiveMaximum")),
    ("example", _examples),
    ("examples", _examples),
    ("enum", _enum),
    ("default", _default),
    ("discriminator", _discriminator),
    ("dependentRequired", _dependent_required),
)
