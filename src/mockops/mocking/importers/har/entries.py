"""The entries of a recording: which are worth a stub, and what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mockops.mocking.importers.foreign_parts import (
    as_list,
    as_object,
    as_status,
    as_text,
    body_of,
    content_type,
    is_json_type,
    kept_headers,
    literal_path,
    parsed_json,
)
from mockops.mocking.importers.har.content import BodyLost, read_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.foreign_parts import Tokens
    from mockops.mocking.importers.har.redaction import Redactor

_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_STATIC_KINDS = frozenset(
    {
        "document",
        "stylesheet",
        "image",
        "media",
        "font",
        "script",
        "texttrack",
        "manifest",
        "ping",
        "cspviolationreport",
    }
)
_API_KINDS = frozenset({"xhr", "fetch", "eventsource"})
_STATIC_TYPES = re.compile(
    r"text/(?:html|css|javascript|ecmascript)|application/(?:x-)?(?:javascript|ecmascript|wasm|font\S*|manifest\+json"
    r"|vnd\.ms-fontobject)|application/xhtml\+xml|(?:image|font|audio|video)/\S+"
)
_STATIC_PATH = re.compile(
    r"\.(?:m?js|css|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm|html?|wasm)$", re.IGNORECASE
)
_CACHE_BUSTERS = frozenset({"_", "_t", "_ts", "cb", "cachebuster", "cache_buster", "nocache", "t", "ts", "timestamp"})
_LEFT_OUT_HEADERS = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
        "age",
        "cf-cache-status",
        "cf-ray",
        "content-security-policy",
        "content-security-policy-report-only",
        "expect-ct",
        "nel",
        "permissions-policy",
        "report-to",
        "server",
        "server-timing",
        "strict-transport-security",
        "via",
        "x-cache",
        "x-cache-hits",
        "x-powered-by",
        "x-served-by",
        "x-timer",
    }
)
"""What the way says, not the answer; CORS is the gateway's to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a recorded request went, as far as choosing among entries looks at it."""

    at: int
    host: str
    path: str
    query: str
    method: str
    status: int
    entry: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One exchange, redacted."""

    tokens: Tokens
    host: str
    method: str
    path: str
    """A path template."""
    query: dict[str, str]
    body: JsonObject | None
    """A body matcher for what was sent; None: nothing."""
    respond: JsonObject = field(default_factory=dict)

    @property
    def question(self) -> bytes:
        """What was asked, but for the body."""
        return msgspec.json.encode((self.method, self.path, self.query), order="sorted")


def place_of(entry: Json, at: int, *, include_static: bool) -> Place | str:
    """Return where an entry went, or in words why it is no stub."""
    data = as_object(entry)
    request, response = as_object(data.get("request")), as_object(data.get("response"))
    if not request or not response:
        return "entr{ies} without request or response"
    url = as_text(request.get("url"))
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return "entr{ies} whose URL cannot be read"
    if parts.scheme.lower() in ("ws", "wss") or as_text(data.get("_resourceType")) == "websocket":
        return "WebSocket connection{s}"
    if parts.scheme.lower() not in ("http", "https") or not host:
        return "entr{ies} that are no HTTP (data:, blob:, extensions)"
    method = as_text(request.get("method")).upper()
    status = as_status(response.get("status"))
    if not _METHOD.fullmatch(method):
        return "entr{ies} without a method of HTTP"
    if status is None:
        return "failed or cancelled request{s} without an answer"
    reason = _unwanted(data, parts.path, method, status, include_static=include_static)
    return reason or Place(
        at=at, host=host, path=parts.path or "/", query=parts.query, method=method, status=status, entry=data
    )


def _unwanted(entry: JsonObject, path: str, method: str, status: int, *, include_static: bool) -> str:
    if status < 200:
        return "WebSocket connection{s}" if status == 101 else "interim answer{s}"
    if method in ("OPTIONS", "CONNECT", "TRACE"):
        return (
            f"{method} request{{s}} (CORS is answered by the gateway)"
            if method == "OPTIONS"
            else "CONNECT or TRACE request{s}"
        )
    if status == 304:
        return "answer{s} from the browser's cache (304; record with the cache disabled)"
    if not include_static and _is_static(entry, path):
        return "static file{s} (pages, scripts, styles, images, fonts)"
    return ""


def _is_static(entry: JsonObject, path: str) -> bool:
    """Whether an entry is part of a web page rather than of an API: by what the browser says, else by type and name."""
    kind = as_text(entry.get("_resourceType")).lower()
    if kind in _API_KINDS:
        return False
    if kind in _STATIC_KINDS:
        return True
    content = as_object(as_object(entry["response"]).get("content"))
    media_type = as_text(content.get("mimeType")).partition(";")[0].strip().lower()
    return bool(_STATIC_TYPES.fullmatch(media_type) or _STATIC_PATH.search(path))


def read_entry(place: Place, redactor: Redactor, read_file: Callable[[str], bytes]) -> Recorded:
    """Return an exchange without its secrets.

    Raises:
        BodyLost: The recording does not hold the answer's body.

    """
    response = as_object(place.entry["response"])
    fields = _fields(response.get("headers"))
    encodings = ", ".join(value for name, value in fields if name.lower() == "content-encoding")
    content = as_object(response.get("content"))
    body = b"" if place.method == "HEAD" else read_content(content, encodings, read_file)
    headers = kept_headers(((name, redactor.header(name, value)) for name, value in fields), dropped=_LEFT_OUT_HEADERS)
    if not body or content_type(headers) == "x-unknown":
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if body and not content_type(headers) and as_text(content.get("mimeType")) not in ("", "x-unknown"):
        headers["Content-Type"] = as_text(content.get("mimeType"))
    body_keys = body_of(redactor.body(body, content_type(headers)), headers, place.status)
    respond: JsonObject = {"status": place.status, **({"headers": headers} if headers else {}), **body_keys}
    return Recorded(
        tokens=("log", "entries", place.at),
        host=place.host,
        method=place.method,
        path=_path(place.path, redactor),
        query=_query(place.query, redactor),
        body=_sent(as_object(place.entry["request"]), redactor),
        respond=respond,
    )


def _path(path: str, redactor: Redactor) -> str:
    """Return a path as a template; a segment that is a credential becomes a parameter."""
    segments, secrets = [], 0
    for segment in path.split("/"):
        if redactor.text(segment) == segment:
            segments.append(literal_path(segment))
        else:
            secrets += 1
            segments.append(f"{{secret{secrets}}}")
    found = "/".join(segments)
    return found if found.startswith("/") else "/" + found


def _query(query: str, redactor: Redactor) -> dict[str, str]:
    """Return the parameters to match: the first of each name, no secrets, nothing that only keeps caches away."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        is_buster = name.lower() in _CACHE_BUSTERS and value.isdecimal() and len(value) >= 10
        if not is_buster and not redactor.is_secret(name, value):
            found.setdefault(name, value)
    return found


