"""Contracts that were uploaded once and that nothing refers to any more."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from mockops.contracts.store import sweep as store
from mockops.workspaces.service.references import versioned_contracts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx

KEPT = timedelta(days=7)
"""So long after its files were sent last a contract is kept that nothing refers to."""
ASKED_FOR_ANEW = timedelta(days=6)
"""So long after it one that nothing refers to counts as missing, so that who is about to use it sends it again."""
_AT_ONCE = 200
_AT_MOST = 100_000
"""Contracts of one look; the others come the next time."""


def referenced_blobs(tx: ReadTx) -> Iterator[str]:
    """Give the digest of every content that contracts refer to: bundles, artefacts, bases of merges."""
    return store.walk_blobs(tx)


def find_unused(tx: ReadTx, org_id: str, digests: Sequence[str], *, older_than: timedelta) -> set[str]:
    """Return those contracts of an organization that nothing refers to, if they were sent so long ago."""
    unset = store.find_unset(tx, org_id, digests, tx.now - older_than)
    used: set[str] = set()
    for start in range(0, len(unset), _AT_ONCE):
        used |= versioned_contracts(tx, org_id, unset[start : start + _AT_ONCE])
    return set(unset) - used


def sweep_contracts(database: Database, *, kept: timedelta = KEPT, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Delete contracts that no workspace has, and no version of any; return how many.

    Each organization's are deleted in transactions of its own scope: no other one that makes something refer to them
    runs at the same time. What they refer to goes with the next sweep of contents.

    Args:
        database: Where.
        kept: Contracts whose files were sent within this time stay.
        goes_on: Asked before each transaction.

    """
    removed = 0
    with database.read() as tx:
        old = list(islice(store.walk_unset(tx, tx.now - kept), _AT_MOST))
    for org_id, pairs in groupby(sorted(old), key=itemgetter(0)):
        digests = [digest for _, digest in pairs]
        for start in range(0, len(digests), _AT_ONCE):
            if not goes_on():
                return removed
            removed += _sweep_some(database, org_id, digests[start : start + _AT_ONCE], kept)
    return removed


def _sweep_some(database: Database, org_id: str, digests: Sequence[str], kept: timedelta) -> int:
    with database.read() as tx:
        unused = sorted(find_unused(tx, org_id, digests, older_than=kept))
    if not unused:
        return 0
    with database.write(scope=org_id) as tx:
        still = sorted(find_unused(tx, org_id, unused, older_than=kept))
        return store.delete_contracts(tx, org_id, still) if still else 0
