"""What only one process does at a time: it holds a lease, renews it while it works, and loses it when it dies."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, delete, insert, select, update

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Id, Name, UtcDateTime

if TYPE_CHECKING:
    from mockops.infra.db.transactions import Tx

leases = Table(
    "leases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    comment="Rows, not locks of a connection: the same on both databases, and a stalled holder loses its own.",
)


def take_lease(tx: Tx, name: str, holder: str, for_s: float) -> bool:
    """Take or renew a lease for so many seconds from now; return False when somebody else holds it.

    The transaction must be of the lease's scope (`database.write(scope=name)`).
    """
    until = tx.now + timedelta(seconds=for_s)
    row = tx.one(select(leases).where(leases.c.name == name))
    if row is None:
        tx.run(insert(leases).values(name=name, holder=holder, until=until))
        return True
    if row.holder != holder and row.until > tx.now:
        return False
    tx.run(update(leases).where(leases.c.name == name).values(holder=holder, until=until))
    return True


def drop_lease(tx: Tx, name: str, holder: str) -> None:
    """Give up a lease, if it is still the holder's."""
    tx.run(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
