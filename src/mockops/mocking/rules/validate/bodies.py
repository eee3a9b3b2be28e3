"""A body as the JSON value that its schema speaks of, by media type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from xml.parsers import expat

import msgspec

from mockops.core.exchange import MAX_FORM_ESCAPES, NotJson, decode_json
from mockops.mocking.rules.negotiate.accept import is_json, matches
from mockops.mocking.rules.parameters.coerce import Coercion
from mockops.mocking.rules.parameters.styles import (
    decoder,
    query_pairs,
    read_deep,
    read_form,
)
from mockops.mocking.rules.validate.multipart import MalformedMultipart, Part, parse_multipart

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.contracts.model import MediaType
    from mockops.core.exchange import Request
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.parameters.coerce import Raw
    from mockops.mocking.rules.parameters.styles import Pair
    from mockops.mocking.rules.schemas import Definitions

Unset: TypeAlias = msgspec.UnsetType

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_BYTE = re.compile(r"\(byte (\d+)\)|in position (\d+)")
_MAX_XML_ATTRIBUTES = 200_000
"""Attributes are what takes longest to read, and no document has so many; counted by their equals signs."""
_DECODE = decoder(allow_reserved=False)


class MalformedBody(ValueError):
    """The body is not what its media type says."""

    def __init__(self, rule: str, expected: str, actual: str, pointer: str = "") -> None:
        super().__init__(f"the body is not {expected}: {actual}")
        self.rule = rule
        self.expected = expected
        self.actual = actual
        self.pointer = pointer


class BodyReader:
    """Reads the bodies of one declared media type."""

    __slots__ = ("_coercion", "_encoding", "is_checked", "read")

    read: Callable[[Request], Json | Unset]
    """Return the body as a value, UNSET where it has none to check (binary, XML). Raises MalformedBody."""
    is_checked: bool
    """Whether a value comes out that the schema applies to."""

    def __init__(self, media: MediaType, definitions: Definitions, sent: str) -> None:
        self._coercion = Coercion(media.schema, definitions)
        self._encoding: JsonObject = media.encoding
        kind = sent.partition(";")[0].strip().lower()
        # a form has fields: one that is said to be a string or an array says nothing that could be checked
        has_fields = "object" in self._coercion.types
        readers: tuple[tuple[bool, Callable[[Request], Json | Unset]], ...] = (
            (is_json(kind) and "*" not in kind, read_json),
            (kind == FORM and has_fields, self._read_form),
            (kind == MULTIPART and has_fields, self._read_multipart),
            (kind.endswith(("/xml", "+xml")), _check_xml),
            (kind.startswith("text/"), self._read_text),
        )
        self.read = next((reader for fits, reader in readers if fits), _unchecked)
        self.is_checked = self.read not in (_unchecked, _check_xml)

    def _read_text(self, request: Request) -> Json:
        if self._coercion.is_structured and request.body[:1] in (b"{", b"["):
            document = _document(request.body)  # many contracts say text and mean JSON
            if document is not msgspec.UNSET:
                return document
        return self._coercion.value(request.text)

    def _read_form(self, request: Request) -> Json:
        if request.body.count(b"%") > MAX_FORM_ESCAPES:
            raise MalformedBody("form", "a form", f"more than {MAX_FORM_ESCAPES:,} percent-encoded bytes")
        pairs = query_pairs(request.text)
        found: dict[str, Json] = {}
        for name, member in self._coercion.members().items():
            value = self._form_field(name, member, pairs)
            if value is not msgspec.UNSET:
                found[name] = value
        rest: dict[str, Raw] = {}
        for name, text in pairs:
            if name not in found and name.partition("[")[0] not in found:
                _gather(rest, name, _DECODE(text))
        return found | {name: self._coercion.member(name).value(raw) for name, raw in rest.items()}

    def _form_field(self, name: str, member: Coercion, pairs: tuple[Pair, ...]) -> Json | Unset:
        """Read one declared field: by its `encoding`, else in any of the ways in which clients write it."""
        encoding = self._encoding.get(name) or {}
        style = encoding.get("style", "form")
        if member.is_structured and style in {"deepObject", "form"}:
            deep = read_deep(name, [pair for pair in pairs if pair[0] != name], member, _DECODE)
            if deep is not None:
                return member.value(deep)
        plain = next((text for key, text in pairs if key == name), None)
        if plain is None:
            return msgspec.UNSET
        text = _DECODE(plain)
        if is_json(str(encoding.get("contentType") or "text/plain")) or (member.is_structured and text[:1] in "{["):
            document = _document(text.encode())
            if document is not msgspec.UNSET:
                return document
        explode = bool(encoding.get("explode", style == "form"))
        raw = read_form(name, pairs, member, style=style, explode=explode, decode=_DECODE)
        return text if raw is None else member.value(raw)

    def _read_multipart(self, request: Request) -> Json:
        try:
            parts = parse_multipart(request.body, request.header("content-type") or "")
        except MalformedMultipart as error:
            raise MalformedBody("multipart", "multipart/form-data", str(error)) from error
        found: dict[str, Json] = {}
        members = self._coercion.members()
        for part in parts:
            name = part.name if part.name in members else part.name.removesuffix("[]")
            member = self._coercion.member(name)
            self._check_part(part, name)
            if not member.wants_array:
                found[name] = _part_value(part, member)
                continue
            value = _part_value(part, member.items())
            if isinstance(value, list) and name not in found:
                found[name] = value
            else:
                found.setdefault(name, []).append(value)
        return found

    def _check_part(self, part: Part, name: str) -> None:
        declared = (self._encoding.get(name) or {}).get("contentType")
        if not declared or not part.media_type:
            return
        allowed = [each.strip() for each in str(declared).split(",")]
        if not any(matches(each, part.media_type) for each in allowed):
            raise MalformedBody("encoding", f"a part `{name}` of type {declared}", part.media_type, f"/{name}")


def read_json(request: Request) -> Json:
    """Return a JSON body; raises MalformedBody with the byte where it stops being JSON."""
    try:
        return request.json
    except NotJson as error:
        raise MalformedBody("json", "JSON (RFC 8259)", _where(request.body, str(error))) from error


def _where(body: bytes, words: str) -> str:
    """Say in which byte, line and column JSON went wrong, without repeating the body."""
    reason = _BYTE.sub("", words.removeprefix("JSON is malformed: ")).rstrip(" :")
    if "recursion" in words:
        return "nested too deeply"
    if words.startswith("more than"):
        return words
    found = _BYTE.search(words)
    position = int(found.group(1) or found.group(2)) if found else len(body)
    if "codec" in words:
        reason = "not UTF-8"
    before = body[:position]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return f"{reason} at byte {position} (line {line}, column {column})"


def _check_xml(request: Request) -> Unset:
    """See that XML is well-formed; its content is not checked. Entities are refused, so nothing expands."""
    if request.body.count(b"=") > _MAX_XML_ATTRIBUTES:
        raise MalformedBody("xml", "XML that is read", f"more than {_MAX_XML_ATTRIBUTES:,} equals signs")
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(request.body, True)
    except expat.ExpatError as error:
        actual = f"{expat.ErrorString(error.code)} at line {error.lineno}, column {error.offset + 1}"
        raise MalformedBody("xml", "well-formed XML", actual) from error
    return msgspec.UNSET


def _refuse_entity(*_: object) -> None:
    raise MalformedBody("xml", "XML without entity declarations", "an entity declaration")


def _unchecked(_: Request) -> Unset:
    return msgspec.UNSET


def _gather(found: dict[str, Raw], name: str, text: str) -> None:
    earlier = found.get(name)
    if isinstance(earlier, list):
        earlier.append(text)
    else:
        found[name] = text if earlier is None else [earlier, text]


def _document(text: bytes) -> Json | Unset:
    try:
        return decode_json(text)
    except NotJson:
        return msgspec.UNSET


def _part_value(part: Part, member: Coercion) -> Json:
    """Return a part as a value: JSON where it says so or looks so, a file as text of one character a byte."""
    if is_json(part.media_type or "text/plain") or (member.is_structured and part.content[:1] in (b"{", b"[")):
        document = _document(part.content)
        if document is not msgspec.UNSET:
            return document
    if part.filename is not None or (part.media_type and not part.media_type.startswith("text/")):
        return part.content.decode("latin-1")
    return member.value(part.content.decode("utf-8", "replace"))
