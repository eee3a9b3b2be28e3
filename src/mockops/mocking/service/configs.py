"""Config versions: what settings and stubs of a workspace are, together, at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.model.saved import Manifest
from mockops.mocking.rules.manifests import manifest_content, read_manifest
from mockops.mocking.service.recent import Recent
from mockops.mocking.store import items as store
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service.blobs import read_blob, save_blobs
from mockops.workspaces.service.environments import first_environment
from mockops.workspaces.service.versions import pin, prune_configs, record_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Workspace
    from mockops.workspaces.model.versions import Version

_PRUNE_EVERY = 10
"""Versions after which old ones are looked for."""
_MAX_KEPT_BYTES = 32 << 20
_RECENT: Recent[Manifest] = Recent(_MAX_KEPT_BYTES)


def cut_config_version(
    tx: Tx,
    workspace: Workspace,
    *,
    environment_id: str = "",
    contents: Iterable[bytes] = (),
) -> Version:
    """Record what a workspace's settings and stubs are now, and make it live in the first environment.

    Args:
        tx: The transaction of the change.
        workspace: As it is after the change.
        environment_id: Of the first environment, where it is known.
        contents: Blobs to be saved with it.

    """
    stubs = store.list_entries(tx, workspace.id)
    digest = save_blobs(tx, (manifest_content(workspace.settings, stubs), *contents))[0]
    version = record_version(
        tx,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        entity_type=EntityType.CONFIG,
        entity_key="",
        hash=digest,
    )
    pin(tx, environment_id or first_environment(tx, workspace.id).id, version)
    if version.number % _PRUNE_EVERY == 0:
        prune_configs(tx, workspace.org_id, workspace.id)
    return version


def manifest_of(tx: ReadTx, digest: str) -> Manifest:
    """Return what a config version holds; an empty digest stands for nothing at all.

    Raises:
        BlobUnknown: There is no such content.

    """
    if not digest:
        return Manifest(settings={})
    found = _RECENT.find(digest)
    if found is None:
        content = read_blob(tx, digest)
        found = read_manifest(content)
        _RECENT.keep(digest, found, len(content))
    return found
