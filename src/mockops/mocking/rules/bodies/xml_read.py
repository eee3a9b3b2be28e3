"""A value from XML, read as the schema's `xml` objects say."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from mockops.mocking.rules import schemas
from mockops.mocking.rules.bodies.xml_names import element_name, name_of, xml_of
from mockops.mocking.rules.parameters.coerce import Coercion

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

_MAX_DEPTH = 200
_MAX_ELEMENTS = 200_000


class XmlUnreadable(ValueError):
    """A body is not well-formed XML, or larger or deeper than is read; the text says why."""


class Element:
    """An element of a document."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        """Without prefix."""
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MAX_ELEMENTS or len(self.open) >= _MAX_DEPTH:
            raise XmlUnreadable(f"more than {_MAX_ELEMENTS} elements, or deeper than {_MAX_DEPTH}")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop()

    def data(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_entity(*_: object) -> None:
    raise XmlUnreadable("entity declarations are not read")


def parse_xml(body: bytes) -> Element:
    """Return a document's outermost element; raises XmlUnreadable. Entities are refused, so nothing expands."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        raise XmlUnreadable(f"{expat.ErrorString(error.code)} at {where}") from error
    if builder.root is None:
        raise XmlUnreadable("there is no element")
    return builder.root


def read_xml(body: bytes, schema: Schema, definitions: Definitions) -> Json:
    """Return the value that an XML body stands for by its schema; raises XmlUnreadable.

    Texts become what the schema means; an element of a name that the schema does not know keeps its name.
    """
    root = parse_xml(body)
    coercion = Coercion(schema, definitions)
    if coercion.types == {"string"} and root.children:
        return body.decode("utf-8", "replace")  # a document that the contract calls text
    if coercion.wants_array:
        return _items(root.children, schema, definitions)
    return _value(root, schema, definitions)


def _items(elements: list[Element], schema: Schema, definitions: Definitions) -> list[Json]:
    of_item = schemas.items(schema, definitions)
    if Coercion(of_item, definitions).wants_array:
        return [_items(element.children, of_item, definitions) for element in elements]
    return [_value(element, of_item, definitions) for element in elements]


def _value(element: Element, schema: Schema, definitions: Definitions) -> Json:
    coercion = Coercion(schema, definitions)
    known = schemas.properties(schema, definitions)
    is_object = coercion.wants_object or element.children or (element.attributes and coercion.is_structured)
    if not is_object:
        return coercion.value(element.text)
    return _object(element, schema, known, definitions)


def _object(element: Element, schema: Schema, known: dict[str, Schema], definitions: Definitions) -> JsonObject:
    found: JsonObject = {}
    taken: set[str] = set()
    for name, of_name in known.items():
        xml = xml_of(of_name, definitions)
        written = _local(name_of(xml, name))
        coercion = Coercion(of_name, definitions)
        if xml.get("attribute") is True and not coercion.is_structured:
            if written in element.attributes:
                found[name] = coercion.value(element.attributes[written])
        elif xml.get("x-text") is True:
            found[name] = coercion.value(element.text)
        elif coercion.wants_array:
            _read_array(element, name, written, of_name, found, taken, definitions)
        else:
            child = next((each for each in element.children if each.name == written), None)
            if child is not None:
                taken.add(written)
                found[name] = _value(child, of_name, definitions)
    rest = schemas.keyword(schema, definitions, "additionalProperties")
    for child in element.children:
        if child.name not in taken:
            found.setdefault(child.name, _value(child, rest, definitions))
    return found


def _read_array(
    element: Element,
    name: str,
    written: str,
    schema: Schema,
    found: JsonObject,
    taken: set[str],
    definitions: Definitions,
) -> None:
    if xml_of(schema, definitions).get("wrapped") is True:
        wrapper = next((each for each in element.children if each.name == written), None)
        if wrapper is not None:
            taken.add(written)
            found[name] = _items(wrapper.children, schema, definitions)
        return
    said = xml_of(schemas.items(schema, definitions), definitions).get("name")
    item_name = _local(element_name(str(said or xml_of(schema, definitions).get("name") or name)))
    items = [each for each in element.children if each.name == item_name]
    if items:
        taken.add(item_name)
        found[name] = _items(items, schema, definitions)