def _sent(request: JsonObject, redactor: Redactor) -> JsonObject | None:
    """Return a matcher of the body that was sent, without what is secret in it."""
    data = as_object(request.get("postData"))
    media_type = as_text(data.get("mimeType")).partition(";")[0].strip().lower()
    text = as_text(data.get("text"))
    fields = [
        (as_text(each.get("name")), as_text(each.get("value"))) for each in map(as_object, as_list(data.get("params")))
    ]
    if media_type == "application/x-www-form-urlencoded" or (fields and not text and "multipart" not in media_type):
        pairs = fields or parse_qsl(text, keep_blank_values=True)
        form = {name: value for name, value in pairs if name and not redactor.is_secret(name, value)}
        return {"form": form} if form else None
    if not text or media_type.startswith("multipart/"):
        return None  # a boundary is drawn anew for each request
    value = parsed_json(text) if is_json_type(media_type) or text.lstrip()[:1] in ("{", "[") else msgspec.UNSET
    if value is msgspec.UNSET:
        return {"equals": text} if redactor.text(text) == text else None
    kept = redactor.without_secrets(value)
    if kept is msgspec.UNSET:
        return None
    return {"equals": value} if kept == value else {"json_subset": kept}


def _fields(given: Json) -> list[tuple[str, str]]:
    """Return header fields; some recorders join repeated ones with line breaks."""
    fields = []
    for each in map(as_object, as_list(given)):
        fields += [(as_text(each.get("name")), line) for line in as_text(each.get("value")).split("\n")]
    return fields


__all__ = ["BodyLost", "Place", "Recorded", "place_of", "read_entry"]
