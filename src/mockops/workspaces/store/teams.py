"""Rows of teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.organizations import Team
from mockops.workspaces.store.filters import contains_word
from mockops.workspaces.store.tables import teams

if TYPE_CHECKING:
    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx


def _noun(row: Any) -> Team:
    return Team(**row._mapping)


def insert_team(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(teams).values(**row))


def find_by_id(tx: ReadTx, org_id: str, team_id: str) -> Team | None:
    """Return an organization's team."""
    row = tx.one(select(teams).where(teams.c.id == team_id, teams.c.org_id == org_id))
    return _noun(row) if row is not None else None


def find_by_name(tx: ReadTx, org_id: str, name: str) -> Team | None:
    """Return an organization's team of a name."""
    row = tx.one(select(teams).where(teams.c.org_id == org_id, teams.c.name == name))
    return _noun(row) if row is not None else None


def read_teams(tx: ReadTx, org_id: str, *, q: str, cursor: str | None, limit: int) -> Page[Team]:
    """Return a page of an organization's teams, by name."""
    statement = select(teams).where(teams.c.org_id == org_id)
    if q:
        statement = statement.where(contains_word(q, teams.c.name, teams.c.title))
    return read_page(tx, statement, keys=(teams.c.name,), cursor=cursor, limit=limit).map(_noun)


def read_names(tx: ReadTx, org_id: str) -> dict[str, str]:
    """Return the names of an organization's teams, by id."""
    rows = tx.all(select(teams.c.id, teams.c.name).where(teams.c.org_id == org_id))
    return {row.id: row.name for row in rows}


def update_team(tx: Tx, team_id: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(teams)
        .where(teams.c.id == team_id, teams.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def delete_team(tx: Tx, team_id: str) -> None:
    """Delete one; its workspaces have no team then."""
    tx.run(delete(teams).where(teams.c.id == team_id))
