"""What gateways, their traffic and what was deleted leave behind, and how long it is kept.

Samples are bounded where they come in.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from mockops.contracts.service import sweep as contracts
from mockops.mocking.service import references as items
from mockops.publishing.store import gateways, projects, retention, traffic
from mockops.workspaces.service import references as versions
from mockops.workspaces.service.workspaces import find_missing_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx, Tx

_LEASES_KEPT = timedelta(hours=24)
"""How long a gateway that is gone is still shown."""
_BATCHES_KEPT = timedelta(days=7)
"""How long the numbers of batches are remembered: a gateway sends what it has spooled for at most so long."""
_BATCH = 500


def forget_leases(tx: Tx) -> int:
    """Forget gateways that have been gone for a day; return how many."""
    return gateways.forget_leases(tx, tx.now - _LEASES_KEPT)


def forget_batches(tx: Tx) -> int:
    """Forget the numbers of batches that are too old to come again; return how many."""
    return traffic.forget_batches(tx, tx.now - _BATCHES_KEPT)


def forget_minutes(tx: Tx, kept: timedelta) -> int:
    """Forget some of the counts that are older than `kept`; return how many."""
    return retention.forget_minutes(tx, tx.now - kept, _BATCH)


def referenced_blobs(tx: ReadTx) -> Iterator[str]:
    """Give every digest of content that something refers to, in whatever slice; what is quick to read comes first."""
    return chain(
        versions.referenced_blobs(tx),
        contracts.referenced_blobs(tx),
        projects.walk_digests(tx),
        items.referenced_blobs(tx),
    )


def forget_bases(database: Database, *, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Forget what files said about workspaces that are gone or have another name; return how much.

    A workspace that the server does not have is created by the next apply, whatever was applied before: only a later
    one of its name, made by somebody else, would be taken for this project's own.
    """
    removed = 0
    with database.read() as tx:
        gone = []
        for org_id, pairs in groupby(projects.walk_workspaces(tx), key=itemgetter(0)):
            gone += [(org_id, name) for name in find_missing_names(tx, org_id, [name for _, name in pairs])]
    for org_id, name in gone:
        count = _BATCH
        while count == _BATCH:
            if not goes_on():
                return removed
            # of the organization's scope: nobody creates it meanwhile
            with database.write(scope=org_id) as tx:
                is_gone = bool(find_missing_names(tx, org_id, [name]))
                count = projects.forget_workspaces(tx, org_id, [name], _BATCH) if is_gone else 0
            removed += count
    return removed
