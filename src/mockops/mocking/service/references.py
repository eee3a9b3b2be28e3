"""Which contents stubs, scenarios, personas and the manifests of config versions refer to."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mockops.mocking.rules.manifests import read_manifest
from mockops.mocking.store.references import walk_digests
from mockops.workspaces.service.blobs import read_blobs
from mockops.workspaces.service.references import config_manifests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.infra.db.transactions import ReadTx

_AT_ONCE = 50
"""Manifests that are in memory at a time."""


def referenced_blobs(tx: ReadTx) -> Iterator[str]:
    """Give the digest of every content that items refer to as they are, and as config versions have them."""
    yield from walk_digests(tx)
    manifests = config_manifests(tx)
    while some := list(islice(manifests, _AT_ONCE)):
        for content in read_blobs(tx, some).values():
            for _, digest, _ in read_manifest(content).stubs:
                yield digest
