"""Rows of content, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from mockops.workspaces.store.tables import blobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500
_INSERT_POSTGRESQL = postgresql.insert(blobs).on_conflict_do_nothing()
_EXCLUDED = sqlite.insert(blobs)
_INSERT_SQLITE = _EXCLUDED.on_conflict_do_update(
    index_elements=[blobs.c.digest],
    set_={"created_at": _EXCLUDED.excluded.created_at},
    where=blobs.c.created_at < bindparam("stale_before", type_=blobs.c.created_at.type),
)
_AMONG = blobs.c.digest.in_(bindparam("digests", expanding=True))
_STALE = _AMONG & (blobs.c.created_at < bindparam("stale_before", type_=blobs.c.created_at.type))
_LOCK_STALE = select(blobs.c.digest).where(_STALE).order_by(blobs.c.digest).with_for_update()
_LOCK_UNUSED = _LOCK_STALE.with_for_update(skip_locked=True)
_TOUCH = update(blobs).where(_AMONG).values(created_at=bindparam("at", type_=blobs.c.created_at.type))
_DELETE = delete(blobs).where(_AMONG)
_OLD = (
    select(blobs.c.created_at, blobs.c.digest, blobs.c.size)
    .where(blobs.c.created_at < bindparam("before", type_=blobs.c.created_at.type))
    .order_by(blobs.c.created_at, blobs.c.digest)
    .limit(bindparam("most"))
)
_OLD_AFTER = _OLD.where(
    tuple_(blobs.c.created_at, blobs.c.digest)
    > tuple_(bindparam("after_at", type_=blobs.c.created_at.type), bindparam("after_digest", type_=blobs.c.digest.type))
)


class Old(NamedTuple):
    """Content that was saved long ago."""

    created_at: datetime
    digest: str
    size: int
    """In bytes."""


def insert_blobs(tx: Tx, rows: Sequence[JsonObject], *, stale_before: datetime) -> None:
    """Insert content that is not there yet; on SQLite, what is there from before a moment counts as saved now."""
    if tx.is_sqlite:
        tx.run_many(_INSERT_SQLITE, [{**row, "stale_before": stale_before} for row in rows])
    else:
        tx.run_many(_INSERT_POSTGRESQL, rows)


def touch_blobs(tx: Tx, digests: Sequence[str], *, stale_before: datetime) -> set[str]:
    """Let content from before a moment count as saved now; return the digests of what was there and that old.

    They are locked in one order, so that two who save the same contents do not wait for each other in a ring.
    """
    touched: set[str] = set()
    for some in _chunks(digests):
        stale = [row.digest for row in tx.all(_LOCK_STALE, {"digests": some, "stale_before": stale_before})]
        if stale:
            tx.run(_TOUCH, {"digests": stale, "at": tx.now})
            touched.update(stale)
    return touched


def read_blobs(tx: ReadTx, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the content of those that are there."""
    found: dict[str, bytes] = {}
    for some in _chunks(digests):
        rows = tx.all(select(blobs.c.digest, blobs.c.content).where(blobs.c.digest.in_(some)))
        found.update((row.digest, bytes(row.content)) for row in rows)
    return found


def find_known(tx: ReadTx, digests: Iterable[str], *, since: datetime | None = None) -> set[str]:
    """Return which of them are there; with a moment: and were saved after it."""
    found: set[str] = set()
    for some in _chunks(digests):
        statement = select(blobs.c.digest).where(blobs.c.digest.in_(some))
        if since is not None:
            statement = statement.where(blobs.c.created_at >= since)
        found.update(row.digest for row in tx.all(statement))
    return found


def read_old(tx: ReadTx, before: datetime, *, after: Old | None, limit: int) -> list[Old]:
    """Return what was saved before a moment, oldest first, from after what was returned last."""
    values: JsonObject = {"before": before, "most": limit}
    if after is None:
        return [Old._make(row) for row in tx.all(_OLD, values)]
    values |= {"after_at": after.created_at, "after_digest": after.digest}
    return [Old._make(row) for row in tx.all(_OLD_AFTER, values)]


def delete_old(tx: Tx, digests: Sequence[str], before: datetime) -> int:
    """Delete those that were saved before a moment and that nobody touches just now; return how many."""
    gone = [row.digest for row in tx.all(_LOCK_UNUSED, {"digests": digests, "stale_before": before})]
    return tx.run(_DELETE, {"digests": gone}) if gone else 0


def _chunks(digests: Iterable[str]) -> list[list[str]]:
    wanted = list(dict.fromkeys(digests))
    return [wanted[start : start + _MAX_PARAMETERS] for start in range(0, len(wanted), _MAX_PARAMETERS)]
