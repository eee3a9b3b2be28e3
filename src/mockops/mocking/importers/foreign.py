"""Other tools' files as stubs: one door to every format, and what is written down of each."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec import UNSET

from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign_parts import as_object, as_text, content_type
from mockops.mocking.importers.har import is_har, read_har
from mockops.mocking.importers.media_types import ending_of
from mockops.mocking.importers.mockoon import is_mockoon, read_mockoon
from mockops.mocking.importers.postman import is_postman, read_postman
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.wiremock import is_wiremock, read_wiremock
from mockops.mocking.importers.written import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import Stub, StubResponse

_MAX_TEXT = 4_096
"""Characters of a text that still read well inside a stub file: about a page."""
_MAX_JSON_BYTES = 8_192


class FormatUnknown(Invalid):
    """There is no importer of this format."""

    code: ClassVar[str] = "mocking.format_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What people may choose; only recordings (HAR) look at these so far."""

    hosts: tuple[str, ...] = ()
    """Only exchanges with these hosts; empty: the one with the most."""
    path_prefix: str = ""
    """Only exchanges whose path begins so."""
    include_static: bool = False
    """Whether pages, scripts, styles, images and fonts are kept."""
    redact_emails: bool = False
    """Whether e-mail addresses are replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file of another tool became."""

    stubs: list[Stub]
    """Of equal priorities the last is tried first."""
    documents: list[JsonObject]
    """The stubs in the same order as people write them, each with its id; large and binary bodies under `file`."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Content of these bodies by the name under `file`."""
    diagnostics: list[Diagnostic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One foreign format."""

    title: str
    """As people call it."""
    is_one: Callable[[Json], bool]
    """Whether a parsed document is of this format."""
    read: Callable[[Source, Callable[[str], bytes], ImportOptions], tuple[list[Stub], list[Diagnostic]]]
    name_of: Callable[[Json], str]
    """What a document calls itself; empty: nothing."""


def _read_recording(
    document: Source, read_file: Callable[[str], bytes], options: ImportOptions
) -> tuple[list[Stub], list[Diagnostic]]:
    return read_har(
        document,
        read_file=read_file,
        hosts=options.hosts,
        path_prefix=options.path_prefix,
        include_static=options.include_static,
        redact_emails=options.redact_emails,
    )


def _collection_name(data: Json) -> str:
    inner = as_object(as_object(data).get("collection")) or as_object(data)
    return as_text(as_object(inner.get("info")).get("name"))


FORMATS: dict[str, Format] = {
    "wiremock": Format(
        title="WireMock mappings",
        is_one=is_wiremock,
        read=lambda document, read_file, _: read_wiremock(document, read_file=read_file),
        name_of=lambda _: "",
    ),
    "postman": Format(
        title="Postman collection",
        is_one=is_postman,
        read=lambda document, read_file, _: read_postman(document, read_file=read_file),
        name_of=_collection_name,
    ),
    "har": Format(title="HTTP archive", is_one=is_har, read=_read_recording, name_of=lambda _: ""),
    "mockoon": Format(
        title="Mockoon environment",
        is_one=is_mockoon,
        read=lambda document, read_file, _: read_mockoon(document, read_file=read_file),
        name_of=lambda data: as_text(as_object(data).get("name")),
    ),
}
"""By the name that commands and the API use."""


def detect_format(data: Json) -> str | None:
    """Return the name of the format that a parsed document is of; None: none of ours."""
    return next((name for name, each in FORMATS.items() if each.is_one(data)), None)


def read_foreign(
    format: str, document: Source, *, read_file: Callable[[str], bytes], options: ImportOptions | None = None
) -> Imported:
    """Read a file of another tool.

    Args:
        format: A name in `FORMATS`.
        document: The file, parsed.
        read_file: Returns the content of a file that it refers to, by relative name; raises Invalid or OSError.
        options: What to choose of it.

    Raises:
        FormatUnknown: There is no such format.

    """
    found = FORMATS.get(format)
    if found is None:
        raise FormatUnknown(f"there is no format {format!r}; there are {', '.join(FORMATS)}")
    stubs, diagnostics = found.read(_clean(document), read_file, options or ImportOptions())
    files: dict[str, bytes] = {}
    names: dict[tuple[bytes, str], str] = {}
    kept, documents = [], []
    for stub in stubs:
        inline, filed = _split(stub, files, names)
        kept.append(inline)
        documents.append(written(filed))
    return Imported(stubs=kept, documents=documents, files=files, diagnostics=diagnostics)


def _clean(document: Source) -> Source:
    """Return a document whose texts can all be written: half a surrogate pair, which JSON allows, is replaced."""
    try:
        msgspec.json.encode(document.data)
    except UnicodeEncodeError:
        text = json.dumps(document.data, ensure_ascii=False).encode("utf-8", "replace")
        return Plain(msgspec.json.decode(text), document.source)
    return document


def _split(stub: Stub, files: dict[str, bytes], names: dict[tuple[bytes, str], str]) -> tuple[Stub, Stub]:
    """Return a stub as it is used, and as it is written: a body that would swamp a stub file is a file of its own."""
    respond = stub.respond
    content = _large(respond)
    if content is None:
        return stub, stub
    headers = dict(respond.headers)
    if not content_type(headers):
        headers["Content-Type"] = _implied_type(respond)
    ending = ending_of(content_type(headers))
    name = names.get((content, ending))
    if name is None:
        name = names[content, ending] = _free_name(stub.id, ending, files)
        files[name] = content
    bodiless = msgspec.structs.replace(respond, headers=headers, json=UNSET, text=UNSET, base64=UNSET)
    filed = msgspec.structs.replace(bodiless, file=name)
    if respond.base64 is not UNSET:
        inline = msgspec.structs.replace(bodiless, base64=respond.base64)
    else:
        inline = msgspec.structs.replace(bodiless, text=content.decode("utf-8"))
    return msgspec.structs.replace(stub, respond=inline), msgspec.structs.replace(stub, respond=filed)


def _large(respond: StubResponse) -> bytes | None:
    """Return a body's content where it is too large, or of no text, to stand in a stub file."""
    if respond.base64 is not UNSET:
        content = b64decode(respond.base64)
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return content
        return None  # it would be read as text, so it stays as it is
    if respond.text is not UNSET:
        return respond.text.encode("utf-8", "replace") if len(respond.text) > _MAX_TEXT else None
    if respond.json is not UNSET and not respond.template:
        encoded = msgspec.json.encode(respond.json)
        return msgspec.json.format(encoded, indent=2) if len(encoded) > _MAX_JSON_BYTES else None
    return None


def _implied_type(respond: StubResponse) -> str:
    """Return the Content-Type that is sent without a header for it."""
    if respond.json is not UNSET:
        return "application/json"
    return "text/plain; charset=utf-8" if respond.text is not UNSET else "application/octet-stream"


def _free_name(stem: str, ending: str, taken: dict[str, bytes]) -> str:
    safe = (
        "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem).lstrip(".")[:100] or "body"
    )
    name, number = f"{safe}.{ending}", 1
    while name in taken:
        number += 1
        name = f"{safe}-{number}.{ending}"
    return name
