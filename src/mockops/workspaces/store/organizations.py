"""Rows of organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.organizations import Organization
from mockops.workspaces.store.tables import organizations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx


def _noun(row: Any) -> Organization:
    values = dict(row._mapping)
    values["environments"] = tuple(values["environments"])
    return Organization(**values)


def insert_organization(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(organizations).values(**row))


def find_by_id(tx: ReadTx, org_id: str) -> Organization | None:
    """Return one by its id."""
    row = tx.one(select(organizations).where(organizations.c.id == org_id))
    return _noun(row) if row is not None else None


def find_by_name(tx: ReadTx, name: str) -> Organization | None:
    """Return one by its name."""
    row = tx.one(select(organizations).where(organizations.c.name == name))
    return _noun(row) if row is not None else None


def read_organizations(tx: ReadTx, *, ids: Sequence[str] | None, cursor: str | None, limit: int) -> Page[Organization]:
    """Return a page of organizations by name; None: of all of them."""
    statement = select(organizations)
    if ids is not None:
        statement = statement.where(organizations.c.id.in_(ids))
    return read_page(tx, statement, keys=(organizations.c.name,), cursor=cursor, limit=limit).map(_noun)


def update_organization(tx: Tx, org_id: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(organizations)
        .where(organizations.c.id == org_id, organizations.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def delete_organization(tx: Tx, org_id: str) -> None:
    """Delete one, with every row that hangs on it."""
    tx.run(delete(organizations).where(organizations.c.id == org_id))
