"""XML from a value, as the schema's `xml` objects say (OpenAPI 3.1 section 4.8.26)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.rules import schemas
from mockops.mocking.rules.bodies.xml_names import element_name, name_of, root_name, xml_of

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_DEPTH = 100


def write_xml(value: Json, schema: Schema, definitions: Definitions) -> bytes:
    """Return a document; a text that already is one goes as it is."""
    if isinstance(value, str) and value.lstrip().startswith("<"):
        return value.encode()
    name = root_name(schema, definitions)
    writer = _Writer(definitions)
    if isinstance(value, list):
        # A document has one outermost element: an array is wrapped whatever its schema says.
        xml = {**xml_of(schema, definitions), "wrapped": True}
        writer.array(value, schema, name, xml, 0)
    else:
        writer.element(value, schema, name, 0)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(writer.out)).encode()


def escape(text: str) -> str:
    """Return a text as XML content; characters that XML cannot carry become U+FFFD."""
    clean = _FORBIDDEN.sub("\ufffd", text).replace("\r", "&#13;")
    return clean.replace("&", "&amp;").replace("&amp;#13;", "&#13;").replace("<", "&lt;").replace(">", "&gt;")


def _quote(text: str) -> str:
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class _Writer:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.out: list[str] = []

    def element(self, value: Json, schema: Schema, otherwise: str, depth: int) -> None:
        """Write a value that is no array as one element."""
        xml = xml_of(schema, self.definitions)
        name = name_of(xml, otherwise)
        start = f"<{name}{_namespace(xml)}"
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            self.object(value, schema, name, start, depth)
        elif value is None:
            self.out.append(f"{start}/>")
        else:
            self.out.append(f"{start}>{escape(_text(value))}</{name}>")

    def object(self, value: JsonObject, schema: Schema, name: str, start: str, depth: int) -> None:
        known = schemas.properties(schema, self.definitions)
        rest = schemas.keyword(schema, self.definitions, "additionalProperties")
        inner: list[tuple[str, Json, Schema, JsonObject]] = []
        text = ""
        for key, each in value.items():
            of_key = known.get(key, rest)
            xml = xml_of(of_key, self.definitions)
            if xml.get("attribute") is True and not isinstance(each, dict | list):
                start += f' {name_of(xml, key)}="{_quote("" if each is None else _text(each))}"'
            elif xml.get("x-text") is True or xml.get("nodeType") == "text":
                text = escape(_text(each))
            else:
                inner.append((key, each, of_key, xml))
        self.out.append(f"{start}>{text}")
        for key, each, of_key, xml in inner:
            if isinstance(each, list):
                self.array(each, of_key, key, xml, depth + 1)
            else:
                self.element(each, of_key, key, depth + 1)
        self.out.append(f"</{name}>")

    def array(self, value: list[Json], schema: Schema, key: str, xml: JsonObject, depth: int) -> None:
        of_item = schemas.items(schema, self.definitions)
        item_name = xml_of(of_item, self.definitions).get("name")
        is_wrapped = xml.get("wrapped") is True
        if is_wrapped:
            wrapper = name_of(xml, key)
            self.out.append(f"<{wrapper}{_namespace(xml)}>")
        name = item_name if isinstance(item_name, str) and item_name else self.unnamed(xml, key, depth)
        for item in value:
            if isinstance(item, list) and depth < _MAX_DEPTH:
                self.array(item, of_item, name, xml_of(of_item, self.definitions), depth + 1)
            else:
                self.element(item, of_item, name, depth + 1)
        if is_wrapped:
            self.out.append(f"</{wrapper}>")

    @staticmethod
    def unnamed(xml: JsonObject, key: str, depth: int) -> str:
        """Return the name of items whose schema gives none: that of the array."""
        said = xml.get("name")
        if depth == 0:
            return "item"
        return str(said) if isinstance(said, str) and said and not xml.get("wrapped") else element_name(key)


def _namespace(xml: JsonObject) -> str:
    namespace = xml.get("namespace")
    if not isinstance(namespace, str) or not namespace:
        return ""
    prefix = xml.get("prefix")
    mark = f":{element_name(prefix)}" if isinstance(prefix, str) and prefix else ""
    return f' xmlns{mark}="{_quote(namespace)}"'
