"""Who is asking the control plane, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from mockops.core.errors import Denied, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Role(StrEnum):
    """What a member may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    """Reads."""
    EDITOR = "editor"
    """Changes workspaces and what is in them."""
    APPROVER = "approver"
    """Moves versions into later environments."""
    ADMIN = "admin"
    """Manages members, tokens and secrets."""

    def covers(self, needed: Role) -> bool:
        """Say whether whoever has this role may do what `needed` may."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Role)


class NotAllowed(Denied):
    """The caller's role does not suffice."""

    code: ClassVar[str] = "access.role_too_low"


class WorkspaceUnknown(NotFound):
    """There is no such workspace, or none the caller may know of."""

    code: ClassVar[str] = "workspace.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody, or something, that makes a request."""

    kind: Literal["local", "token", "user", "gateway", "system"]
    id: str
    """Of the token or member; what the audit trail names together with `kind`."""
    name: str
    """For people."""
    org_id: str
    org: str
    """The organization's name."""
    role: Role = Role.VIEWER
    """In the organization."""
    workspace_roles: Mapping[str, Role] = field(default_factory=dict)
    """Roles that replace `role`, by workspace id."""
    workspaces: frozenset[str] | None = None
    """Ids of the only workspaces the caller may touch; None: all of the organization."""
    is_root: bool = False
    """Whether the caller may manage every organization of this installation."""
    expires_at: datetime | None = None
    """When the token lets nobody in any more: what it makes ends no later. None: never, or it is no token."""
    address: str = ""
    """Where the request came from."""
    user_agent: str = ""

    def sees(self, workspace_id: str) -> bool:
        """Say whether the caller may know of a workspace of the organization."""
        return self.workspaces is None or workspace_id in self.workspaces

    def may(self, needed: Role, workspace_id: str = "") -> bool:
        """Say whether the caller may do what `needed` may, in one workspace or in the organization."""
        if not workspace_id:
            return self.workspaces is None and self.role.covers(needed)
        return self.sees(workspace_id) and self.workspace_roles.get(workspace_id, self.role).covers(needed)

    def require(self, needed: Role, workspace_id: str = "") -> None:
        """Refuse whoever may not do what `needed` may.

        Raises:
            WorkspaceUnknown: The caller may not even know of the workspace.
            NotAllowed: The role does not suffice.

        """
        if workspace_id and not self.sees(workspace_id):
            raise WorkspaceUnknown("There is no such workspace.")
        if not self.may(needed, workspace_id):
            where = "in this workspace" if workspace_id else f"in the organization {self.org!r}"
            has = self.workspace_roles.get(workspace_id, self.role)
            limit = " and only for some workspaces" if self.workspaces is not None and not workspace_id else ""
            raise NotAllowed(f"This needs the role {needed} {where}; {self.name!r} has {has}{limit}.")


SYSTEM = Caller(kind="system", id="system", name="mockops", org_id="", org="", role=Role.ADMIN, is_root=True)
"""MockOps itself, where it acts on nobody's request."""
