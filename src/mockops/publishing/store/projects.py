"""What each project's files last said, by item: the base of three-way plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Index, String, Table, delete, select, tuple_

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Digest, Id, Name, UtcDateTime
from mockops.infra.db.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.rules.entries import Name as ItemName

applied_items = Table(
    "applied_items",
    metadata,
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("project", Name, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("workspace", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("digest", Digest, nullable=False),
    Column("path", Name, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "org_id", "kind", "workspace", "key"),
    Index(None, "org_id", "workspace"),
    comment="By project, which items its files had when they were last applied, and their content by digest.",
)

_AT_ONCE = 300
"""Rows of one statement: SQLite takes so many values, not any number."""


def read_bases(tx: ReadTx, org_id: str, project: str) -> dict[ItemName, tuple[str, str]]:
    """Return digest and path of every item that a project has applied."""
    table = applied_items
    statement = select(table).where(table.c.org_id == org_id, table.c.project == project)
    return {(row.kind, row.workspace, row.key): (row.digest, row.path) for row in tx.all(statement)}


def replace_bases(tx: Tx, org_id: str, project: str, bases: Mapping[ItemName, tuple[str, str]]) -> None:
    """Keep digest and path of items, in place of what was kept of them."""
    forget_bases(tx, org_id, project, bases)
    tx.insert(
        applied_items,
        [
            {
                "org_id": org_id,
                "project": project,
                "kind": kind,
                "workspace": workspace,
                "key": key,
                "digest": digest,
                "path": path[:255],
                "at": tx.now,
            }
            for (kind, workspace, key), (digest, path) in bases.items()
        ],
    )


def forget_bases(tx: Tx, org_id: str, project: str, names: Iterable[ItemName]) -> None:
    """Keep nothing of some items any more."""
    table, some = applied_items, list(names)
    place = tuple_(table.c.kind, table.c.workspace, table.c.key)
    for start in range(0, len(some), _AT_ONCE):
        chunk = some[start : start + _AT_ONCE]
        tx.run(delete(table).where(table.c.org_id == org_id, table.c.project == project, place.in_(chunk)))


def walk_digests(tx: ReadTx) -> Iterator[str]:
    """Give the digest of every base."""
    table = applied_items
    keys = (table.c.org_id, table.c.project, table.c.kind, table.c.workspace, table.c.key)
    for row in walk(tx, select(*keys, table.c.digest), keys):
        yield row.digest


def walk_workspaces(tx: ReadTx) -> Iterator[tuple[str, str]]:
    """Give organization and name of every workspace that something was applied to, in this order."""
    keys = (applied_items.c.org_id, applied_items.c.workspace)
    statement = select(*keys).where(applied_items.c.workspace != "").distinct()
    for row in walk(tx, statement, keys):
        yield row.org_id, row.workspace


def forget_workspaces(tx: Tx, org_id: str, names: Sequence[str], limit: int) -> int:
    """Keep nothing of what is in a few workspaces, whichever project applied it; so much at most; return how much."""
    table = applied_items
    key = (table.c.org_id, table.c.project, table.c.kind, table.c.workspace, table.c.key)
    some = select(*key).where(table.c.org_id == org_id, table.c.workspace.in_(names), table.c.workspace != "")
    return tx.run(delete(table).where(tuple_(*key).in_(some.limit(limit))))
