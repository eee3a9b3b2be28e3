"""Which contents items refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from mockops.infra.db.walk import walk
from mockops.mocking.store.tables import personas, scenarios, stubs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.infra.db.transactions import ReadTx

_COLUMNS = (
    (stubs.c.id, stubs.c.digest, stubs.c.base_digest),
    (scenarios.c.id, scenarios.c.digest, scenarios.c.base_digest, scenarios.c.published_hash),
    (personas.c.id, personas.c.digest, personas.c.base_digest),
)


def walk_digests(tx: ReadTx) -> Iterator[str]:
    """Give every digest that a row of an item has: of what it is, was when it was imported, and was published as."""
    for id_, *digests in _COLUMNS:
        for row in walk(tx, select(id_, *digests), (id_,)):
            yield from filter(None, row[1:])
