"""Rows of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.environments import Workspace
from mockops.workspaces.store.filters import contains_word, holds_text, matches_glob
from mockops.workspaces.store.tables import teams, workspaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500


def _selected() -> Select[Any]:
    team = func.coalesce(teams.c.name, "").label("team")
    return select(workspaces, team).select_from(workspaces.outerjoin(teams, teams.c.id == workspaces.c.team_id))


_BY_ID = _selected().where(workspaces.c.id == bindparam("of_id"))
_BY_NAME = _selected().where(workspaces.c.org_id == bindparam("in_org"), workspaces.c.name == bindparam("of_name"))


def _noun(row: Row[Any]) -> Workspace:
    return Workspace(**row._mapping)


def insert_workspace(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(workspaces).values(**row))


def find_by_id(tx: ReadTx, workspace_id: str) -> Workspace | None:
    """Return a workspace of any organization."""
    row = tx.one(_BY_ID, {"of_id": workspace_id})
    return _noun(row) if row is not None else None


def find_by_name(tx: ReadTx, org_id: str, name: str) -> Workspace | None:
    """Return an organization's workspace."""
    row = tx.one(_BY_NAME, {"in_org": org_id, "of_name": name})
    return _noun(row) if row is not None else None


def find_ids(tx: ReadTx, org_id: str, ids_or_names: Sequence[str]) -> dict[str, str]:
    """Return the ids of an organization's workspaces, by what each was named with: its id or name."""
    found: dict[str, str] = {}
    for start in range(0, len(ids_or_names), _MAX_PARAMETERS):
        some = ids_or_names[start : start + _MAX_PARAMETERS]
        for column in (workspaces.c.id, workspaces.c.name):
            rows = tx.all(
                select(workspaces.c.id, column.label("named")).where(workspaces.c.org_id == org_id, column.in_(some))
            )
            found.update((row.named, row.id) for row in rows)
    return found


def find_names(tx: ReadTx, org_id: str, names: Sequence[str]) -> set[str]:
    """Return those names that an organization has workspaces of."""
    found: set[str] = set()
    for start in range(0, len(names), _MAX_PARAMETERS):
        some = workspaces.c.name.in_(names[start : start + _MAX_PARAMETERS])
        found.update(row.name for row in tx.all(select(workspaces.c.name).where(workspaces.c.org_id == org_id, some)))
    return found


def read_workspaces(
    tx: ReadTx,
    org_id: str,
    *,
    ids: Sequence[str] | None,
    q: str = "",
    name: str = "",
    team_id: str = "",
    labels: Sequence[tuple[str, str]] = (),
    cursor: str | None,
    limit: int,
) -> Page[Workspace]:
    """Return a page of an organization's workspaces, by name.

    Args:
        tx: The transaction.
        org_id: The organization.
        ids: Only these; None: all.
        q: Only those with this in name or title, in whatever case.
        name: Only those whose name is this, with `*` and `?` as in file names.
        team_id: Only this team's.
        labels: Only those that have all of these; a value may be `*`, which is any.
        cursor: Of the page before.
        limit: At most so many.

    """
    statement = _selected().where(workspaces.c.org_id == org_id)
    if ids is not None:
        statement = statement.where(workspaces.c.id.in_(ids))
    if q:
        statement = statement.where(contains_word(q, workspaces.c.name, workspaces.c.title))
    if name:
        statement = statement.where(matches_glob(workspaces.c.name, name))
    if team_id:
        statement = statement.where(workspaces.c.team_id == team_id)
    for key, value in labels:
        statement = statement.where(_has_label(tx, key, value))
    page = read_page(tx, statement, keys=(workspaces.c.name,), cursor=cursor, limit=limit)
    return page.map(_noun)


def _has_label(tx: ReadTx, key: str, value: str) -> ColumnElement[bool]:
    """Look into the JSON text, where a quote inside of a value is escaped: what matches is a member."""
    return holds_text(tx, workspaces.c.labels, f'"{key}":' + ("" if value == "*" else f'"{value}"'))


def read_all(tx: ReadTx, org_id: str) -> list[Workspace]:
    """Return every workspace of an organization, by name."""
    rows = tx.all(_selected().where(workspaces.c.org_id == org_id).order_by(workspaces.c.name))
    return [_noun(row) for row in rows]


def update_workspace(tx: Tx, workspace_id: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(workspaces)
        .where(workspaces.c.id == workspace_id, workspaces.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def delete_workspace(tx: Tx, workspace_id: str) -> None:
    """Delete one, with every row that hangs on it."""
    tx.run(delete(workspaces).where(workspaces.c.id == workspace_id))


def has_workspaces(tx: ReadTx, org_id: str) -> bool:
    """Say whether an organization has any."""
    return tx.one(select(workspaces.c.id).where(workspaces.c.org_id == org_id).limit(1)) is not None
