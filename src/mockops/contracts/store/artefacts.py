"""Rows that say whose compiled contracts are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from mockops.contracts.store.tables import contracts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.infra.db.transactions import ReadTx


def find_artefacts(tx: ReadTx, org_id: str | None, digests: Sequence[str]) -> set[str]:
    """Return those digests that are of an organization's compiled contracts (None: of anybody's); a few hundred."""
    statement = select(contracts.c.artefact_digest).where(contracts.c.artefact_digest.in_(digests)).distinct()
    if org_id is not None:
        statement = statement.where(contracts.c.org_id == org_id)
    return {row.artefact_digest for row in tx.all(statement)}
