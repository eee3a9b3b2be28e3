"""Reading the audit trail, which every transaction writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from mockops.infra.db.pages import Page, read_page
from mockops.infra.db.tables import audit
from mockops.workspaces.model.audit import AuditEntry
from mockops.workspaces.store.filters import matches_glob

if TYPE_CHECKING:
    from mockops.infra.db.transactions import ReadTx
    from mockops.workspaces.model.audit import AuditFilter


def read_entries(tx: ReadTx, org_id: str, chosen: AuditFilter, *, cursor: str | None, limit: int) -> Page[AuditEntry]:
    """Return a page of an organization's audit trail, newest first."""
    statement = select(audit).where(audit.c.org_id == org_id)
    for column, value in (
        (audit.c.workspace_id, chosen.workspace_id),
        (audit.c.entity_type, chosen.entity_type),
        (audit.c.entity_id, chosen.entity_id),
    ):
        if value:
            statement = statement.where(column == value)
    if chosen.actor:
        statement = statement.where(or_(audit.c.actor_id == chosen.actor, audit.c.actor == chosen.actor))
    if chosen.action:
        statement = statement.where(matches_glob(audit.c.action, chosen.action))
    if chosen.since is not None:
        statement = statement.where(audit.c.at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(audit.c.at < chosen.until)
    page = read_page(tx, statement, keys=(audit.c.number,), cursor=cursor, limit=limit, descending=True)
    return page.map(lambda row: AuditEntry(**row._mapping))
