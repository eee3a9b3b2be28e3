"""Rows of secrets; values are sealed before they come here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.secrets import Secret
from mockops.workspaces.store.tables import secrets

if TYPE_CHECKING:
    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_SHOWN = select(secrets.c.name, secrets.c.version, secrets.c.created_at, secrets.c.updated_at, secrets.c.updated_by)


def insert_secret(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(secrets).values(**row))


def find_secret(tx: ReadTx, org_id: str, name: str) -> Secret | None:
    """Return what may be known of an organization's secret."""
    row = tx.one(_SHOWN.where(secrets.c.org_id == org_id, secrets.c.name == name))
    return Secret(**row._mapping) if row is not None else None


def find_sealed(tx: ReadTx, org_id: str, name: str) -> bytes | None:
    """Return the sealed value."""
    sealed = tx.scalar(select(secrets.c.sealed).where(secrets.c.org_id == org_id, secrets.c.name == name))
    return bytes(sealed) if sealed is not None else None


def read_secrets(tx: ReadTx, org_id: str, *, cursor: str | None, limit: int) -> Page[Secret]:
    """Return a page of what may be known of an organization's secrets, by name."""
    page = read_page(tx, _SHOWN.where(secrets.c.org_id == org_id), keys=(secrets.c.name,), cursor=cursor, limit=limit)
    return page.map(lambda row: Secret(**row._mapping))


def update_secret(tx: Tx, org_id: str, name: str, values: JsonObject, *, version: int) -> bool:
    """Overwrite columns; return False if `version` is not the latest."""
    statement = (
        update(secrets)
        .where(secrets.c.org_id == org_id, secrets.c.name == name, secrets.c.version == version)
        .values(**values, version=version + 1, updated_at=tx.now)
    )
    return tx.run(statement) == 1


def delete_secret(tx: Tx, org_id: str, name: str) -> None:
    """Delete one."""
    tx.run(delete(secrets).where(secrets.c.org_id == org_id, secrets.c.name == name))
