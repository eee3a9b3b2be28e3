"""Knowing of what other processes commit: by PostgreSQL's notifications, and by looking now and then."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mockops.core.errors import Unavailable
from mockops.infra.db.database import CHANNEL, TARGETS_CHANNEL
from mockops.infra.db.listen import listen
from mockops.publishing.service.traffic import newest_sample

if TYPE_CHECKING:
    from mockops.infra.db.changes import Changes
    from mockops.infra.db.database import Database

log = logging.getLogger("mockops.wakeup")

TRAFFIC_CHANNEL = "mockops_traffic"
"""Of PostgreSQL's NOTIFY, for samples of traffic."""
_EVERY_S = 1.0
_AGAIN_S = 2.0


class Wakeup:
    """Moves the signals of the database and of samples to what was committed, wherever it was."""

    def __init__(self, database: Database, traffic: Changes, *, every_s: float = _EVERY_S) -> None:
        self._database = database
        self._traffic = traffic
        self._every_s = every_s
        self.is_listening = asyncio.Event()
        """Set while notifications come; never on SQLite."""

    async def run(self) -> None:
        """Listen and look, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            if not self._database.is_sqlite:
                tasks.create_task(self._listen())

    async def _look(self) -> None:
        is_troubled = False
        while True:
            try:
                await asyncio.to_thread(self.look)
                is_troubled = False
            except Unavailable as error:
                if not is_troubled:
                    log.warning("the database cannot be looked at: %s", error)
                is_troubled = True
            await asyncio.sleep(self._every_s)

    def look(self) -> None:
        """Look once."""
        self._database.read_position()
        with self._database.read() as tx:
            position = newest_sample(tx)
        self._traffic.signal(position)

    async def _listen(self) -> None:
        while True:
            try:
                async for channel, payload in listen(self._database, (CHANNEL, TARGETS_CHANNEL, TRAFFIC_CHANNEL)):
                    self._hear(channel, payload)
            except Unavailable as error:
                log.warning("%s; looking every %s s meanwhile", error, self._every_s)
            self.is_listening.clear()
            await asyncio.sleep(_AGAIN_S)

    def _hear(self, channel: str, payload: str) -> None:
        self.is_listening.set()
        if not payload.isascii() or not payload.isdigit():
            return
        if channel == CHANNEL:
            self._database.changed.signal(int(payload))
        elif channel == TARGETS_CHANNEL:
            self._database.targets.signal(int(payload))
        elif channel == TRAFFIC_CHANNEL:
            self._traffic.signal(int(payload))
