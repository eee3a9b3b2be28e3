"""The outbox: events are handed, in the order of their commits, to those who react to them, and then marked.

A handler works in the transaction that marks the event: what it writes is there exactly once, however often a runner is
killed. Handlers must not wait for anything but the database; what takes long they write down for later.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select, update

from mockops.core.errors import Unavailable
from mockops.core.events import Envelope
from mockops.infra.db.tables import events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.engine import Row

    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx

log = logging.getLogger("mockops.runner")

BATCH = 200
"""Events a transaction: other writers wait meanwhile."""
ATTEMPTS = 5
"""An event that a handler fails on so often is marked all the same, so that those behind it are not held up."""
_SCOPE = "outbox"


class Reaction(Protocol):
    """Somebody who reacts to events."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    def __call__(self, tx: Tx, event: Envelope, org_id: str, workspace_id: str) -> None:
        """React to one event, in the transaction that marks it as dispatched."""
        ...


class Dispatcher:
    """Hands events over; several may run, one of them works at a time."""

    def __init__(self, database: Database, reactions: Sequence[Reaction] = ()) -> None:
        self._database = database
        self._reactions = tuple(reactions)
        self._failures: dict[tuple[int, str], int] = {}
        """Attempts that failed, by the event's sequence and the reaction's name."""

    def dispatch(self, limit: int = BATCH) -> int:
        """Hand over the oldest events that were not yet; return how many are done.

        Raises:
            Unavailable: The database cannot be used now; everything is as before.

        """
        with self._database.read() as looking:
            if looking.one(_waiting(1)) is None:
                return 0
        with self._database.write(scope=_SCOPE) as tx:
            found = tx.all(_waiting(limit))
            done = self._react_in_order(tx, found)
            for start in range(0, len(done), BATCH):
                some = done[start : start + BATCH]
                tx.run(update(events).where(events.c.sequence.in_(some)).values(is_dispatched=True))
        for key in [key for key in self._failures if key[0] in set(done)]:
            del self._failures[key]
        return len(done)

    def _react_in_order(self, tx: Tx, found: Sequence[Row[tuple[object, ...]]]) -> list[int]:
        """Return the sequences of the events that are done; the first one that is not stops the rest."""
        if not self._reactions:
            return [row.sequence for row in found]
        done: list[int] = []
        for row in found:
            if not self._react(tx, row):
                break
            done.append(row.sequence)
        return done

    def _react(self, tx: Tx, row: Row[tuple[object, ...]]) -> bool:
        """Let everybody react to one event, or nobody; return whether it is done with."""
        event = envelope(row)
        given_up: set[str] = set()
        while True:
            failed = self._attempt(tx, event, row, given_up)
            if failed is None:
                return True
            key = row.sequence, failed
            self._failures[key] = self._failures.get(key, 0) + 1
            if self._failures[key] < ATTEMPTS:
                return False
            log.error("%s is not asked again about event %s (%s)", failed, event.id, event.type)
            given_up.add(failed)

    def _attempt(self, tx: Tx, event: Envelope, row: Row[tuple[object, ...]], given_up: set[str]) -> str | None:
        """Let everybody react to one event, or nobody; return the name of the one that fails, None if none does."""
        running = ""
        try:
            with tx.attempt():
                for reaction in self._reactions:
                    running = reaction.name
                    if running not in given_up:
                        reaction(tx, event, row.org_id, row.workspace_id)
        except Unavailable:
            raise
        except Exception:
            log.exception("%s failed on event %s (%s)", running, event.id, event.type)
            return running
        return None


def _waiting(limit: int) -> Select[Any]:
    return select(events).where(events.c.is_dispatched.is_(False)).order_by(events.c.sequence).limit(limit)


def envelope(row: Row[tuple[object, ...]]) -> Envelope:
    """Return a row of the event log as an envelope."""
    return Envelope(
        id=row.id,
        type=row.type,
        source=row.source,
        subject=row.subject,
        time=row.time,
        dataschema=row.dataschema,
        data=row.data,
        org=row.org,
        workspace=row.workspace,
        actor=row.actor,
        causationid=row.causation_id,
        depth=row.depth,
        sequence=row.sequence,
    )
