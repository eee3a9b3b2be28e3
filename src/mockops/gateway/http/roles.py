"""Whom a connection deals with: what answers, and what it shares with the other connections of its listener."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from mockops.gateway.http.limits import Limits
    from mockops.gateway.http.message import Answer, RawRequest
    from mockops.gateway.http.repeats import Repeats


class Handler(Protocol):
    """What answers requests."""

    @property
    def answers(self) -> dict[tuple[object, ...], Answer]:
        """Answers that the same key gets again; immediate and counted ones only.

        When `kinds` learns, keys mean something else: all answers go, and none of those objects comes back.
        """
        ...

    @property
    def kinds(self) -> Mapping[bytes, int]:
        """Kind of each header by its name as spelled (the bits of `reader`); learns new spellings by itself."""
        ...

    def handle(self, request: RawRequest) -> Answer | asyncio.Future[Answer]:
        """Answer a request that `answers` had nothing for; never raises. A future is cancelled if the client leaves."""
        ...

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Write down an answer that left; `request` is None unless `journal` asks for requests."""
        ...

    wants_requests: bool
    """Whether `note` needs the request itself (a journal is kept)."""


class Client(Protocol):
    """A connection, as its listener sees it."""

    def is_overdue(self, elapsed_s: float) -> bool:
        """Say whether its time is up; asked every `elapsed_s`."""
        ...

    def give_up(self) -> None:
        """End it, because its time is up."""
        ...

    def close_if_idle(self) -> None:
        """End it unless it is at work."""
        ...

    def abort(self) -> None:
        """End it at once."""
        ...


class Shared(Protocol):
    """What all connections of one listener share."""

    handler: Handler
    limits: Limits
    connections: set[Client]
    date: bytes
    """`\\r\\nDate: …\\r\\n`, refreshed every second."""
    repeats: Repeats
    next_id: Callable[[], bytes]
    is_draining: bool
