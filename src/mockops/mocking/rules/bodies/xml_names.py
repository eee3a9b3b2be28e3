"""How XML names the parts of a value (OpenAPI XML Object)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.mocking.rules import schemas

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

_NOT_NAME = re.compile(r"[^A-Za-z0-9._\-\u00c0-\ud7ff]")
_START = re.compile(r"[A-Za-z_\u00c0-\ud7ff]")


def xml_of(schema: Schema, definitions: Definitions) -> JsonObject:
    """Return the `xml` object of a schema; empty when it has none."""
    found: Json = schemas.keyword(schema, definitions, "xml")
    return found if isinstance(found, dict) else {}


def element_name(name: str) -> str:
    """Return a name that XML allows (XML 1.0 section 2.3)."""
    clean = _NOT_NAME.sub("_", name) or "_"
    return clean if _START.match(clean) else f"_{clean}"


def root_name(schema: Schema, definitions: Definitions) -> str:
    """Return the name of the outermost element: its `xml.name`, else its component's name, else `root`."""
    said = xml_of(schema, definitions).get("name")
    if isinstance(said, str) and said:
        return said
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            return str(schema["$ref"]).rpartition("/")[2]
        parts = schema.get("allOf")
        if isinstance(parts, list) and len(parts) == 1:
            return root_name(parts[0], definitions)
        if isinstance(schema.get("title"), str) and schema["title"].isidentifier():
            return str(schema["title"])
    return "root"


def name_of(xml: JsonObject, otherwise: str) -> str:
    """Return the name that an `xml` object gives, with its prefix."""
    said = xml.get("name")
    prefix = xml.get("prefix")
    if isinstance(said, str) and said.count(":") == 1:
        return ":".join(element_name(part) for part in said.split(":"))  # brings its prefix along
    name = element_name(said if isinstance(said, str) and said else otherwise)
    return f"{element_name(prefix)}:{name}" if isinstance(prefix, str) and prefix else name
