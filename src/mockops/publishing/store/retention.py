"""Deleting what traffic has left behind, a little at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from mockops.publishing.store.tables import traffic_minutes

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.infra.db.transactions import Tx


def forget_minutes(tx: Tx, before: datetime, limit: int) -> int:
    """Forget the oldest counts from before a moment, so many at most; return how many."""
    table = traffic_minutes
    oldest = select(table.c.digest).where(table.c.minute < before).order_by(table.c.minute).limit(limit)
    digests = [row.digest for row in tx.all(oldest)]
    return tx.run(delete(table).where(table.c.digest.in_(digests))) if digests else 0
