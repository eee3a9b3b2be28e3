"""The process behind `mockops runner`: reacts to events, and keeps the house."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.contracts.service.sweep import sweep_contracts
from mockops.control.health import NotMigrated
from mockops.control.wakeup import Wakeup
from mockops.core.clock import SystemClock
from mockops.infra.db.database import Database, open_database
from mockops.infra.db.migrate import is_current
from mockops.infra.loop import run
from mockops.publishing.service.retention import (
    forget_bases,
    forget_batches,
    forget_leases,
    forget_minutes,
    referenced_blobs,
)
from mockops.publishing.service.traffic import TrafficChanges
from mockops.runner.housekeeping import Chore, Errand, Housekeeper, Retention, own_chores
from mockops.runner.outbox import Dispatcher
from mockops.runner.runner import Runner
from mockops.wiring.control import listen_for_stop
from mockops.wiring.logs import set_up_logs
from mockops.wiring.report import say
from mockops.workspaces.service.blobs import check_grace, sweep_blobs

if TYPE_CHECKING:
    from mockops.core.clock import Clock

_DAILY_S = 86400.0
_POLL_S = 0.5
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """One runner."""

    retention: Retention


def every_chore(retention: Retention) -> tuple[Chore | Errand, ...]:
    """Return what is done again and again about every slice's tables.

    Raises:
        ValueError: Something is to be kept too shortly.

    """
    grace = timedelta(hours=retention.unused_hours)
    check_grace(grace)
    chores: list[Chore | Errand] = [
        *own_chores(retention),
        Chore(name="gateways that are gone", every_s=600, run=forget_leases),
        Chore(name="numbers of traffic batches", every_s=600, run=forget_batches),
    ]
    if retention.traffic_days:
        kept = timedelta(days=retention.traffic_days)
        chores.append(Chore(name="old traffic", every_s=600, run=lambda tx: forget_minutes(tx, kept)))
    # in this order: what nothing refers to any more once something else went is seen at once
    chores += [
        Errand(
            name="bases of what is gone",
            every_s=_DAILY_S,
            run=lambda database, goes_on: forget_bases(database, goes_on=goes_on),
        ),
        Errand(
            name="contracts without use",
            every_s=_DAILY_S,
            run=lambda database, goes_on: sweep_contracts(database, goes_on=goes_on),
        ),
        Errand(
            name="contents without use",
            every_s=_DAILY_S,
            run=lambda database, goes_on: sweep_blobs(database, referenced_blobs, grace=grace, goes_on=goes_on),
        ),
    ]
    return tuple(chores)


def make_runner(database: Database, options: RunnerOptions, *, clock: Clock) -> Runner:
    """Return a runner with everything that reacts and every chore."""
    chores = every_chore(options.retention)
    return Runner(database, Dispatcher(database), Housekeeper(database, chores, clock=clock))


async def _serve(database: Database, options: RunnerOptions, clock: Clock) -> int:
    stop = listen_for_stop()
    await _wait_for_tables(database, clock, stop)
    if stop.is_set():
        return 0
    runner = make_runner(database, options, clock=clock)
    running = asyncio.create_task(runner.run())
    hearing = asyncio.create_task(Wakeup(database, TrafficChanges()).run())
    stopping = asyncio.create_task(stop.wait())
    say("runner: works")
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    runner.stop()
    for each in (stopping, hearing):
        each.cancel()
    await running
    await asyncio.gather(stopping, hearing, return_exceptions=True)
    return 0


async def _wait_for_tables(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Wait for control, which brings the tables up to date at its start.

    Raises:
        NotMigrated: It does not come.

    """
    deadline = clock.monotonic_s() + _PATIENCE_S
    while not stop.is_set() and not await asyncio.to_thread(is_current, database):
        if clock.monotonic_s() > deadline:
            raise NotMigrated("the database's tables are not those this MockOps needs; start `mockops control` first")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _POLL_S)


def run_runner(database_url: str, options: RunnerOptions) -> int:
    """Run until stopped; return the exit code.

    Raises:
        MockOpsError: The database cannot be used.

    """
    set_up_logs(logs_access=False)
    clock = SystemClock()
    database = open_database(database_url, clock=clock)
    try:
        return run(_serve(database, options, clock))
    finally:
        database.close()
