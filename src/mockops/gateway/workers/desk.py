"""The admin port of a gateway of several processes: asks all before it shows, tells all after it changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockops.gateway.admin.refusals import Refused
from mockops.gateway.workers.memory import NeedsOneWorker, needs_of_stub

if TYPE_CHECKING:
    from mockops.gateway.http.message import Answer, RawRequest
    from mockops.gateway.http.roles import Handler
    from mockops.gateway.workers.crew import Crew
    from mockops.mocking.model import Stub

_PROBES = (b"/health", b"/ready")
"""Concern the leader alone, and must answer even when a follower does not."""


class CrewDesk:
    """Wraps the handler of the admin port."""

    wants_requests = False

    def __init__(self, handler: Handler, crew: Crew) -> None:
        self.answers = handler.answers
        self.kinds = handler.kinds
        self._handler = handler
        self._crew = crew

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Hand on."""
        self._handler.note(request_id, seconds, request, answer)

    def handle(self, request: RawRequest) -> Answer | asyncio.Future[Answer]:
        """Answer with what all processes know."""
        if request.url.partition(b"?")[0] in _PROBES:
            return self._handler.handle(request)
        return asyncio.ensure_future(self._handle(request))

    async def _handle(self, request: RawRequest) -> Answer:
        await self._crew.flush()
        answer = self._handler.handle(request)
        if isinstance(answer, asyncio.Future):
            answer = await answer
        self._crew.publish()
        if request.method not in (b"GET", b"HEAD", b"OPTIONS"):
            await self._crew.sync()
        return answer


def admit(stub: Stub) -> None:
    """Refuse a stub that needs memory.

    Raises:
        Refused: 409, naming what needs it.

    """
    words = needs_of_stub(stub)
    if words:
        named = " and ".join(f"`{word}`" for word in words)
        detail = f"Stub {stub.id!r} uses {named}, which several processes cannot keep; serve with --workers 1."
        raise Refused(409, NeedsOneWorker.code, detail)
