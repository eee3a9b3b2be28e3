"""Rows of contracts that may be of no use any more, and what contents contracts refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select

from mockops.contracts.store.tables import contracts, workspace_contracts
from mockops.infra.db.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mockops.infra.db.transactions import ReadTx, Tx

_IS_CURRENT = exists().where(
    workspace_contracts.c.org_id == contracts.c.org_id, workspace_contracts.c.digest == contracts.c.digest
)
_MAX_PARAMETERS = 500


def walk_blobs(tx: ReadTx) -> Iterator[str]:
    """Give the digest of every content that a contract or a workspace's contract refers to."""
    for column in (contracts.c.bundle_blob, contracts.c.artefact_digest, workspace_contracts.c.base_blob):
        for row in walk(tx, select(column).distinct(), (column,)):
            yield row[0]


def walk_unset(tx: ReadTx, before: datetime) -> Iterator[tuple[str, str]]:
    """Give organization and digest of contracts that were sent before a moment and that no workspace has now."""
    keys = (contracts.c.sent_at, contracts.c.org_id, contracts.c.digest)
    for row in walk(tx, select(*keys).where(contracts.c.sent_at < before, ~_IS_CURRENT), keys):
        yield row.org_id, row.digest


def find_unset(tx: ReadTx, org_id: str, digests: Sequence[str], before: datetime) -> list[str]:
    """Return those of some contracts that were sent before a moment and that no workspace has now."""
    found: list[str] = []
    for start in range(0, len(digests), _MAX_PARAMETERS):
        statement = select(contracts.c.digest).where(
            contracts.c.org_id == org_id,
            contracts.c.digest.in_(digests[start : start + _MAX_PARAMETERS]),
            contracts.c.sent_at < before,
            ~_IS_CURRENT,
        )
        found += [row.digest for row in tx.all(statement)]
    return found


def delete_contracts(tx: Tx, org_id: str, digests: Sequence[str]) -> int:
    """Delete a few hundred contracts of an organization; return how many."""
    return tx.run(delete(contracts).where(contracts.c.org_id == org_id, contracts.c.digest.in_(digests)))
