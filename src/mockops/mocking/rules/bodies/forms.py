"""Form bodies: URL-encoded, and in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import msgspec

from mockops.mocking.rules import schemas
from mockops.mocking.rules.bodies.binary import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

BOUNDARY = "mockops-0b9d4c5e7f2a41d8"
"""What parts are kept apart by unless the Content-Type says otherwise."""

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "form": ","}
_MAX_DEPTH = 12


def scalar(value: Json) -> str:
    """Return a value as one form field's text; what has parts goes as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def encode_form(value: Json, encoding: JsonObject) -> bytes:
    """Return `application/x-www-form-urlencoded` (WHATWG URL section 5), fields by their `encoding`."""
    if not isinstance(value, dict):
        return scalar(value).encode()
    pairs = [pair for name, field in value.items() for pair in _fields(name, field, encoding.get(name))]
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in pairs).encode()


def _fields(name: str, value: Json, encoding: Json) -> Iterator[tuple[str, str]]:
    said = encoding if isinstance(encoding, dict) else {}
    style = str(said.get("style", "form"))
    if "json" in str(said.get("contentType", "")):
        yield name, msgspec.json.encode(value).decode()
    elif isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        if style == "form" and said.get("explode", True):
            yield from ((name, scalar(item)) for item in value)
        else:
            yield name, _DELIMITERS.get(style, ",").join(scalar(item) for item in value)
    elif isinstance(value, list | dict):
        yield from nested(name, value)
    else:
        yield name, scalar(value)


def nested(name: str, value: Json, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the fields of a value with parts as they are widely written: `a[b][0]=1` (style `deepObject`)."""
    if depth >= _MAX_DEPTH or not isinstance(value, list | dict):
        yield name, scalar(value)
        return
    members = value.items() if isinstance(value, dict) else ((str(i), item) for i, item in enumerate(value))
    for key, item in members:
        yield from nested(f"{name}[{key}]", item, depth + 1)


def encode_multipart(
    value: Json, encoding: JsonObject, schema: Schema, definitions: Definitions, *, boundary: str = BOUNDARY
) -> bytes:
    """Return a multipart body (RFC 7578): a part for each field, and for each item of one that is an array."""
    fields: Mapping[str, Json] = value if isinstance(value, dict) else {"body": value}
    known = schemas.properties(schema, definitions)
    body = b""
    for name, field in fields.items():
        inner = known.get(name)
        items = field if isinstance(field, list) else [field]
        of_item = schemas.items(inner, definitions) if isinstance(field, list) else inner
        for item in items:
            body += b"--%s\r\n%s\r\n" % (boundary.encode(), _part(name, item, encoding.get(name), of_item, definitions))
    return body + b"--%s--\r\n" % boundary.encode()


def _part(name: str, value: Json, encoding: Json, schema: Schema, definitions: Definitions) -> bytes:
    said = str(encoding.get("contentType", "")) if isinstance(encoding, dict) else ""
    kind = said.partition(",")[0].strip()
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    disposition = f'form-data; name="{quoted}"'
    is_file = isinstance(value, str) and schemas.keyword(schema, definitions, "format") in ("binary", "byte")
    is_file = is_file or kind.startswith(("image/", "audio/", "video/")) or kind == "application/octet-stream"
    if is_file:
        kind = "application/octet-stream" if not kind or kind.endswith("/*") else kind
        disposition += '; filename="file"'
        content = file_of(value, kind)
    elif isinstance(value, dict | list) or "json" in kind:
        kind = kind or "application/json"
        content = msgspec.json.encode(value)
    else:
        content = scalar(value).encode()
    head = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
    return head.encode() + b"\r\n" + content
