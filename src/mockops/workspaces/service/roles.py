"""Roles that hold in one workspace, in place of the one in the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.access import RoleUnset, WorkspaceRole
from mockops.workspaces.service.tokens import revoke_excess
from mockops.workspaces.store import members as store

if TYPE_CHECKING:
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.access import Member
    from mockops.workspaces.model.environments import Workspace


def list_roles(
    tx: ReadTx, workspace: Workspace, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[WorkspaceRole]:
    """Return a page of the members who have a role of their own in a workspace."""
    tx.caller.require(Role.VIEWER, workspace.id)
    return store.read_roles_in(tx, workspace.id, cursor=cursor, limit=limit)


def set_role(tx: Tx, workspace: Workspace, member: Member, role: Role) -> WorkspaceRole:
    """Give a member a role of their own in a workspace, higher or lower than in the organization; its admins may.

    API tokens that the member made, and that may do more there, are revoked.
    """
    tx.caller.require(Role.ADMIN, workspace.id)
    before = store.find_role(tx, workspace.id, member.id)
    if before is not role:
        store.set_role(tx, workspace.id, member.id, role)
        _audit(tx, "role.set", workspace, member, before=before, after=role)
        revoke_excess(tx, member, highest=role, workspace_id=workspace.id)
    return WorkspaceRole(
        workspace_id=workspace.id, member_id=member.id, email=member.email, name=member.name, role=role
    )


def unset_role(tx: Tx, workspace: Workspace, member: Member) -> None:
    """Let a member have the organization's role in a workspace again; its admins may.

    API tokens that the member made, and that may do more there, are revoked.

    Raises:
        RoleUnset: The member has no other.

    """
    tx.caller.require(Role.ADMIN, workspace.id)
    before = store.find_role(tx, workspace.id, member.id)
    if before is None:
        message = f"{member.email!r} has no role of their own in {workspace.name!r}."
        raise RoleUnset(message)
    store.delete_role(tx, workspace.id, member.id)
    revoke_excess(tx, member, highest=member.role, workspace_id=workspace.id)
    _audit(tx, "role.unset", workspace, member, before=before, after=None)


def _audit(
    tx: Tx, action: str, workspace: Workspace, member: Member, *, before: Role | None, after: Role | None
) -> None:
    def told(role: Role | None) -> dict[str, str] | None:
        return {"member": member.email, "role": str(role)} if role is not None else None

    tx.audit(action, "member", member.id, workspace_id=workspace.id, before=told(before), after=told(after))
