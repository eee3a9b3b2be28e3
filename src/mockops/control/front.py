"""What every request passes first: an id, headers that keep browsers careful, and the access log."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import Request

from mockops.control.auth.authenticate import CALLER
from mockops.core.ids import request_ids
from mockops.core.redact import Secrets

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("mockops.access")
_REQUEST_ID = b"x-request-id"
_FIT = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
"""Ids that others give are taken over if they cannot harm a log."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"cache-control", b"private, no-cache"),
)
"""Unless the endpoint says otherwise."""
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_SECRETS = Secrets()

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Of the request this code works for; for log records."""


class Front:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, *, is_secure: bool = False, logs_access: bool = False) -> None:
        """Look at every request.

        Args:
            app: What answers.
            is_secure: Whether people reach it by https only.
            logs_access: Write a line a request to the logger `mockops.access`.

        """
        self._app = app
        self._headers = (*_HEADERS, _HSTS) if is_secure else _HEADERS
        self._logs = logs_access
        self._next_id = request_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _REQUEST_ID), b"")
        number = given if _FIT.fullmatch(given) else self._next_id()
        request_id.set(number.decode())
        started = perf_counter() if self._logs else 0.0
        status = size = 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(message, number)
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if status:  # the answer is under way: all that is left is to cut it off
                raise
            crashed = scope["app"].exception_handlers[Exception]
            response = await crashed(Request(scope), error)  # logs it; here, and not outside, for our headers
            await response(scope, receive, sending)
        finally:
            if self._logs:
                access.info(_line(scope, number, status, size, perf_counter() - started))

    def _complete(self, message: MutableMapping[str, Any], number: bytes) -> None:
        headers = list(message.get("headers", ()))
        present = {name.lower() for name, _ in headers}
        headers += [header for header in self._headers if header[0] not in present]
        headers.append((_REQUEST_ID, number))
        message["headers"] = headers


def _line(scope: Scope, number: bytes, status: int, size: int, took_s: float) -> str:
    """Return one line; credentials are only in headers, which it leaves out, or in queries, where they are masked."""
    client = scope.get("client")
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = _SECRETS.url(f"{path}?{query}") if query else path
    shown = url.encode("unicode_escape").decode("ascii")
    caller = str(scope.get(CALLER, "-")).encode("unicode_escape").decode("ascii")
    address = client[0] if client else "-"
    return (
        f"{address} {caller.replace(' ', '_')} {scope['method']} {shown} {status} {size}B {took_s * 1000:.1f}ms "
        f"{number.decode()}"
    )


class RequestIdFilter(logging.Filter):
    """Gives log records the id of the request they belong to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add `request_id`; let everything through."""
        record.request_id = request_id.get()
        return True
