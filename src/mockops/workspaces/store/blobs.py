"""Rows of content, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from mockops.workspaces.store.tables import blobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500
_INSERT_SQLITE = sqlite.insert(blobs).on_conflict_do_nothing()
_INSERT_POSTGRESQL = postgresql.insert(blobs).on_conflict_do_nothing()


def insert_blobs(tx: Tx, rows: Sequence[JsonObject]) -> None:
    """Insert content that is not there yet."""
    tx.run_many(_INSERT_SQLITE if tx.is_sqlite else _INSERT_POSTGRESQL, rows)


def read_blobs(tx: ReadTx, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the content of those that are there."""
    wanted = list(dict.fromkeys(digests))
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _MAX_PARAMETERS):
        some = wanted[start : start + _MAX_PARAMETERS]
        rows = tx.all(select(blobs.c.digest, blobs.c.content).where(blobs.c.digest.in_(some)))
        found.update((row.digest, bytes(row.content)) for row in rows)
    return found


def find_known(tx: ReadTx, digests: Iterable[str]) -> set[str]:
    """Return which of them are there."""
    wanted = list(dict.fromkeys(digests))
    found: set[str] = set()
    for start in range(0, len(wanted), _MAX_PARAMETERS):
        some = wanted[start : start + _MAX_PARAMETERS]
        found.update(row.digest for row in tx.all(select(blobs.c.digest).where(blobs.c.digest.in_(some))))
    return found
