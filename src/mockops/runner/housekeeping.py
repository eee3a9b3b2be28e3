"""Housekeeping: what has grown too old is removed, a little at a time, by one runner at a time."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from mockops.core.errors import Unavailable
from mockops.core.ids import new_id
from mockops.infra.db.leases import drop_lease, take_lease
from mockops.infra.db.tables import audit, events, idempotency_keys
from mockops.infra.web.idempotency import KEPT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Column, ColumnElement, Table

    from mockops.core.clock import Clock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx

log = logging.getLogger("mockops.runner")

BATCH = 500
"""Rows a transaction: other writers get their turn in between."""
_MAX_BATCHES = 2000
"""A chore ends after so many, and goes on the next time."""
_PAUSE_S = 0.005
"""Between the transactions of an errand: on SQLite all writers wait for one lock, and locks are not fair."""
LEASE = "housekeeping"
LEASE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """One thing that is done again and again."""

    name: str
    every_s: float
    run: Callable[[Tx], int]
    """Do a bounded piece of it; return how many rows it removed or changed, 0 when nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing that is done again and again, and that opens transactions of its own."""

    name: str
    every_s: float
    run: Callable[[Database, Callable[[], bool]], int]
    """Do all of it in short transactions; the second argument says whether to go on. Return how many rows changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept; what is not named here has its time beside the code that forgets it.

    Those are: idempotency keys a day, gateways that are gone a day, numbers of traffic batches 7 days, contracts that
    nothing refers to 7 days, the newest 20,000 samples, the newest 50 config versions of a workspace.
    """

    events_days: float = 90
    """Of the event log; 0 keeps all of it. Events that were not dispatched yet are always kept."""
    audit_days: float = 400
    """Of the audit trail, a year and a month; 0 keeps all of it."""
    traffic_days: float = 90
    """Of what was counted, minute by minute; 0 keeps all of it."""
    unused_hours: float = 24
    """Of content that nothing refers to any more, since it was saved last; 2 at least."""


def own_chores(retention: Retention | None = None) -> tuple[Chore, ...]:
    """Return what must be done about the tables that every slice writes."""
    retention = retention or Retention()
    chores = [Chore(name="idempotency keys", every_s=600, run=forget_keys)]
    if retention.events_days:
        kept = timedelta(days=retention.events_days)
        chores.append(Chore(name="old events", every_s=3600, run=lambda tx: forget_events(tx, kept)))
    if retention.audit_days:
        kept_audit = timedelta(days=retention.audit_days)
        chores.append(Chore(name="old audit entries", every_s=3600, run=lambda tx: forget_audit(tx, kept_audit)))
    return tuple(chores)


def forget_keys(tx: Tx) -> int:
    """Forget some idempotency keys that are older than a day; return how many."""
    table = idempotency_keys
    old = (
        select(table.c.org_id, table.c.actor_id, table.c.key)
        .where(table.c.at < tx.now - timedelta(seconds=KEPT_S))
        .order_by(table.c.at)
        .limit(BATCH)
    )
    rows = tx.all(old)
    return sum(
        tx.run(
            delete(table).where(table.c.org_id == row.org_id, table.c.actor_id == row.actor_id, table.c.key == row.key)
        )
        for row in rows
    )


def forget_events(tx: Tx, kept: timedelta) -> int:
    """Forget some events that were dispatched and are older than `kept`; return how many."""
    return _forget(tx, events, events.c.sequence, events.c.is_dispatched.is_(True), events.c.time, tx.now - kept)


def forget_audit(tx: Tx, kept: timedelta) -> int:
    """Forget some entries of the audit trail that are older than `kept`; return how many."""
    return _forget(tx, audit, audit.c.number, None, audit.c.at, tx.now - kept)


def _forget(
    tx: Tx, table: Table, key: Column[int], condition: ColumnElement[bool] | None, at: Column[object], before: object
) -> int:
    """Delete the oldest rows before a moment; keys grow with time, so only the first ones are looked at."""
    oldest = select(key, at.label("happened_at"))
    if condition is not None:
        oldest = oldest.where(condition)
    rows = tx.all(oldest.order_by(key).limit(BATCH))
    keys = [row[0] for row in rows if row.happened_at < before]
    return tx.run(delete(table).where(key.in_(keys))) if keys else 0


class Housekeeper:
    """Does the chores that are due; only the one that holds the lease."""

    def __init__(self, database: Database, chores: Sequence[Chore | Errand], *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._holder = new_id()
        self._stopping = threading.Event()
        self._due = dict.fromkeys(_distinct(chores), 0.0)

    def keep_house(self) -> dict[str, int]:
        """Do what is due, each in transactions of its own; return how many rows each chore touched.

        A chore that fails is logged and tried again when it is next due. Somebody else's turn: nothing happens.

        Raises:
            Unavailable: The database cannot be used now.

        """
        now = self._clock.monotonic_s()
        due = [chore for chore, at in self._due.items() if at <= now]
        if not due or not self._take_lease():
            return {}
        done: dict[str, int] = {}
        for chore in due:
            if self._stopping.is_set():
                break
            self._due[chore] = now + chore.every_s
            try:
                done[chore.name] = self._run(chore)
            except Unavailable:
                self._due[chore] = now
                raise
            except Exception:
                log.exception("housekeeping of %s failed; it is tried again in %g s", chore.name, chore.every_s)
        return done

    def stop(self) -> None:
        """End what is under way after the transaction it is in."""
        self._stopping.set()

    def _run(self, chore: Chore | Errand) -> int:
        if isinstance(chore, Errand):
            return chore.run(self._database, self._renewal())
        total = 0
        for _ in range(_MAX_BATCHES):
            if self._stopping.is_set():
                break
            with self._database.write(scope=LEASE) as tx:
                if not take_lease(tx, LEASE, self._holder, LEASE_S):
                    return total
                count = chore.run(tx)
            total += count
            if not count:
                break
        return total

    def _renewal(self) -> Callable[[], bool]:
        """Return what says whether to go on, and renews the lease now and then."""
        renewed = self._clock.monotonic_s()

        def goes_on() -> bool:
            nonlocal renewed
            if self._stopping.wait(_PAUSE_S):
                return False
            now = self._clock.monotonic_s()
            if now - renewed > LEASE_S / 4:
                renewed = now
                return self._take_lease()
            return True

        return goes_on

    def _take_lease(self) -> bool:
        with self._database.write(scope=LEASE) as tx:
            return take_lease(tx, LEASE, self._holder, LEASE_S)

    def give_up(self) -> None:
        """Let another one do it from now on."""
        with self._database.write(scope=LEASE) as tx:
            drop_lease(tx, LEASE, self._holder)


def _distinct(chores: Sequence[Chore | Errand]) -> list[Chore | Errand]:
    names = [chore.name for chore in chores]
    if len(set(names)) != len(names):
        message = f"two chores of one name: {names}"
        raise ValueError(message)
    return list(chores)
