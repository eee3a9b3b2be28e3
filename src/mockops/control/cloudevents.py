"""CloudEvents as they come in over HTTP (HTTP protocol binding 1.0.2), in all three modes; every fault is named."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote_to_bytes

import msgspec

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.errors import Invalid
from mockops.core.events import MAX_DEPTH, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockops.core.json import Json, JsonObject

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_EVENTS = 1_000
MAX_EVENT_BYTES = 1 << 20
_MAX_NAME = 255
_MAX_TEXT = 2_000
_MAX_EXTENSIONS = 50
_CODE = "events.attribute_invalid"
_NAME = re.compile(r"[a-z0-9]{1,255}")
_SOURCE = re.compile(r"[^\s<>\"{}|\\^`\x00-\x1f\x7f]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REQUIRED = ("specversion", "id", "source", "type")
_KNOWN = frozenset({*_REQUIRED, "subject", "time", "datacontenttype", "dataschema", "data", "data_base64"})
_OURS = frozenset({"org", "actor", "sequence", "workspaceid"})
"""Extension attributes that MockOps sets itself."""
OWN_SOURCES = "/orgs/"
"""Sources below this are MockOps' own."""

OWN_TYPES = frozenset(
    {
        "schema.changed",
        "scenario.published",
        "scenario.activated",
        "persona.published",
        "config.changed",
        "workspace.created",
        "drift.threshold_exceeded",
        "drift.incident_changed",
        "drift.recovered",
        "promotion.requested",
        "promotion.completed",
        "reality.changed",
        "ci_run.completed",
        "coverage.threshold_missed",
        "pipeline.triggered",
        "pipeline.completed",
        "pipeline.failed",
        "pipeline.cancelled",
    }
)
"""Types that only MockOps announces, whether their slices are loaded or not."""


class EventInvalid(Invalid):
    """A CloudEvent is not one."""

    code: ClassVar[str] = "events.invalid"


class EventMalformed(Invalid):
    """A body is not in the form that its Content-Type promises."""

    code: ClassVar[str] = "events.malformed"
    status: ClassVar[int] = 400


