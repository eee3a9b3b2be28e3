"""Rows of environments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from mockops.workspaces.model.environments import Environment
from mockops.workspaces.store.tables import environments, workspaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500
_FIRST = (
    select(environments)
    .where(environments.c.workspace_id == bindparam("in_workspace"))
    .order_by(environments.c.position)
    .limit(1)
)


def _noun(row: Any) -> Environment:
    return Environment(**row._mapping)


def insert_environments(tx: Tx, rows: Sequence[JsonObject]) -> None:
    """Insert several."""
    tx.insert(environments, rows)


def read_environments(tx: ReadTx, workspace_id: str) -> list[Environment]:
    """Return a workspace's, in the order of promotion."""
    rows = tx.all(
        select(environments).where(environments.c.workspace_id == workspace_id).order_by(environments.c.position)
    )
    return [_noun(row) for row in rows]


def read_environments_of(tx: ReadTx, workspace_ids: Sequence[str]) -> list[Environment]:
    """Return those of several workspaces, each workspace's in the order of promotion."""
    found: list[Environment] = []
    for start in range(0, len(workspace_ids), _MAX_PARAMETERS):
        some = workspace_ids[start : start + _MAX_PARAMETERS]
        rows = tx.all(
            select(environments)
            .where(environments.c.workspace_id.in_(some))
            .order_by(environments.c.workspace_id, environments.c.position)
        )
        found += map(_noun, rows)
    return found


def find_first(tx: ReadTx, workspace_id: str) -> Environment | None:
    """Return the one where editors work."""
    row = tx.one(_FIRST, {"in_workspace": workspace_id})
    return _noun(row) if row is not None else None


def find_by_id(tx: ReadTx, environment_id: str) -> Environment | None:
    """Return an environment of any workspace."""
    row = tx.one(select(environments).where(environments.c.id == environment_id))
    return _noun(row) if row is not None else None


def find_in(tx: ReadTx, workspace_id: str, name: str) -> Environment | None:
    """Return a workspace's environment of a name."""
    row = tx.one(select(environments).where(environments.c.workspace_id == workspace_id, environments.c.name == name))
    return _noun(row) if row is not None else None


def read_ids_named(tx: ReadTx, org_id: str, name: str) -> list[str]:
    """Return the ids of all environments of a name in an organization."""
    statement = (
        select(environments.c.id)
        .select_from(workspaces.join(environments, environments.c.workspace_id == workspaces.c.id))
        .where(workspaces.c.org_id == org_id, environments.c.name == name)
    )
    return [row.id for row in tx.all(statement)]


def read_ids_of(tx: ReadTx, org_id: str) -> list[str]:
    """Return the ids of all environments in an organization."""
    statement = (
        select(environments.c.id)
        .select_from(workspaces.join(environments, environments.c.workspace_id == workspaces.c.id))
        .where(workspaces.c.org_id == org_id)
    )
    return [row.id for row in tx.all(statement)]


def update_environment(tx: Tx, environment_id: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(environments)
        .where(environments.c.id == environment_id, environments.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def move_environment(tx: Tx, environment_id: str, position: int) -> None:
    """Give an environment its place in the order of promotion."""
    tx.run(update(environments).where(environments.c.id == environment_id).values(position=position))


def delete_environment(tx: Tx, environment_id: str) -> None:
    """Delete one, with its pins."""
    tx.run(delete(environments).where(environments.c.id == environment_id))
