"""Gateways: which are live, and which have applied a change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.publishing.store import gateways as store
from mockops.workspaces.service.targets import newest_revision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.publishing.model import TrafficBatch

LEASE_S = 45.0
"""So long after its last poll began or was answered a gateway counts as live."""
_KEPT = timedelta(days=1)
_MAX_PROBLEMS = 100
_MAX_PROBLEM = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A gateway's process as control knows it."""

    id: str
    """The same after each start."""
    boot: str
    """Of this start; later ones sort higher."""
    name: str
    """For people."""
    org_id: str
    org: str
    """Whose targets it serves by their bare names."""
    is_root: bool
    """Whether it serves every organization."""
    revision: int
    """Everything up to this one is applied."""
    applied_at: datetime
    """When it said so first."""
    workers: int
    version: str
    """Of MockOps."""
    started_at: datetime
    """When its first poll came."""
    seen_at: datetime
    lease_until: datetime

    def serves(self, org_id: str) -> bool:
        """Say whether it serves an organization's targets."""
        return self.is_root or self.org_id == org_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How far a change has come; each worker of a gateway counts as one."""

    revision: int
    applied: int
    live: int
    waiting: tuple[str, ...]
    """Names of the live gateways that have not applied it."""

    @property
    def is_complete(self) -> bool:
        """Whether every live gateway has applied it."""
        return self.applied == self.live


def save_leases(tx: Tx, leases: Iterable[Lease]) -> None:
    """Write leases, and forget those that ended long ago."""
    store.save_leases(tx, [asdict(lease) for lease in sorted(leases, key=lambda each: (each.id, each.boot))])
    store.forget_leases(tx, tx.now - _KEPT)


def save_problems(tx: Tx, batch: TrafficBatch) -> None:
    """Keep what a gateway says is wrong, as of its newest batch."""
    problems = [problem.replace("\0", "")[:_MAX_PROBLEM] for problem in batch.problems[:_MAX_PROBLEMS]]
    store.save_problems(tx, batch.gateway, batch.boot, problems)


def read_leases(tx: ReadTx, org_id: str) -> dict[tuple[str, str], Lease]:
    """Return the live gateways that serve an organization."""
    leases = (
        Lease(**{name: value for name, value in row._mapping.items() if name != "problems"})
        for row in store.read_live(tx, org_id)
    )
    return {(lease.id, lease.boot): lease for lease in leases}


def needed_revision(tx: ReadTx, org_id: str, revision: int) -> int:
    """Return the revision that a gateway of an organization must have to have all of its changes up to another one.

    Revisions count the changes of all organizations; a gateway is not woken for those of others.
    """
    return min(revision, newest_revision(tx, org_id))


def judge(leases: Mapping[tuple[str, str], Lease], needed: int, *, revision: int, now: datetime) -> Applied:
    """Return how far a change has come.

    Only the latest start of a gateway counts: the lease of the one before may not have ended yet.
    """
    latest: dict[str, Lease] = {}
    for lease in leases.values():
        known = latest.get(lease.id)
        if lease.lease_until > now and (known is None or known.started_at <= lease.started_at):
            latest[lease.id] = lease
    done = [lease for lease in latest.values() if lease.revision >= needed]
    waiting = sorted(lease.name for lease in latest.values() if lease.revision < needed)
    return Applied(
        revision=revision,
        applied=sum(lease.workers for lease in done),
        live=sum(lease.workers for lease in latest.values()),
        waiting=tuple(waiting),
    )
