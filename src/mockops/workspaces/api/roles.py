"""`/workspaces/{workspace}/roles`: roles that hold in one workspace."""

from __future__ import annotations

from mockops.core.actor import Role, WorkspaceUnknown
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Read, Router, Write
from mockops.workspaces.api.shapes import Address, IdOrName
from mockops.workspaces.model.access import MemberUnknown, RoleUnset, WorkspaceRole
from mockops.workspaces.service import roles as service
from mockops.workspaces.service.members import read_member
from mockops.workspaces.service.workspaces import find_workspace

router = Router("workspaces", tag="members")


class WorkspaceRoleShown(Shown):
    """A member's own role in a workspace."""

    member_id: str
    email: str
    name: str
    role: Role


class NewRole(Body):
    """A role to be had."""

    role: Role


def show(role: WorkspaceRole) -> WorkspaceRoleShown:
    """Return a role as it is shown."""
    return WorkspaceRoleShown.model_construct(
        member_id=role.member_id, email=role.email, name=role.name, role=role.role
    )


@router.reads("GET", "/workspaces/{workspace}/roles", errors=(WorkspaceUnknown,))
def list_roles(
    work: Read, workspace: IdOrName, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Listed[WorkspaceRoleShown]:
    """List the members who have a role of their own in a workspace."""
    found = find_workspace(work.tx, work.caller, workspace)
    return Listed.of(service.list_roles(work.tx, found, cursor=cursor, limit=limit), show)


@router.writes("PUT", "/workspaces/{workspace}/roles/{member}", errors=(WorkspaceUnknown, MemberUnknown))
def set_role(work: Write, workspace: IdOrName, member: Address, body: NewRole) -> WorkspaceRoleShown:
    """Give a member a role in a workspace that replaces the organization's; needs an admin of the workspace."""
    found = find_workspace(work.tx, work.caller, workspace)
    return show(service.set_role(work.tx, found, read_member(work.tx, member), body.role))


@router.writes("DELETE", "/workspaces/{workspace}/roles/{member}", errors=(WorkspaceUnknown, MemberUnknown, RoleUnset))
def unset_role(work: Write, workspace: IdOrName, member: Address) -> None:
    """Let a member have the organization's role again; needs an admin of the workspace."""
    found = find_workspace(work.tx, work.caller, workspace)
    service.unset_role(work.tx, found, read_member(work.tx, member))
