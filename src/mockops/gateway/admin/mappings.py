"""Stubs and exchanges in WireMock's words."""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid
from mockops.gateway.admin.added import compact, key_of
from mockops.gateway.admin.redact import join_fields, secrets_of
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.wiremock import read_wiremock
from mockops.mocking.model import RequestMatch, Stub, StubInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.gateway.admin.desk import Desk
    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.target import Target

_SOURCE = "api"
_PLACES = (
    ("path", "urlPathTemplate"),
    ("path_regex", "urlPathPattern"),
    ("url", "url"),
    ("url_regex", "urlPattern"),
)


def read_mapping(mapping: JsonObject) -> Stub:
    """Return the stub that a WireMock mapping stands for.

    Raises:
        StubInvalid: It cannot be used; diagnostics say what WireMock's words have no counterpart here.

    """
    stubs, found = read_wiremock(Plain(mapping, _SOURCE), read_file=_no_files)
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors or len(stubs) != 1:
        words = "; ".join(each.message for each in errors) or "The mapping holds no stub."
        raise StubInvalid(words, errors)
    return stubs[0]


def read_pattern(pattern: Json) -> RequestMatch:
    """Return the match that a WireMock request pattern stands for.

    Raises:
        StubInvalid: It cannot be used.

    """
    if not isinstance(pattern, dict):
        raise StubInvalid("A request pattern is an object.")
    known = (
        {**pattern}
        if {"url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate"} & pattern.keys()
        else {
            **pattern,
            "urlPattern": ".*",
        }
    )
    return read_mapping({"id": _STAND_IN, "request": known, "response": {"status": 200}}).match


_STAND_IN = "00000000-0000-4000-8000-000000000000"


def mapping_id(stub_id: str) -> str:
    """Return a stub's id as WireMock's clients read it, a UUID: its own, or one made from it."""
    try:
        return str(uuid.UUID(stub_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mockops:stub:{stub_id}"))


def show_mapping(desk: Desk, target: Target, stub: Stub) -> JsonObject:
    """Return a stub as a WireMock mapping: as it was sent, else as near as WireMock's words come."""
    original = desk.originals.get(key_of(target, stub.id))
    if original is not None:
        return original
    shown = mapping_id(stub.id)
    mapping: JsonObject = {"id": shown, "uuid": shown, "response": _response(stub)}
    mapping["request"] = _pattern(stub.match, target.mock.stubs.operations)
    if stub.name:
        mapping["name"] = stub.name
    mapping["priority"] = stub.priority
    mapping["metadata"] = {"mockops": compact(stub)}
    return mapping


def _pattern(match: RequestMatch, operations: Mapping[str, str]) -> JsonObject:
    method, path = match.method, match.path
    if match.operation:
        verb, _, rest = operations.get(match.operation, match.operation).partition(" ")
        method, path = (verb, rest.partition("?")[0]) if rest else (method, path)
    pattern: JsonObject = {"method": method or "ANY"}
    for name, word in _PLACES:
        value = path if name == "path" else getattr(match, name)
        if value:
            pattern[word] = value
    if len(pattern) == 1:
        pattern["urlPattern"] = ".*"
    return pattern


def _response(stub: Stub) -> JsonObject:
    written = compact(stub.respond)
    response: JsonObject = {"status": written.get("status", 200)}
    for name, word in (("headers", "headers"), ("json", "jsonBody"), ("text", "body"), ("base64", "base64Body")):
        if name in written:
            response[word] = written[name]
    return response


def logged_request(exchange: Exchange, desk: Desk) -> JsonObject:
    """Return an exchange's request as WireMock logs it; secrets masked."""
    request = exchange.request
    secrets = secrets_of(exchange, desk.gateway)
    query = f"?{request.query_string}" if request.query_string else ""
    host = request.header("host") or "localhost"
    url = secrets.url(request.path + query)
    body = secrets.body(request.body, request.media_type)
    values: dict[str, list[str]] = {}
    for name, value in request.query:
        values.setdefault(name, []).append(secrets.query_value(name, value))
    return {
        "url": url,
        "absoluteUrl": f"http://{host}{secrets.url(exchange.url)}",
        "method": request.method,
        "headers": join_fields((name, secrets.header(name, value)) for name, value in request.headers),
        "cookies": dict.fromkeys(request.cookies, "***"),
        "queryParams": {name: {"key": name, "values": each} for name, each in values.items()},
        "body": body.decode("utf-8", "replace"),
        "bodyAsBase64": b64encode(body).decode(),
        "loggedDate": int(exchange.at.timestamp() * 1000),
        "loggedDateString": exchange.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def serve_event(exchange: Exchange, desk: Desk) -> JsonObject:
    """Return an exchange as WireMock's journal shows it."""
    secrets = secrets_of(exchange, desk.gateway)
    headers = join_fields((name, secrets.header(name, value)) for name, value in exchange.response_headers)
    return {
        "id": event_id(exchange),
        "request": logged_request(exchange, desk),
        "responseDefinition": {"status": exchange.status, "headers": headers},
        "response": {"status": exchange.status, "headers": headers},
        "wasMatched": exchange.is_matched,
        "timing": {"totalTime": round(exchange.duration_ms)},
        "stubMapping": {"id": mapping_id(exchange.stub), "uuid": mapping_id(exchange.stub)} if exchange.stub else None,
    }


def event_id(exchange: Exchange) -> str:
    """Return an exchange's id as WireMock's clients read it, a UUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mockops:request:{exchange.id}"))


def _no_files(name: str) -> bytes:
    raise Invalid(f"{name!r}: files cannot be read over the API; send the body in the mapping")
