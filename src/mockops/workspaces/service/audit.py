"""Looking at the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.store import audit as store

if TYPE_CHECKING:
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx
    from mockops.workspaces.model.audit import AuditEntry, AuditFilter


def list_audit(
    tx: ReadTx, chosen: AuditFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[AuditEntry]:
    """Return a page of the audit trail of the caller's organization, newest first.

    The organization's admins see all of it, a workspace's admins what concerns the workspace.
    """
    tx.caller.require(Role.ADMIN, chosen.workspace_id if not tx.caller.may(Role.ADMIN) else "")
    return store.read_entries(tx, tx.caller.org_id, chosen, cursor=cursor, limit=limit)