class MediaTypeUnknown(Invalid):
    """A request is in none of the modes of the HTTP binding."""

    code: ClassVar[str] = "events.media_type_unknown"
    status: ClassVar[int] = 415


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An event from outside, checked."""

    id: str
    source: str
    type: str
    time: datetime | None
    subject: str
    workspace: str
    """Name or id of the workspace it is about; empty: none."""
    dataschema: str
    datacontenttype: str
    data: Json
    extensions: JsonObject
    causation_id: str
    depth: int


def read_events(content_type: str, headers: Iterable[tuple[str, str]], body: bytes) -> list[Incoming]:
    """Return the events of a request.

    Args:
        content_type: The header, as sent.
        headers: All headers, with names in lower case.
        body: The whole body.

    Raises:
        MediaTypeUnknown: It is neither structured nor batched, and has no `ce-` headers.
        EventMalformed: The body is no JSON, or not of the right form.
        EventInvalid: Attributes are wrong; every fault with its place.

    """
    media_type = content_type.partition(";")[0].strip().lower()
    attributes = {name[3:]: value for name, value in headers if name.startswith("ce-")}
    if media_type == STRUCTURED:
        documents, is_batch = [_object(_json(body), "")], False
    elif media_type == BATCH:
        found = _json(body)
        if not isinstance(found, list):
            raise EventMalformed("A batch is a JSON array of events.")
        if len(found) > MAX_EVENTS:
            raise EventMalformed(f"A batch has at most {MAX_EVENTS:,} events; this one has {len(found):,}.")
        documents, is_batch = [_object(each, f"/{at}") for at, each in enumerate(found)], True
    elif media_type.startswith("application/cloudevents"):
        raise MediaTypeUnknown(f"{media_type} is not understood: send {STRUCTURED} or {BATCH}.")
    elif attributes:
        documents, is_batch = [_binary(attributes, content_type.strip(), body)], False
    else:
        raise MediaTypeUnknown(f"Send {STRUCTURED}, {BATCH}, or an event's attributes in headers: ce-id, ce-type …")
    problems: list[Diagnostic] = []
    events = [_Reader(document, (at,) if is_batch else (), problems).read() for at, document in enumerate(documents)]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise EventInvalid(f"{problems[0].pointer or 'the event'}: {problems[0].message}{more}", problems)
    return [event for event in events if event is not None]


def _json(body: bytes) -> Json:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventMalformed(f"The body is no JSON: {error}") from error


def _object(value: Json, where: str) -> JsonObject:
    if not isinstance(value, dict):
        raise EventMalformed(f"{where or 'The body'}: an event is a JSON object.")
    return value


def _binary(attributes: Mapping[str, str], content_type: str, body: bytes) -> JsonObject:
    """Return an event in binary mode as if it were structured (HTTP binding, section 3.1)."""
    document: JsonObject = {name: _decoded(name, value) for name, value in attributes.items()}
    if "datacontenttype" in document or "data" in document:
        raise EventMalformed("In binary mode Content-Type is `datacontenttype`, and the body is the data.")
    if content_type:
        document["datacontenttype"] = content_type
    if not body:
        return document
    if not content_type or is_json(content_type):
        document["data"] = _json(body)
    else:
        document |= _as_text_or_base64(content_type, body)
    return document


def _as_text_or_base64(content_type: str, body: bytes) -> JsonObject:
    if content_type.lower().startswith("text/") and "charset" not in content_type.lower().replace("charset=utf-8", ""):
        try:
            return {"data": body.decode()}
        except UnicodeDecodeError:
            pass  # kept as bytes
    return {"data_base64": base64.b64encode(body).decode()}


def _decoded(name: str, value: str) -> str:
    """Return a header's value as text (HTTP binding, section 3.1.3.2): percent-encoded UTF-8, quotes left out."""
    raw = value.encode("latin-1", "replace").decode("ascii", "replace")
    if len(raw) > 1 and raw[0] == raw[-1] == '"':
        raw = re.sub(r"\\(.)", r"\1", raw[1:-1])
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise EventMalformed(f"ce-{name} is not percent-encoded UTF-8.") from error


def is_json(content_type: str) -> bool:
    """Say whether a media type is JSON (JSON format, section 3.1)."""
    subtype = content_type.partition(";")[0].strip().lower().rpartition("/")[2]
    return subtype == "json" or subtype.endswith("+json")


