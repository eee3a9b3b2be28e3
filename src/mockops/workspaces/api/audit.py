"""`/audit`: who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, Field

from mockops.core.actor import Role, WorkspaceUnknown
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Read, Router
from mockops.workspaces.api.shapes import Filter, Glob
from mockops.workspaces.model.audit import AuditEntry, AuditFilter
from mockops.workspaces.rules.names import is_id
from mockops.workspaces.service import audit as service
from mockops.workspaces.service.workspaces import find_workspace

router = Router("workspaces", tag="audit")


class AuditEntryShown(Shown):
    """One change."""

    id: str
    number: int = Field(description="Later commits have higher ones.")
    at: datetime
    workspace_id: str = Field(description="Empty: it concerns the organization.")
    actor_kind: str
    actor_id: str
    actor: str
    action: str
    entity_type: str
    entity_id: str
    before: Any = Field(description="The members that changed, as they were; null: there was nothing.")
    after: Any = Field(description="The members that changed, as they are; null: there is nothing. Never a secret.")
    address: str
    user_agent: str


def show(entry: AuditEntry) -> AuditEntryShown:
    """Return a change as it is shown."""
    return AuditEntryShown.model_construct(**{name: getattr(entry, name) for name in AuditEntryShown.model_fields})


Since = Annotated[AwareDatetime | None, Query(alias="from", description="The first moment.")]
Until = Annotated[AwareDatetime | None, Query(alias="to", description="The first moment that is too late.")]


@router.reads("GET", "/audit", errors=(WorkspaceUnknown,))
def list_audit(
    work: Read,
    actor: Filter = "",
    entity_type: Filter = "",
    entity_id: Filter = "",
    action: Glob = "",
    workspace: Filter = "",
    since: Since = None,
    until: Until = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[AuditEntryShown]:
    """List changes, newest first; needs an admin of the organization, or of the workspace that is asked for."""
    chosen = AuditFilter(
        actor=actor,
        entity_type=entity_type,
        entity_id=entity_id,
        action=action,
        workspace_id=_workspace_id(work, workspace) if workspace else "",
        since=since,
        until=until,
    )
    return Listed.of(service.list_audit(work.tx, chosen, cursor=cursor, limit=limit), show)


def _workspace_id(work: Read, named: str) -> str:
    """Return a workspace's id; the organization's admins may ask for one that is deleted."""
    if is_id(named) and work.caller.may(Role.ADMIN):
        return named
    return find_workspace(work.tx, work.caller, named).id
