"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy's common language has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy import Table

    from mockops.infra.db.transactions import ReadTx

Insert = postgresql.Insert | sqlite.Insert


def upsert(tx: ReadTx, table: Table) -> Insert:
    """Return an INSERT that has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return sqlite.insert(table) if tx.is_sqlite else postgresql.insert(table)
