"""The contract of a workspace: which one it is, and what it promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockops.contracts.model import ContractChanged, ContractNotSet, WorkspaceContract
from mockops.contracts.service.opened import open_artefact
from mockops.contracts.service.saved import read_artefacts, read_contract
from mockops.contracts.store import contracts as store
from mockops.core.actor import Role
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service.changes import announce_change
from mockops.workspaces.service.environments import first_environment
from mockops.workspaces.service.versions import pin, record_version, unpin

if TYPE_CHECKING:
    from mockops.contracts.model import OperationEntry, SavedContract
    from mockops.contracts.rules.artefact import Contract
    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Workspace


def set_contract(
    tx: Tx,
    workspace: Workspace,
    digest: str,
    *,
    base_digest: str | None = None,
    path: str | None = None,
    version: int | None = None,
) -> WorkspaceContract:
    """Give a workspace a contract: a version of it, live in the first environment.

    Args:
        tx: The transaction.
        workspace: Which one.
        digest: Of a contract that its organization has.
        base_digest: Of what was imported or applied, which the next re-import is compared with; None: the contract is
            edited by hand, and the base stays as it is. A workspace's first contract is its own base.
        path: File or URL it comes from; None: as before.
        version: Refuse unless this is the latest version of the workspace's contract; 0: unless there is none.

    Raises:
        ContractUnknown: The organization has no such contract.
        ContractChanged: `version` is not the latest.
        NotAllowed: The caller is no editor of the workspace.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    before = _checked(tx, workspace, version)
    saved = read_contract(tx, workspace.org_id, digest)
    base_blob = saved.bundle_blob
    if base_digest is None:
        base_digest, base_blob = (before.base_digest, before.base_blob) if before else (digest, base_blob)
    elif base_digest != digest:
        base_blob = read_contract(tx, workspace.org_id, base_digest).bundle_blob
    return _save(tx, workspace, before, saved, base=(base_digest, base_blob), path=path)


def _save(
    tx: Tx,
    workspace: Workspace,
    before: WorkspaceContract | None,
    saved: SavedContract,
    *,
    base: tuple[str, str],
    path: str | None,
) -> WorkspaceContract:
    """Write down which contract a workspace has; what changes nothing is not written."""
    base_digest, base_blob = base
    values: JsonObject = {"digest": saved.digest, "base_digest": base_digest, "base_blob": base_blob}
    values["path"] = path if path is not None else before.path if before else ""
    if _go_live(tx, workspace, saved):
        _announce(tx, workspace, "updated" if before else "created", before, saved)
    if before is not None and all(getattr(before, name) == value for name, value in values.items()):
        return before
    version = before.version if before else 0
    after = WorkspaceContract(workspace_id=workspace.id, **values, version=version + 1, updated_at=tx.now)
    if before is None:
        store.insert_current(tx, workspace.org_id, after)
    elif not store.update_current(tx, workspace.id, {**values, "updated_at": tx.now}, version=version):
        raise _changed(workspace)
    return after


def save_reimported(
    tx: Tx, workspace: Workspace, merged: SavedContract, *, base: tuple[str, str], path: str | None, version: int
) -> WorkspaceContract:
    """Give a workspace what a re-import came to.

    Args:
        tx: The transaction.
        workspace: Which one.
        merged: What was compiled.
        base: Digest, and digest of the blob, of the bundle that was imported.
        path: File or URL it comes from; None: as before.
        version: Of the workspace's contract that was merged.

    Raises:
        ContractChanged: Somebody changed the contract meanwhile.
        NotAllowed: The caller is no editor of the workspace.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    return _save(tx, workspace, _checked(tx, workspace, version), merged, base=base, path=path)


def unset_contract(tx: Tx, workspace: Workspace, *, version: int | None = None) -> None:
    """Take a workspace's contract away, in its first environment too; later environments keep what is pinned there.

    Raises:
        ContractNotSet: It has none.
        ContractChanged: `version` is not the latest.
        NotAllowed: The caller is no editor of the workspace.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    before = _checked(tx, workspace, version)
    if before is None:
        raise _not_set(workspace)
    if not store.delete_current(tx, workspace.id, version=before.version):
        raise _changed(workspace)
    environment = first_environment(tx, workspace.id)
    unpin(tx, environment.id, EntityType.CONTRACT, "")
    _announce(tx, workspace, "deleted", before, None)


