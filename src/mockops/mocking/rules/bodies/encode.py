"""A JSON value as bytes of a media type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.rules.bodies.binary import file_of
from mockops.mocking.rules.bodies.forms import BOUNDARY, encode_form, encode_multipart
from mockops.mocking.rules.bodies.lines import encode_csv, encode_events, encode_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.contracts.model import MediaType
    from mockops.core.json import Json, JsonObject

__all__ = ["BOUNDARY", "content_type_for", "encode"]

_LINES = frozenset(("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"))
_LINES_TOO = frozenset(("application/jsonlines", "application/stream+json", "application/x-json-stream", "text/jsonl"))
_SEQUENCES = frozenset(("application/json-seq", "application/geo+json-seq"))


def encode(
    value: Json,
    content_type: str,
    media: MediaType | None = None,
    definitions: Mapping[str, JsonObject | bool] | None = None,
) -> bytes:
    """Return a value as the bytes of a media type; what has no form of its own there goes as JSON.

    Args:
        value: The value; for a binary media type a text is taken as the content itself.
        content_type: The media type to send, parameters allowed; multipart takes its `boundary` from there.
        media: What the contract declares: the `xml` of its schema, the `encoding` of its form fields.
        definitions: What the schema's references refer to.

    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if is_json(kind):
        return encode_json(value)
    if kind in _LINES or kind in _LINES_TOO:
        return encode_lines(value)
    if kind in _SEQUENCES:
        return encode_lines(value, lead=b"\x1e")
    schema = media.schema if media is not None else None
    if is_xml(kind):
        from mockops.mocking.rules.bodies.xml_write import write_xml  # noqa: PLC0415 (few mocks answer XML)

        return write_xml(value, schema, definitions or {})
    encoding = media.encoding if media is not None else {}
    if kind == "application/x-www-form-urlencoded":
        return encode_form(value, encoding)
    if kind.startswith("multipart/"):
        return encode_multipart(value, encoding, schema, definitions or {}, boundary=_boundary(parameters))
    return _encode_other(value, kind)


def _encode_other(value: Json, kind: str) -> bytes:
    if kind == "text/event-stream":
        return encode_events(value)
    if kind in ("text/csv", "application/csv", "text/tab-separated-values"):
        return encode_csv(value, delimiter="\t" if "tab" in kind else ",")
    if kind.startswith("text/") or kind in ("*/*", ""):
        return as_text(value).encode()
    return file_of(value, kind)


def content_type_for(media_type: str) -> str:
    """Return the Content-Type to send for a declared media type: concrete, with a boundary where one is needed."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in ("", "*/*", "application/*"):
        return "application/json"
    if kind.endswith("/*"):
        return {"text": "text/plain", "image": "image/png", "audio": "audio/wav"}.get(
            kind[:-2], "application/octet-stream"
        )
    if kind.startswith("multipart/") and "boundary" not in media_type:
        return f"{kind}; boundary={BOUNDARY}"
    return media_type


def is_json(kind: str) -> bool:
    """Tell whether a media type (lower case, without parameters) is JSON (RFC 6839 section 3.1)."""
    return kind in ("application/json", "text/json", "*/*", "application/*") or kind.endswith(("+json", "/json"))


def is_xml(kind: str) -> bool:
    """Tell whether a media type is XML (RFC 7303) and no picture."""
    return kind in ("application/xml", "text/xml") or (kind.endswith("+xml") and not kind.startswith("image/"))


def encode_json(value: Json) -> bytes:
    """Return a value as JSON; whole numbers of any size."""
    try:
        return msgspec.json.encode(value)
    except OverflowError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def as_text(value: Json) -> str:
    """Return a value as plain text: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else encode_json(value).decode()


def _boundary(parameters: str) -> str:
    for piece in parameters.split(";"):
        name, _, text = piece.strip().partition("=")
        if name.lower() == "boundary" and text:
            return text.strip('"')
    return BOUNDARY
