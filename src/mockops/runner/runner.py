"""The runner's loops: dispatching whenever something was committed, housekeeping now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from mockops.core.errors import Unavailable
from mockops.runner.outbox import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.infra.db.database import Database
    from mockops.runner.housekeeping import Housekeeper
    from mockops.runner.outbox import Dispatcher

log = logging.getLogger("mockops.runner")

_POLL_S = 1.0
"""The longest an event waits when nothing wakes the dispatcher, as between processes on one SQLite file."""
_GATHER_S = 0.05
"""After the first event, how long others are waited for: a transaction for each would slow those who cause them."""
_RETRY_S = 1.0
_HOUSEKEEPING_S = 15.0


class Runner:
    """Runs in a process of its own, or beside the API in one."""

    def __init__(self, database: Database, dispatcher: Dispatcher, housekeeper: Housekeeper) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._housekeeper = housekeeper
        self._stopping = asyncio.Event()
        self._is_reachable = True

    async def run(self) -> None:
        """Work until stopped; what is under way is finished first."""
        try:
            await asyncio.gather(self._dispatch(), self._keep_house())
        finally:
            with contextlib.suppress(Unavailable):  # then the lease runs out by itself
                await asyncio.to_thread(self._housekeeper.give_up)

    def stop(self) -> None:
        """Begin no further work."""
        self._stopping.set()
        self._housekeeper.stop()

    async def _dispatch(self) -> None:
        while not self._stopping.is_set():
            position = self._database.changed.position
            done = await self._attempt(self._dispatcher.dispatch)
            if done is None:
                await self._rest(_RETRY_S)
            elif done < BATCH:
                await self._rest(_POLL_S, after=position)
                await self._rest(_GATHER_S)

    async def _keep_house(self) -> None:
        while not self._stopping.is_set():
            await self._attempt(self._housekeeper.keep_house)
            await self._rest(_HOUSEKEEPING_S)

    async def _attempt(self, work: Callable[[], object]) -> int | None:
        """Do some work on a thread; return its count, or None when the database cannot be used now."""
        try:
            result = await asyncio.to_thread(work)
        except Unavailable as error:
            if self._is_reachable:
                log.warning("the runner waits for the database: %s", error)
            self._is_reachable = False
            return None
        if not self._is_reachable:
            log.warning("the runner works again")
        self._is_reachable = True
        return result if isinstance(result, int) else 0

    async def _rest(self, most_s: float, *, after: int | None = None) -> None:
        """Wait until stopped, until something is committed after a position, or so long at most."""
        waiting: list[asyncio.Future[bool]] = [asyncio.create_task(self._stopping.wait())]
        if after is not None:
            waiting.append(asyncio.create_task(self._database.changed.wait(after, most_s)))
        await asyncio.wait(waiting, timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
