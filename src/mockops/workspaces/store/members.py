"""Rows of members, and of the roles they have in one workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from mockops.core.actor import Role
from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.access import Member, Membership, WorkspaceRole
from mockops.workspaces.store.filters import contains_word, holds_text
from mockops.workspaces.store.tables import members, organizations, workspace_roles

if TYPE_CHECKING:
    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx


def _noun(row: Any) -> Member:
    values = dict(row._mapping)
    values["role"] = Role(values["role"])
    values["teams"] = tuple(values["teams"])
    return Member(**values)


def insert_member(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(members).values(**row))


def find_by_id(tx: ReadTx, member_id: str) -> Member | None:
    """Return a member of any organization."""
    row = tx.one(select(members).where(members.c.id == member_id))
    return _noun(row) if row is not None else None


def find_by_email(tx: ReadTx, org_id: str, email: str) -> Member | None:
    """Return an organization's member of an email address in lower case."""
    row = tx.one(select(members).where(members.c.org_id == org_id, members.c.email == email))
    return _noun(row) if row is not None else None


def find_by_subject(tx: ReadTx, org_id: str, subject: str) -> Member | None:
    """Return an organization's member of an OpenID Connect subject."""
    row = tx.one(select(members).where(members.c.subject == subject, members.c.org_id == org_id))
    return _noun(row) if row is not None else None


def read_memberships(tx: ReadTx, column: str, value: str) -> list[Membership]:
    """Return the members whose `subject` or `email` is this, in all organizations, in no order."""
    statement = (
        select(members.c.id.label("member_id"), members.c.org_id, organizations.c.name.label("org"), members.c.role)
        .join(organizations, organizations.c.id == members.c.org_id)
        .where(members.c[column] == value)
    )
    return [
        Membership(member_id=row.member_id, org_id=row.org_id, org=row.org, role=Role(row.role))
        for row in tx.all(statement)
    ]


def read_members(
    tx: ReadTx, org_id: str, *, q: str, role: str, team_id: str, cursor: str | None, limit: int
) -> Page[Member]:
    """Return a page of an organization's members, by email address."""
    statement = select(members).where(members.c.org_id == org_id)
    if q:
        statement = statement.where(contains_word(q, members.c.email, members.c.name))
    if role:
        statement = statement.where(members.c.role == role)
    if team_id:
        statement = statement.where(holds_text(tx, members.c.teams, f'"{team_id}"'))
    return read_page(tx, statement, keys=(members.c.email,), cursor=cursor, limit=limit).map(_noun)


def count_admins(tx: ReadTx, org_id: str) -> int:
    """Return how many admins an organization has."""
    statement = select(func.count()).select_from(members)
    number: int = tx.scalar(statement.where(members.c.org_id == org_id, members.c.role == Role.ADMIN))
    return number


def update_member(tx: Tx, member_id: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(members)
        .where(members.c.id == member_id, members.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def delete_member(tx: Tx, member_id: str) -> None:
    """Delete one, with the roles in workspaces."""
    tx.run(delete(members).where(members.c.id == member_id))


def read_roles_of(tx: ReadTx, member_id: str) -> dict[str, Role]:
    """Return a member's roles in workspaces, by the workspace's id."""
    rows = tx.all(
        select(workspace_roles.c.workspace_id, workspace_roles.c.role).where(workspace_roles.c.member_id == member_id)
    )
    return {row.workspace_id: Role(row.role) for row in rows}


def read_roles_in(tx: ReadTx, workspace_id: str, *, cursor: str | None, limit: int) -> Page[WorkspaceRole]:
    """Return a page of the members with a role of their own in a workspace, by id."""
    statement = (
        select(workspace_roles, members.c.email, members.c.name)
        .join(members, members.c.id == workspace_roles.c.member_id)
        .where(workspace_roles.c.workspace_id == workspace_id)
    )
    page = read_page(tx, statement, keys=(workspace_roles.c.member_id,), cursor=cursor, limit=limit)
    return page.map(lambda row: WorkspaceRole(**{**row._mapping, "role": Role(row.role)}))


def find_role(tx: ReadTx, workspace_id: str, member_id: str) -> Role | None:
    """Return a member's own role in a workspace."""
    row = tx.one(
        select(workspace_roles.c.role).where(
            workspace_roles.c.workspace_id == workspace_id, workspace_roles.c.member_id == member_id
        )
    )
    return Role(row.role) if row is not None else None


def set_role(tx: Tx, workspace_id: str, member_id: str, role: Role) -> None:
    """Give a member a role of their own in a workspace."""
    key = {"workspace_id": workspace_id, "member_id": member_id}
    if not tx.run(update(workspace_roles).filter_by(**key).values(role=role)):
        tx.run(insert(workspace_roles).values(**key, role=role))


def delete_role(tx: Tx, workspace_id: str, member_id: str) -> None:
    """Take a member's own role in a workspace away."""
    tx.run(
        delete(workspace_roles).where(
            workspace_roles.c.workspace_id == workspace_id, workspace_roles.c.member_id == member_id
        )
    )