class _Reader:
    """Reads one event and notes what is wrong with it."""

    def __init__(self, document: JsonObject, tokens: tuple[int, ...], problems: list[Diagnostic]) -> None:
        self._document = document
        self._tokens = tokens
        self._problems = problems

    def _complain(self, name: str, message: str, hint: str = "") -> None:
        where = pointer(*self._tokens, *([name] if name else []))
        self._problems.append(Diagnostic(code=_CODE, message=message, source="event", pointer=where, hint=hint))

    def _text(self, name: str, *, is_required: bool = False, most: int = _MAX_TEXT) -> str:
        value = self._document.get(name)
        if value is None:
            if is_required:
                self._complain(name, f"the attribute {name!r} is missing")
            return ""
        if not isinstance(value, str) or not value:
            self._complain(name, f"{name!r} is a text that is not empty")
            return ""
        if len(value) > most:
            self._complain(name, f"{name!r} has more than {most:,} characters")
            return ""
        if _CONTROL.search(value):
            self._complain(name, f"{name!r} holds characters that attributes may not have")
            return ""
        return value

    def read(self) -> Incoming | None:
        """Return the event; None when something is wrong with it."""
        before = len(self._problems)
        self._check_names()
        version = self._text("specversion", is_required=True)
        if version and version != "1.0":
            self._complain("specversion", f"{version!r} is not understood", "send CloudEvents 1.0")
        content_type = self._text("datacontenttype") or "application/json"
        data, extra = self._data(content_type)
        depth = self._depth()
        event = Incoming(
            id=self._text("id", is_required=True, most=_MAX_NAME),
            source=self._source(),
            type=self._type(),
            time=self._time(),
            subject=self._text("subject"),
            workspace=self._text("workspace", most=_MAX_NAME),
            dataschema=self._text("dataschema"),
            datacontenttype=content_type[:_MAX_NAME],
            data=data,
            extensions=self._extensions() | extra,
            causation_id=self._text("causationid", most=_MAX_NAME),
            depth=depth,
        )
        return event if len(self._problems) == before else None

    def _check_names(self) -> None:
        for name in self._document:
            if name in _OURS:
                self._complain(name, f"{name!r} is set by MockOps", "leave it out")
            elif name not in _KNOWN and _NAME.fullmatch(name) is None:
                self._complain(
                    name, f"{name[:80]!r} cannot name an attribute: lower-case letters and digits may be in it"
                )
        if len(self._document) > _MAX_EXTENSIONS:
            self._complain("", f"an event has at most {_MAX_EXTENSIONS} attributes")
        if len(msgspec.json.encode(self._document)) > MAX_EVENT_BYTES:
            self._complain("", f"an event has at most {MAX_EVENT_BYTES:,} bytes")

    def _source(self) -> str:
        value = self._text("source", is_required=True)
        if value and _SOURCE.fullmatch(value) is None:
            self._complain("source", f"{value[:80]!r} is no URI reference (RFC 3986)")
        elif value.startswith(OWN_SOURCES):
            self._complain("source", f"{value[:80]!r} is a source of MockOps", "name your own: `/ci/nightly`")
        return value

    def _type(self) -> str:
        value = self._text("type", is_required=True, most=_MAX_NAME)
        if value and is_own(value):
            hint = "choose a type of your own: `com.example.order.created`"
            self._complain("type", f"{value!r} is announced by MockOps alone", hint)
        return value

    def _time(self) -> datetime | None:
        value = self._text("time")
        if not value:
            return None
        try:
            if _TIME.fullmatch(value) is None:
                raise ValueError(value)  # noqa: TRY301 (fromisoformat takes more than RFC 3339)
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self._complain("time", f"{value[:80]!r} is no RFC 3339 timestamp", "like 2026-03-02T12:00:00Z")
        return None

    def _depth(self) -> int:
        value = self._document.get("depth", 0)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4:
            value = int(value)  # as headers have it
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._complain("depth", "'depth' is a whole number, 0 or more")
            return 0
        if value > MAX_DEPTH:
            self._complain("depth", f"{value} events led to this one: more than {MAX_DEPTH} are taken for a loop")
        return value

    def _data(self, content_type: str) -> tuple[Json, JsonObject]:
        document = self._document
        if "data_base64" not in document:
            return document.get("data"), {}
        value = document["data_base64"]
        if "data" in document:
            self._complain("data_base64", "an event has either `data` or `data_base64`")
        if not isinstance(value, str):
            self._complain("data_base64", "`data_base64` is a text in Base64 (RFC 4648 section 4)")
            return None, {}
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self._complain("data_base64", "`data_base64` is no Base64 (RFC 4648 section 4)")
            return None, {}
        if is_json(content_type):
            try:
                return msgspec.json.decode(content), {}
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._complain("data_base64", f"the data is not {content_type[:80]}, as `datacontenttype` says")
        return None, {"data_base64": value}

    def _extensions(self) -> JsonObject:
        found: JsonObject = {}
        for name, value in self._document.items():
            if name in _KNOWN or name in ("workspace", "causationid", "depth") or value is None:
                continue
            if isinstance(value, str):
                found[name] = self._text(name) if value else ""
            elif isinstance(value, bool) or (isinstance(value, int) and -(2**31) <= value < 2**31):
                found[name] = value
            else:
                self._complain(name, f"{name[:80]!r} is a text, a boolean or a 32-bit integer")
        return found


def is_own(kind: str) -> bool:
    """Say whether MockOps alone may announce events of a type."""
    return kind in OWN_TYPES or kind.startswith("mockops.") or kind in {each.type for each in _kinds(Event)}


def _kinds(kind: type[Event]) -> Iterable[type[Event]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)
