"""The admin port's handler, loaded beside the first answers: mocks need not wait for what looks after them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockops.gateway.answers import HeaderKinds
from mockops.gateway.http.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from mockops.gateway.http.message import Answer, RawRequest
    from mockops.gateway.http.roles import Handler

LIMITS = Limits(max_body_bytes=32 << 20, max_connections=256, drain_timeout_s=1.0)
"""As `gateway.admin.ADMIN_LIMITS`, which is not loaded yet when the port opens."""


class LateHandler:
    """Stands in for a handler until it is made; requests that come meanwhile wait for it."""

    wants_requests = False

    def __init__(self, make: Callable[[], Handler]) -> None:
        """Make the handler on a thread, from now on.

        Args:
            make: Imports and makes it; touches nothing that the event loop's thread changes.

        """
        self.answers: dict[tuple[object, ...], Answer] = {}
        self.kinds: MutableMapping[bytes, int] = HeaderKinds(())
        self._handler: Handler | None = None
        self._making = asyncio.ensure_future(self._make(make))

    async def _make(self, make: Callable[[], Handler]) -> Handler:
        self._handler = await asyncio.to_thread(make)
        return self._handler

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Write nothing down: looking at the journal is not in the journal."""

    def handle(self, request: RawRequest) -> Answer | asyncio.Future[Answer]:
        """Hand on."""
        if self._handler is not None:
            return self._handler.handle(request)
        return asyncio.ensure_future(self._handle(request))

    async def _handle(self, request: RawRequest) -> Answer:
        handler = await asyncio.shield(self._making)
        answer = handler.handle(request)
        return await answer if isinstance(answer, asyncio.Future) else answer
