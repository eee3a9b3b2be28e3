"""Whose compiled contracts are whose: what a gateway may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.store import artefacts as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.infra.db.transactions import ReadTx


def find_artefacts(tx: ReadTx, org_id: str | None, digests: Iterable[str]) -> set[str]:
    """Return those of a few hundred digests that are compiled contracts of an organization; None: of any."""
    wanted = sorted(set(digests))
    return store.find_artefacts(tx, org_id, wanted) if wanted else set()
