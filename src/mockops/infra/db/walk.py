"""Walking over a whole table, a page at a time: memory is bounded, whatever the table holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, tuple_

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, Select
    from sqlalchemy.engine import Row

    from mockops.infra.db.transactions import ReadTx

PAGE = 2000


def walk(tx: ReadTx, statement: Select[Any], keys: Sequence[Column[Any]], *, page: int = PAGE) -> Iterator[Row[Any]]:
    """Give every row of a statement, in the order of its keys.

    Args:
        tx: The transaction, which stays open until the last row was taken.
        statement: Selects the keys first, in their order; no two of its rows have the same ones.
        keys: Columns that an index has in this order.
        page: Rows read at a time.

    """
    names = [f"after_{number}" for number in range(len(keys))]
    last = tuple_(*(bindparam(name, type_=key.type) for name, key in zip(names, keys, strict=True)))
    ordered = statement.order_by(*keys).limit(page)
    following = ordered.where(tuple_(*keys) > last)
    rows = tx.all(ordered)
    while rows:
        yield from rows
        if len(rows) < page:
            return
        rows = tx.all(following, dict(zip(names, rows[-1], strict=False)))
