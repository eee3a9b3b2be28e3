"""Server-sent events: one reader of a log for all who watch it, a window of its newest entries that they share.

A watcher that falls out of the window reads from the database; one that takes nothing for a while is dropped: nothing
is kept for anybody. Whoever comes back with `Last-Event-ID` goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from starlette.responses import Response

from mockops.core.errors import MockOpsError, Unavailable
from mockops.infra.web.problems import HeaderInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from mockops.infra.db.changes import Changes

log = logging.getLogger("mockops.streams")

HEARTBEAT_S = 15.0
_SEND_S = 30.0
"""So long a watcher may take nothing before it is dropped."""
_WINDOW = 2_000
_MAX_WINDOW_BYTES = 16 << 20
_AT_ONCE = 500
_MAX_WATCHERS = 1_000
_MAX_OF_ONE = 500
"""Streams of one organization: it cannot have them all."""
_ASK_S = 10.0
"""A stream goes on at most so long after who opened it would be let in no more."""
_TROUBLE_S = 1.0
_MAX_POSITION = (1 << 63) - 1


class TooManyWatchers(Unavailable):
    """More streams are open than this process keeps."""

    code: ClassVar[str] = "api.too_many_streams"


E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Generic[E]):
    """One entry of a log."""

    position: int
    value: E
    """What filters look at."""
    content: bytes
    """JSON, on one line."""
    kind: str = ""
    """Of the server-sent event; empty: `message`."""


class Read(Protocol[E]):
    """Reads a log, on a thread."""

    def __call__(self, after: int, limit: int) -> Sequence[Entry[E]]:
        """Return entries behind a position, in order."""
        ...


class Watch(Generic[E]):
    """Follows one log; used on one event loop, `run` must be running."""

    def __init__(self, changes: Changes, read: Read[E], newest: Callable[[], int]) -> None:
        """Follow a log.

        Args:
            changes: Says that there is more.
            read: Reads it.
            newest: Returns its end, on a thread.

        """
        self._changes = changes
        self._read = read
        self._newest = newest
        self._window: deque[Entry[E]] = deque()
        self._window_bytes = 0
        self._from = 0
        """The window holds all that lies behind this position."""
        self._at = -1
        """Position up to which the log was read; -1: it was not looked at yet."""
        self._news = asyncio.Event()
        self._wanted = asyncio.Event()
        self._watchers = 0
        self._by_org = Counter[str]()
        self.heartbeat_s = HEARTBEAT_S
        """How often a quiet stream shows that it is there."""
        self.is_ending = False

    async def run(self) -> None:
        """Read what is committed while somebody watches, for ever."""
        while True:
            await self._wanted.wait()
            try:
                if self._at < 0:
                    self._at = self._from = await asyncio.to_thread(self._newest)
                    self._tell()
                await self._follow()
            except MockOpsError as error:
                log.warning("the log cannot be read for streams, trying again: %s", error)
                await asyncio.sleep(_TROUBLE_S)
            except Exception:
                log.exception("the log cannot be read for streams, trying again")
                await asyncio.sleep(_TROUBLE_S)

    async def _follow(self) -> None:
        while True:
            await self._changes.wait(self._at, 3600)
            if not self._watchers:  # whoever comes later begins with the log's end of then
                self._wanted.clear()
                self._window.clear()
                self._window_bytes, self._at = 0, -1
                return
            position = self._changes.position
            entries = await asyncio.to_thread(self._read, self._at, _AT_ONCE)
            if len(entries) == _AT_ONCE:
                self._at = entries[-1].position
            else:
                self._at = max(self._at, position, *(entry.position for entry in entries[-1:]))
            self._show(entries)

    def _show(self, entries: Sequence[Entry[E]]) -> None:
        for entry in entries:
            self._window.append(entry)
            self._window_bytes += len(entry.content)
        while len(self._window) > _WINDOW or self._window_bytes > _MAX_WINDOW_BYTES:
            gone = self._window.popleft()
            self._window_bytes -= len(gone.content)
            self._from = gone.position
        if entries:
            self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def end(self) -> None:
        """Send every watcher home: the process is about to stop."""
        self.is_ending = True
        self._tell()

    def entries(
        self, after: int | None, wanted: Callable[[Entry[E]], bool], org_id: str = ""
    ) -> AsyncIterator[Entry[E] | None]:
        """Give entries as they are committed, None whenever nothing came for a while; ends with the process.

        The first is None: what is committed after it comes.

        Args:
            after: Begin behind this position; None: with what comes from now on.
            wanted: Which entries.
            org_id: Of the watcher.

        Raises:
            TooManyWatchers: There are too many already, in all or of the organization.

        """
        if self._by_org[org_id] >= _MAX_OF_ONE:
            raise TooManyWatchers(f"{_MAX_OF_ONE} streams of your organization are open; close some.")
        if self._watchers >= _MAX_WATCHERS:
            raise TooManyWatchers(f"{_MAX_WATCHERS} streams are open; close some, or ask again later.")
        return self._entries(after, wanted, org_id)

    async def _entries(
        self, after: int | None, wanted: Callable[[Entry[E]], bool], org_id: str
    ) -> AsyncIterator[Entry[E] | None]:
        self._watchers += 1
        self._by_org[org_id] += 1
        self._wanted.set()
        try:
            while self._at < 0 and not self.is_ending:
                await self._wait()
            at = self._at
            if after is not None:  # no further than the log goes: it may have been restored to an earlier state
                at = after if after <= at else min(after, await asyncio.to_thread(self._newest))
            yield None  # from here on nothing is missed
            while not self.is_ending:
                news = self._news
                found, at = await self._next(at)
                for entry in filter(wanted, found):
                    yield entry
                if not found and at >= self._at and not await self._wait(news):
                    yield None
        finally:
            self._watchers -= 1
            self._by_org[org_id] -= 1
            self._by_org = +self._by_org  # without those that have none

    async def _next(self, at: int) -> tuple[Sequence[Entry[E]], int]:
        """Return what lies behind a position, from the window or the log, and how far that is."""
        if at >= self._from:
            end = self._at
            return [entry for entry in self._window if at < entry.position], max(at, end)
        end = self._from
        found = [entry for entry in await asyncio.to_thread(self._read, at, _AT_ONCE) if entry.position <= end]
        return found, found[-1].position if len(found) == _AT_ONCE else end

    async def _wait(self, news: asyncio.Event | None = None) -> bool:
        try:
            await asyncio.wait_for((news or self._news).wait(), self.heartbeat_s)
        except TimeoutError:
            return False
        return True


class EventStream(Response):
    """The response: `text/event-stream` as the HTML standard has it."""

    def __init__(
        self, entries: AsyncIterator[Entry[Any] | None], is_welcome: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        """Send entries.

        Args:
            entries: Which.
            is_welcome: Asked now and then; the stream ends when its reader would be let in no more.

        """
        super().__init__()
        self._entries = entries
        self._is_welcome = is_welcome

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the watcher leaves, takes nothing for too long, would be let in no more, or the process stops."""
        del scope
        sending = asyncio.ensure_future(self._send(send))
        tasks = [sending, asyncio.ensure_future(_left(receive)), asyncio.ensure_future(self._until_unwelcome())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if sending.cancelled():
            await send({"type": "http.response.body", "body": b""})
        if sending.done() and not sending.cancelled() and (error := sending.exception()) is not None:
            raise error

    async def _until_unwelcome(self) -> None:
        while True:
            await asyncio.sleep(_ASK_S)
            if self._is_welcome is not None and not await self._is_welcome():
                return

    async def _send(self, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        quiet = b": stream\nretry: 2000\n\n"  # the greeting: only now does the watcher have its place
        try:
            async for entry in self._entries:
                await self._put(send, quiet if entry is None else _framed(entry))
                quiet = b":\n\n"
        except TimeoutError:
            log.info("a stream was dropped: its reader has taken nothing for %s s", _SEND_S)
            raise
        finally:
            await self._entries.aclose()  # type: ignore[attr-defined]  # it is a generator
        await send({"type": "http.response.body", "body": b""})

    async def _put(self, send: Send, content: bytes) -> None:
        async with asyncio.timeout(_SEND_S):
            await send({"type": "http.response.body", "body": content, "more_body": True})


def _framed(entry: Entry[Any]) -> bytes:
    kind = b"event: %s\n" % entry.kind.encode() if entry.kind else b""
    return b"id: %d\n%sdata: %s\n\n" % (entry.position, kind, entry.content)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def last_event_id(request: Request) -> int | None:
    """Return the position that a watcher has seen, from `Last-Event-ID` or the query `after`; None: it is new.

    Raises:
        HeaderInvalid: It is no position.

    """
    value = request.headers.get("last-event-id") or request.query_params.get("after")
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or int(value[:20]) > _MAX_POSITION or len(value) > 19:
        raise HeaderInvalid(f"Last-Event-ID is the id of an event of this stream, a number; it is {value[:80]!r}.")
    return int(value)
