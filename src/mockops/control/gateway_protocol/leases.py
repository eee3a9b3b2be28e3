"""Leases of the gateways that poll this process: known at once, written to the database soon."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.core.errors import Unavailable
from mockops.infra.db.changes import Changes
from mockops.publishing.service.gateways import LEASE_S, Lease, save_leases

if TYPE_CHECKING:
    from mockops.core.clock import Clock
    from mockops.infra.db.database import Database

log = logging.getLogger("mockops.gateways")

_LEASE = timedelta(seconds=LEASE_S)
_EVERY_S = 0.2
"""At most so often leases are written: two hundred gateways must not keep others from writing."""
_RENEW_EVERY_S = 5.0
_RENEWED_AFTER = timedelta(seconds=10)
"""A lease in which nothing but its end has changed is written so seldom."""
_SCOPE = "gateways"
Key = tuple[str, str, str]
"""Whose (an organization, or empty: all), id, boot: tenants see those of a gateway they share and may claim them."""


class Leases:
    """What gateways said last; used on the event loop only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._leases: dict[Key, Lease] = {}
        self._saved: dict[Key, Lease] = {}
        self._is_due = asyncio.Event()
        self._count = 0
        self.waiting = 0
        """Requests that wait for acknowledgements."""
        self.changed = Changes()
        """Its positions count acknowledgements."""
        self.is_ending = False
        """Whether the process is about to stop, and nobody shall wait any more."""

    def began(self, lease: Lease) -> Lease:
        """Note that a poll has come: what it asks for is what it has applied."""
        key = _key(lease)
        known = self._leases.get(key)
        if known is not None:
            is_same = known.revision == lease.revision
            applied_at = known.applied_at if is_same else lease.applied_at
            lease = replace(lease, started_at=known.started_at, applied_at=applied_at)
        self._leases[key] = lease
        if known is None or known.revision != lease.revision:
            self._is_due.set()
            self._acknowledge()
        return lease

    def answered(self, lease: Lease) -> None:
        """Note that a poll was answered: the next one may take its time."""
        key = _key(lease)
        known = self._leases.get(key)
        if known is not None:
            now = self._clock.now()
            self._leases[key] = replace(known, seen_at=now, lease_until=now + _LEASE)

    def live(self, org_id: str) -> dict[tuple[str, str], Lease]:
        """Return the leases of gateways that poll this process and serve an organization."""
        now = self._clock.now()
        found = sorted(self._leases.items())  # a gateway that serves all comes first, and is nobody else
        return {
            (lease.id, lease.boot): lease
            for _, lease in reversed(found)
            if lease.serves(org_id) and lease.lease_until > now
        }

    def end(self) -> None:
        """Send home those who wait for acknowledgements."""
        self.is_ending = True
        self._acknowledge()

    def _acknowledge(self) -> None:
        self._count += 1
        self.changed.signal(self._count)

    async def run(self) -> None:
        """Write what changes, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_due.wait(), _RENEW_EVERY_S)
            try:
                await self.flush()
            except Unavailable as error:
                log.warning("leases of gateways cannot be written, trying again: %s", error)
                self._is_due.set()
                await asyncio.sleep(1)
            await asyncio.sleep(_EVERY_S)

    async def flush(self) -> None:
        """Write what has changed since it was written, and forget what has ended."""
        self._is_due.clear()
        due = {key: lease for key, lease in self._leases.items() if _is_due(lease, self._saved.get(key))}
        if not due:
            return
        await asyncio.to_thread(self._save, list(due.values()))
        self._saved |= due
        now = self._clock.now()
        for key in [key for key, lease in self._leases.items() if lease.lease_until <= now]:
            del self._leases[key]
            self._saved.pop(key, None)

    def _save(self, leases: list[Lease]) -> None:
        with self._database.write(scope=_SCOPE) as tx:
            save_leases(tx, leases)


def _key(lease: Lease) -> Key:
    return "" if lease.is_root else lease.org_id, lease.id, lease.boot


def _is_due(lease: Lease, saved: Lease | None) -> bool:
    """Say whether a lease says something that the database does not."""
    if saved is None or saved.revision != lease.revision:
        return True
    return lease.seen_at - saved.seen_at >= _RENEWED_AFTER
