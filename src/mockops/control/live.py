"""What works while requests wait: the feed of gateways, their leases, the streams, and what wakes them all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from mockops.control.event_log import read_end, read_entries
from mockops.control.gateway_protocol.admission import Admission
from mockops.control.gateway_protocol.feed import Feed
from mockops.control.gateway_protocol.leases import Leases
from mockops.control.streams import Entry, Watch
from mockops.control.wakeup import Wakeup
from mockops.core.errors import Unavailable
from mockops.publishing.api.traffic import show_sample
from mockops.publishing.service.rows import Assembler
from mockops.publishing.service.traffic import TrafficChanges, newest_sample, read_samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockops.infra.db.database import Database
    from mockops.infra.web.services import Services

log = logging.getLogger("mockops.control")


class EventWatch(Watch[Any]):
    """Follows the event log."""


class TrafficWatch(Watch[Any]):
    """Follows the samples of traffic."""


class Live:
    """Made once for an application, before it serves; its tasks run inside `running`.

    `end` must be called when the process is told to stop, before the server waits for open requests: they are what
    it would wait for.
    """

    def __init__(self, services: Services, *, look_every_s: float = 1.0) -> None:
        """Provide what the endpoints ask for.

        Args:
            services: Of the application.
            look_every_s: How often to look for what other processes have committed, beside being notified.

        """
        database, traffic, assembler = services.database, TrafficChanges(), Assembler()
        self.wakeup = Wakeup(database, traffic, every_s=look_every_s)
        self.feed = Feed(database, assembler)
        self.leases = Leases(database, services.clock)
        self.events = EventWatch(database.changed, partial(read_entries, database), partial(read_end, database))
        self.samples = TrafficWatch(traffic, partial(_read_samples, database), partial(_read_newest, database))
        for each in (assembler, traffic, self.feed, self.leases, self.events, self.samples, Admission(services)):
            services.provide(each)

    def end(self) -> None:
        """Answer everybody who waits."""
        self.feed.end()
        self.leases.end()
        self.events.end()
        self.samples.end()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks; at the end write what is left."""
        work = (self.wakeup.run(), self.feed.run(), self.leases.run(), self.events.run(), self.samples.run())
        tasks = [asyncio.create_task(each) for each in work]
        for task in tasks:
            task.add_done_callback(_complain)
        try:
            yield
        finally:
            self.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                await self.leases.flush()
            except Unavailable as error:
                log.warning("leases of gateways cannot be written: %s", error)


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a task of the control plane has died; restart it", exc_info=error)


def _read_samples(database: Database, after: int, limit: int) -> list[Entry[Any]]:
    with database.read() as tx:
        rows = read_samples(tx, after, limit)
    return [
        Entry(position=row.position, value=row, content=show_sample(row).model_dump_json().encode()) for row in rows
    ]


def _read_newest(database: Database) -> int:
    with database.read() as tx:
        return newest_sample(tx)
