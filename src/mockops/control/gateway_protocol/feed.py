"""One reader of changes for all gateways that wait: each page is made once and handed to everybody in its place."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import zstandard

from mockops.core.errors import MockOpsError
from mockops.publishing.service import snapshots

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.publishing.service.rows import Assembler
    from mockops.publishing.service.snapshots import PageMade, Scope

log = logging.getLogger("mockops.snapshots")

_ANSWER_S = 0.01
"""Seconds that each answered poll buys before the next ones are answered: never more than about a hundred a second."""
_BURST_S = 0.5
"""How far ahead of that pace changes may be handed out: a few changes in a row reach a few gateways at once."""
_KEPT_PAGES = 16
_TROUBLE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page as it goes out."""

    cursor: int
    is_news: bool
    content: bytes
    """JSON."""
    compressed: bytes
    """The same in one zstd frame (RFC 8878)."""


@dataclass(slots=True)
class _Crowd:
    """Polls that wait for the same page."""

    checked: int
    """Up to here nothing has changed for them."""
    waiting: set[asyncio.Future[Answer]] = field(default_factory=set)


Place = tuple["Scope", int]


class Feed:
    """Answers polls; used on one event loop, `run` must be running."""

    def __init__(self, database: Database, assembler: Assembler) -> None:
        self._database = database
        self._assembler = assembler
        self._crowds: dict[Place, _Crowd] = {}
        self._served = 0
        """Position up to which those who waited have been answered."""
        self._fetching: dict[Place, asyncio.Task[Answer]] = {}
        self._pages: OrderedDict[tuple[Place, int], Answer] = OrderedDict()
        self._came = asyncio.Event()
        self._is_ending = False

    async def page(self, scope: Scope, cursor: int, wait_s: float) -> Answer:
        """Return what has changed since a cursor, as soon as something has, or an empty page after a while."""
        checked = cursor
        if not wait_s or cursor < self._served or cursor == 0 or cursor > self._database.changed.position:
            answer = await self._fetch(scope, cursor)
            if answer.is_news or not wait_s or (cursor == 0 and answer.cursor):
                return answer
            checked = answer.cursor
        if self._is_ending:
            return _encoded(snapshots.empty_page(scope, checked))
        return await self._wait((scope, cursor), checked, wait_s)

    async def _wait(self, place: Place, checked: int, wait_s: float) -> Answer:
        crowd = self._crowds.setdefault(place, _Crowd(checked))
        crowd.checked = max(crowd.checked, checked)  # what is true of a place is true for all who wait there
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        crowd.waiting.add(future)
        self._came.set()
        try:
            return await asyncio.wait_for(future, wait_s)
        except TimeoutError:
            return _encoded(snapshots.empty_page(place[0], crowd.checked))
        finally:
            crowd.waiting.discard(future)
            if not crowd.waiting and self._crowds.get(place) is crowd:
                del self._crowds[place]

    async def _fetch(self, scope: Scope, cursor: int) -> Answer:
        """Make a page now; those who ask for the same one meanwhile get it too."""
        place = (scope, cursor)
        task = self._fetching.get(place)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._read, place))
            self._fetching[place] = task
            task.add_done_callback(lambda _: self._fetching.pop(place, None))
        return await asyncio.shield(task)

    def _read(self, place: Place) -> Answer:
        with self._database.read() as tx:
            position = snapshots.read_position(tx)
            known = self._pages.get((place, position))
            if known is not None:
                return known
            answer = _encoded(snapshots.make_page(tx, self._assembler, *place))
        self._pages[place, position] = answer
        while len(self._pages) > _KEPT_PAGES:
            self._pages.popitem(last=False)
        self._database.changed.signal(position)
        return answer

    async def run(self) -> None:
        """Answer those who wait, for ever."""
        loop = asyncio.get_running_loop()
        next_s = 0.0
        while True:
            await self._news()
            await asyncio.sleep(max(0.0, next_s - _BURST_S - loop.time()))
            try:
                answered = await self._serve()
            except MockOpsError as error:
                log.warning("changes cannot be read for the gateways, trying again: %s", error)
                await asyncio.sleep(_TROUBLE_S)
            except Exception:
                log.exception("changes cannot be read for the gateways, trying again")
                await asyncio.sleep(_TROUBLE_S)
            else:
                next_s = max(next_s, loop.time()) + max(1, answered) * _ANSWER_S

    async def _news(self) -> None:
        """Wait for a change that somebody who waits has not been told of."""
        changed = self._database.targets
        while True:
            self._came.clear()
            if not self._crowds:
                await self._came.wait()
                continue
            oldest = min(crowd.checked for crowd in self._crowds.values())
            if changed.position > oldest:
                return
            news = asyncio.ensure_future(changed.wait(oldest, 3600))
            came = asyncio.ensure_future(self._came.wait())
            try:
                await asyncio.wait((news, came), return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
                came.cancel()

    async def _serve(self) -> int:
        """Tell everybody who waits what has changed for them; return how many were told."""
        asked = {place: crowd.checked for place, crowd in self._crowds.items()}
        position, answers = await asyncio.to_thread(self._read_all, asked)
        told = 0
        for place in asked:
            crowd = self._crowds.get(place)
            if crowd is None:
                continue
            if place in answers:
                told += _tell(crowd, answers[place])
                self._crowds.pop(place)
            else:
                crowd.checked = max(crowd.checked, position)
        self._served = max(self._served, position)
        return told

    def _read_all(self, asked: dict[Place, int]) -> tuple[int, dict[Place, Answer]]:
        answers = {}
        with self._database.read() as tx:
            position = snapshots.read_position(tx)
            whose = snapshots.read_changed_orgs(tx, min(asked.values(), default=position))
            for place, checked in asked.items():
                scope = place[0]
                if checked >= position or not _concerns(scope, whose):
                    continue
                page = snapshots.make_page(tx, self._assembler, scope, checked)
                if page.is_news:
                    answers[place] = _encoded(page)
        return position, answers

    def end(self) -> None:
        """Send everybody home: the process is about to stop."""
        self._is_ending = True
        for (scope, cursor), crowd in list(self._crowds.items()):
            _tell(crowd, _encoded(snapshots.empty_page(scope, max(cursor, crowd.checked))))


def _concerns(scope: Scope, whose: frozenset[str] | None) -> bool:
    """Say whether changes of some organizations (None: of anybody's) concern a scope."""
    if whose is None:
        return True
    return bool(whose) if scope.org_id is None else scope.org_id in whose


def _tell(crowd: _Crowd, answer: Answer) -> int:
    told = 0
    for future in crowd.waiting:
        if not future.done():
            future.set_result(answer)
            told += 1
    return told


def _encoded(page: PageMade) -> Answer:
    return Answer(
        cursor=page.cursor,
        is_news=page.is_news,
        content=page.content,
        compressed=zstandard.ZstdCompressor(level=3).compress(page.content),
    )
