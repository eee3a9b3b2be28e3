"""Large bodies are read only from those who are let in: what strangers send must not fill the memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from mockops.core.errors import MockOpsError
from mockops.infra.web.problems import respond

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockops.infra.web.services import Services

_SMALL_BYTES = 64 << 10
"""Endpoints ask who it is when they have read the body; so much may be read before."""


class LargeBodies:
    """ASGI middleware: asks who it is before a large body, or one of unknown length, is read."""

    def __init__(self, app: ASGIApp, *, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse a stranger's."""
        if scope["type"] == "http" and _is_large(dict(scope["headers"])):
            try:
                await asyncio.to_thread(self._authenticate, HTTPConnection(scope))
            except MockOpsError as error:
                response = respond(error)
                response.headers["Connection"] = "close"  # nobody wants to read the rest
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _authenticate(self, connection: HTTPConnection) -> None:
        with self._services.database.read() as tx:
            self._services.authenticate(tx, connection)


def _is_large(headers: dict[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or not length.isdigit() or int(length) > _SMALL_BYTES
