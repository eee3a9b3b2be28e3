"""`/me`: who you are to this server."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mockops.core.actor import Role
from mockops.infra.web.bodies import Shown
from mockops.infra.web.router import Read, Router
from mockops.workspaces.service.organizations import list_organizations

router = Router("workspaces", tag="me")


class MeShown(Shown):
    """Who is asking, and what they may do."""

    kind: Literal["local", "token", "user", "gateway", "system"]
    id: str
    name: str
    org: str = Field(description="Name of the organization that requests are about.")
    org_id: str
    orgs: tuple[str, ...] = Field(description="Names that `MockOps-Org` may have; the first 500.")
    role: Role
    workspace_roles: dict[str, Role] = Field(description="Roles that replace it, by the workspace's id.")
    workspaces: tuple[str, ...] | None = Field(description="Ids of the only workspaces in reach; null: all.")
    is_root: bool = Field(description="Whether you manage every organization of the installation.")


@router.reads("GET", "/me")
def get_me(work: Read) -> MeShown:
    """Return who you are and what you may do."""
    caller = work.caller
    names = [each.name for each in list_organizations(work.tx, limit=500).items]
    return MeShown.model_construct(
        kind=caller.kind,
        id=caller.id,
        name=caller.name,
        org=caller.org,
        org_id=caller.org_id,
        orgs=tuple(names),
        role=caller.role,
        workspace_roles=dict(caller.workspace_roles),
        workspaces=tuple(sorted(caller.workspaces)) if caller.workspaces is not None else None,
        is_root=caller.is_root,
    )
