"""Bounds on request bodies, before anything reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from mockops.infra.web.problems import BodyTooLarge, respond, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: 413 for bodies past a bound, however they are sent."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, by_prefix: Mapping[str, int] | None = None) -> None:
        """Bound bodies.

        Args:
            app: What answers.
            max_bytes: The bound.
            by_prefix: Other bounds, by how the path begins; the longest prefix counts. `{}` is any one segment.

        """
        self._app = app
        self._max_bytes = max_bytes
        ordered = sorted((by_prefix or {}).items(), key=lambda item: -len(item[0]))
        self._by_prefix = [(re.compile(re.escape(key).replace(r"\{\}", "[^/]+")), bound) for key, bound in ordered]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        bound = next((bound for prefix, bound in self._by_prefix if prefix.match(path)), self._max_bytes)
        error = BodyTooLarge(f"The body is larger than {bound:,} bytes.")
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > bound:
            await respond(error)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bound:
                raise HTTPException(status_of(error), str(error))  # the only kind that FastAPI lets through
            return message

        await self._app(scope, counted, send)
