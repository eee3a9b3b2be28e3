"""How the admin API shows an exchange: readable bodies, masked secrets, nothing endless."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.core.json import Json, JsonObject
from mockops.gateway import encoding
from mockops.gateway.admin.redact import join_fields, secrets_of

if TYPE_CHECKING:
    from mockops.core.redact import Secrets
    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.gateway import Gateway

BODY_BYTES = 16 << 10
"""How much of a body is shown unless more is asked for."""
MAX_BODY_BYTES = 8 << 20
_SUSPICIOUS_NESTING = 300


class ShownBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body, as JSON where it is JSON, as text where it is text, else in Base64."""

    kind: Literal["empty", "json", "text", "base64"]
    value: Json = None
    size_bytes: int
    """Of the whole body, its content coding undone."""
    is_cut: bool = False
    note: str = ""
    """What is missing and how to see it."""


class ShownRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked. Secrets are masked with `***`."""

    method: str
    url: str
    """As sent, the target's prefix included."""
    path: str
    """Without the target's prefix."""
    query: dict[str, str | list[str]]
    headers: dict[str, str | list[str]]
    body: ShownBody


class ShownResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered. Secrets are masked with `***`."""

    status: int
    headers: dict[str, str | list[str]]
    body: ShownBody
    fault: str | None = None
    """How the connection was broken on purpose."""


class ShownExchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request, its answer, and why it was this answer."""

    number: int
    """Counts the gateway's exchanges from 1."""
    id: str
    """The `MockOps-Request-Id` of the answer."""
    at: datetime
    duration_ms: float
    target: str
    environment: str
    operation: str
    source: str
    stub: str
    scenario: str
    persona: str
    session: str
    ci_run: str
    caller: str
    matched: bool
    """Whether a stub, scenario or operation answered."""
    violations: list[str]
    request: ShownRequest
    response: ShownResponse
    near_misses: list[JsonObject] | None = None
    """What came nearest, where nothing answered; null where it was not asked for."""


def show_exchange(
    exchange: Exchange, gateway: Gateway, *, body_bytes: int = BODY_BYTES, near: list[JsonObject] | None = None
) -> ShownExchange:
    """Return an exchange for people."""
    secrets = secrets_of(exchange, gateway)
    return ShownExchange(
        number=exchange.number,
        id=exchange.id,
        at=exchange.at,
        duration_ms=round(exchange.duration_ms, 3),
        target=exchange.target,
        environment=exchange.environment,
        operation=exchange.operation,
        source=exchange.source,
        stub=exchange.stub,
        scenario=exchange.scenario,
        persona=exchange.persona,
        session=exchange.session,
        ci_run=exchange.ci_run,
        caller=exchange.caller,
        matched=exchange.is_matched,
        violations=list(exchange.violations),
        request=_request(exchange, secrets, body_bytes),
        response=_response(exchange, secrets, body_bytes),
        near_misses=near,
    )


def _request(exchange: Exchange, secrets: Secrets, body_bytes: int) -> ShownRequest:
    request = exchange.request
    return ShownRequest(
        method=request.method,
        url=secrets.url(exchange.url),
        path=request.path,
        query=join_fields((name, secrets.query_value(name, value)) for name, value in request.query),
        headers=join_fields((name, secrets.header(name, value)) for name, value in request.headers),
        body=show_body(request.body, request.media_type, exchange, secrets, body_bytes),
    )


def _response(exchange: Exchange, secrets: Secrets, body_bytes: int) -> ShownResponse:
    body = exchange.response_body
    fields = {name.lower(): value for name, value in exchange.response_headers}
    coding = fields.get("content-encoding", "")
    if coding:
        # a stub may say what is not so; then the bytes are shown as they are
        with suppress(encoding.CodingUnsupported, encoding.CodingBroken):
            body = encoding.decode(body, coding, max_bytes=MAX_BODY_BYTES)
    return ShownResponse(
        status=exchange.status,
        headers=join_fields((name, secrets.header(name, value)) for name, value in exchange.response_headers),
        body=show_body(body, fields.get("content-type", "").partition(";")[0], exchange, secrets, body_bytes),
        fault=exchange.fault,
    )


def show_body(body: bytes, media_type: str, exchange: Exchange, secrets: Secrets, limit_bytes: int) -> ShownBody:
    """Return a body for people; of what is longer than the limit, the beginning, and how to see the rest."""
    size = len(body)
    body = secrets.body(body[: limit_bytes + 1], media_type)
    if not body:
        return ShownBody(kind="empty", size_bytes=0)
    if size <= limit_bytes:
        try:
            return ShownBody(kind="json", value=_parse(body), size_bytes=size)
        except (ValueError, RecursionError):
            pass  # not JSON: shown as text
        return _as_text(body, size, note="", is_cut=False)
    note = f"the first {limit_bytes} of {size} bytes"
    if limit_bytes < MAX_BODY_BYTES:
        most = min(size, MAX_BODY_BYTES)
        note += f"; GET /api/v1/requests/{exchange.number}?body_bytes={most} shows more"
    return _as_text(body[:limit_bytes], size, note=note, is_cut=True)


def _parse(body: bytes) -> Json:
    """Return a JSON body's value.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deep to be shown inside an exchange.

    """
    value = msgspec.json.decode(body)
    if body.count(b"[") + body.count(b"{") > _SUSPICIOUS_NESTING:
        msgspec.json.encode([[[[[[[[value]]]]]]]])
    return value


def _as_text(body: bytes, size: int, *, note: str, is_cut: bool) -> ShownBody:
    text = _text(body, is_cut=is_cut)
    if text is None:
        return ShownBody(kind="base64", value=b64encode(body).decode(), size_bytes=size, is_cut=is_cut, note=note)
    return ShownBody(kind="text", value=text, size_bytes=size, is_cut=is_cut, note=note)


def _text(body: bytes, *, is_cut: bool) -> str | None:
    """Return a body as text, or None where it is none: not UTF-8, or with control characters."""
    for spare in range(4 if is_cut else 1):  # a cut may go through a character
        try:
            text = body[: len(body) - spare].decode()
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None
