"""Re-importing a workspace's contract: look, merge and compile outside of any transaction, save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockops.contracts.rules.bundles import digest_of, pack, unpack
from mockops.contracts.service.current import current_contract, save_reimported
from mockops.contracts.service.saved import read_bundle, save_contract
from mockops.workspaces.service.blobs import read_blob, save_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockops.contracts.model import (
        Bundle,
        OperationEntry,
        Reimported,
        WorkspaceContract,
    )
    from mockops.contracts.service.build import Builder
    from mockops.core.diagnostics import Diagnostic
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Workspace


def _say_nothing(_tx: ReadTx, _workspace: Workspace, _operations: Sequence[OperationEntry]) -> Sequence[Diagnostic]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReview:
    """What other slices have to say about a contract that a workspace is about to have; control provides it."""

    review: Callable[[ReadTx, Workspace, Sequence[OperationEntry]], Sequence[Diagnostic]] = _say_nothing
    """Returns warnings, such as stubs whose operations the contract no longer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What a re-import starts from."""

    current: WorkspaceContract
    base: Bundle
    """What was imported last."""
    ours: Bundle
    """What there is, with edits made by hand."""


def read_sides(tx: ReadTx, workspace: Workspace) -> Sides:
    """Return what a re-import starts from; raises ContractNotSet when the workspace has no contract."""
    current, saved = current_contract(tx, workspace)
    ours = read_bundle(tx, saved)
    is_edited = current.base_digest != current.digest
    return Sides(current=current, base=unpack(read_blob(tx, current.base_blob)) if is_edited else ours, ours=ours)


def merge_reimport(
    builder: Builder, sides: Sides, theirs: Bundle, *, prefer: Literal["ours", "theirs"] = "ours"
) -> Reimported:
    """Merge and compile, in a process of its own; never inside a transaction. Errors are those of `Builder`."""
    return builder.reimport(sides.base, sides.ours, theirs, prefer=prefer)


def save_reimport(
    tx: Tx, workspace: Workspace, sides: Sides, theirs: Bundle, reimported: Reimported, *, path: str | None = None
) -> WorkspaceContract:
    """Save what a re-import came to; what was imported is the base of the next one.

    Where hand edits and the import disagreed and ours stayed, the next import of the same does not ask again.

    Raises:
        ContractChanged: Somebody changed the contract since `read_sides`.
        NotAllowed: The caller is no editor of the workspace.

    """
    saved = save_contract(tx, workspace.org_id, reimported.bundle, reimported.built)
    base_digest = digest_of(theirs)
    base_blob = saved.bundle_blob if base_digest == saved.digest else save_blob(tx, pack(theirs))
    return save_reimported(
        tx, workspace, saved, base=(base_digest, base_blob), path=path, version=sides.current.version
    )