def find_current(tx: ReadTx, workspace_id: str) -> WorkspaceContract | None:
    """Return which contract a workspace has, or None."""
    return store.find_current(tx, workspace_id)


def current_contract(tx: ReadTx, workspace: Workspace) -> tuple[WorkspaceContract, SavedContract]:
    """Return which contract a workspace has, and the contract.

    Raises:
        ContractNotSet: It has none.

    """
    found = store.find_current(tx, workspace.id)
    if found is None:
        raise _not_set(workspace)
    return found, read_contract(tx, workspace.org_id, found.digest)


def current_contracts(tx: ReadTx, org_id: str) -> dict[str, tuple[WorkspaceContract, SavedContract]]:
    """Return the contracts of all workspaces of an organization, by workspace id; without their diagnostics."""
    return {current.workspace_id: (current, saved) for current, saved in store.read_all_current(tx, org_id)}


def open_contract(tx: ReadTx, org_id: str, digest: str) -> Contract:
    """Return the compiled form of a contract; raises ContractUnknown when the organization has none of that digest."""
    artefact = read_artefacts(tx, org_id, (digest,)).get(digest)
    return open_artefact(tx, artefact or read_contract(tx, org_id, digest).artefact_digest)


def operations_of(tx: ReadTx, org_id: str, workspace_id: str) -> tuple[OperationEntry, ...]:
    """Return the operations of a workspace's contract in the order of the document; none when it has no contract."""
    found = store.find_current(tx, workspace_id)
    return () if found is None else open_contract(tx, org_id, found.digest).entries


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilter:
    """Which operations are asked for; empty fields ask for all."""

    method: str = ""
    path_prefix: str = ""
    tag: str = ""
    deprecated: bool | None = None

    def takes(self, entry: OperationEntry) -> bool:
        """Say whether an operation is asked for."""
        return (
            (not self.method or entry.method == self.method.upper())
            and entry.path.startswith(self.path_prefix)
            and (not self.tag or self.tag in entry.tags)
            and (self.deprecated is None or entry.deprecated is self.deprecated)
        )


def _checked(tx: ReadTx, workspace: Workspace, version: int | None) -> WorkspaceContract | None:
    """Return which contract a workspace has, if it is of the version that somebody read."""
    found = store.find_current(tx, workspace.id)
    if version is not None and version != (found.version if found else 0):
        raise _changed(workspace)
    return found


def _go_live(tx: Tx, workspace: Workspace, saved: SavedContract) -> bool:
    """Make a contract live in the first environment; return False when it was already."""
    version = record_version(
        tx,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        entity_type=EntityType.CONTRACT,
        entity_key="",
        hash=saved.digest,
    )
    return pin(tx, first_environment(tx, workspace.id).id, version)


def _announce(
    tx: Tx, workspace: Workspace, action: str, before: WorkspaceContract | None, after: SavedContract | None
) -> None:
    announce_change(tx, workspace, "contract", environment=first_environment(tx, workspace.id).name, action=action)
    tx.audit(
        f"contract.{action}",
        "contract",
        workspace.id,
        workspace_id=workspace.id,
        org_id=workspace.org_id,
        before={"digest": before.digest, "path": before.path} if before else None,
        after={"digest": after.digest, "title": after.title, "version": after.version} if after else None,
    )


def _changed(workspace: Workspace) -> ContractChanged:
    message = f"The contract of {workspace.name!r} was changed meanwhile; read it again and repeat the change."
    return ContractChanged(message)


def _not_set(workspace: Workspace) -> ContractNotSet:
    return ContractNotSet(f"The workspace {workspace.name!r} has no contract; PUT one.")
