"""Which contents versions refer to, for the sweep of those that nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.store import versions as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.infra.db.transactions import ReadTx


def referenced_blobs(tx: ReadTx) -> Iterator[str]:
    """Give the hash of every version; those of contracts are no contents, which does no harm."""
    return store.walk_hashes(tx)


def config_manifests(tx: ReadTx) -> Iterator[str]:
    """Give the digest of the manifest of every config version."""
    return store.walk_hashes(tx, EntityType.CONFIG)


def versioned_contracts(tx: ReadTx, org_id: str, digests: Sequence[str]) -> set[str]:
    """Return those of a few hundred contracts of an organization that there are versions of."""
    return store.find_hashes(tx, org_id, EntityType.CONTRACT, digests)
