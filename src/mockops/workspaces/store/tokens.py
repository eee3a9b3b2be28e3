"""Rows of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from mockops.core.actor import Role
from mockops.infra.db.pages import Page, read_page
from mockops.workspaces.model.access import Token
from mockops.workspaces.store.tables import organizations, tokens

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_SHOWN = select(*(column for column in tokens.c if column.name != "hash"))
_BY_HASH = (
    select(
        tokens.c.id,
        tokens.c.name,
        tokens.c.hash,
        tokens.c.org_id,
        tokens.c.role,
        tokens.c.workspaces,
        tokens.c.kind,
        tokens.c.is_root,
        tokens.c.expires_at,
        tokens.c.revoked_at,
        organizations.c.name.label("org"),
    )
    .join(organizations, organizations.c.id == tokens.c.org_id)
    .where(tokens.c.hash == bindparam("wanted"))
)


def _noun(row: Any) -> Token:
    values = dict(row._mapping)
    values["role"] = Role(values["role"])
    values["workspaces"] = tuple(values["workspaces"]) if values["workspaces"] is not None else None
    return Token(**values)


def insert_token(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.run(insert(tokens).values(**row))


def find_by_hash(tx: ReadTx, hash_: str) -> Row[Any] | None:
    """Return what it takes to let somebody in who shows a token of that hash."""
    return tx.one(_BY_HASH.params(wanted=hash_))


def find_by_id(tx: ReadTx, org_id: str, token_id: str) -> Token | None:
    """Return an organization's token."""
    row = tx.one(_SHOWN.where(tokens.c.id == token_id, tokens.c.org_id == org_id))
    return _noun(row) if row is not None else None


def read_tokens(
    tx: ReadTx, org_id: str, *, created_by: str | None, is_with_revoked: bool, cursor: str | None, limit: int
) -> Page[Token]:
    """Return a page of an organization's tokens, newest first; None: whoever made them."""
    statement = _SHOWN.where(tokens.c.org_id == org_id)
    if created_by is not None:
        statement = statement.where(tokens.c.created_by == created_by)
    if not is_with_revoked:
        statement = statement.where(tokens.c.revoked_at.is_(None))
    keys = (tokens.c.created_at, tokens.c.id)
    return read_page(tx, statement, keys=keys, cursor=cursor, limit=limit, descending=True).map(_noun)


def read_made_by(tx: ReadTx, org_id: str, created_by: str) -> list[Token]:
    """Return the tokens that somebody made, those that were revoked too."""
    statement = _SHOWN.where(tokens.c.org_id == org_id, tokens.c.created_by == created_by)
    return [_noun(row) for row in tx.all(statement)]


def revoke_token(tx: Tx, token_id: str, at: datetime) -> None:
    """Let nobody in with it any more."""
    tx.run(update(tokens).where(tokens.c.id == token_id).values(revoked_at=at))


def mark_used(tx: Tx, token_id: str, at: datetime) -> int:
    """Write down when a token was last used; return 0 when it is gone."""
    return tx.run(update(tokens).where(tokens.c.id == token_id).values(last_used_at=at))


def has_root(tx: ReadTx, kind: str) -> bool:
    """Say whether a token of a kind manages the installation and lets in now."""
    is_live = tokens.c.expires_at.is_(None) | (tokens.c.expires_at > tx.now)
    wanted = select(tokens.c.id).where(
        tokens.c.is_root.is_(True), tokens.c.kind == kind, tokens.c.revoked_at.is_(None), is_live
    )
    return tx.one(wanted.limit(1)) is not None


def delete_named(tx: Tx, org_id: str, name: str, created_by: str) -> None:
    """Delete an organization's tokens of a name and maker."""
    tx.run(delete(tokens).where(tokens.c.org_id == org_id, tokens.c.created_by == created_by, tokens.c.name == name))
