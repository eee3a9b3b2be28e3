"""Rows of stubs, scenarios and personas: one set of statements, made once for each table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, Table, Text, Update, bindparam, cast, delete, func, or_, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.mocking.model.saved import SavedItem
from mockops.mocking.store.tables import personas, scenarios, stubs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.mocking.model.saved import Kind

_MAX_PARAMETERS = 500
"""Values of one IN list."""

TABLES: dict[Kind, Table] = {"stub": stubs, "scenario": scenarios, "persona": personas}
_OWN: dict[Kind, tuple[str, ...]] = {
    "stub": ("method", "request_path", "operation"),
    "scenario": ("status", "published_hash"),
    "persona": (),
}


class Head(NamedTuple):
    """What an order needs of an item."""

    key: str
    id: str
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What stubs are listed; empty: any."""

    method: str = ""
    request_path: str = ""
    """A trailing `*` takes every path that begins like this."""
    operation: str = ""
    origin: str = ""
    """`import` takes every `import:…`."""
    path: str = ""
    """The file or import it came from."""
    text: str = ""
    """Stands in key, name, path, operation or file; upper and lower case are the same."""


def list_heads(tx: ReadTx, kind: Kind, owner_id: str) -> list[Head]:
    """Return the head of every item, by ordinal."""
    return list(starmap(Head, tx.all(_HEADS[kind], {"owner": owner_id})))


def list_entries(tx: ReadTx, owner_id: str) -> list[tuple[str, str, int]]:
    """Return key, digest and ordinal of each stub of a workspace, by ordinal.

    The database writes them down as one JSON text: thousands of rows cost four times as much.
    """
    text = tx.scalar(_ENTRIES_SQLITE if tx.is_sqlite else _ENTRIES_POSTGRESQL, {"owner": owner_id})
    entries = msgspec.json.decode(text or b"[]", type=list[tuple[str, str, int]])
    entries.sort(key=itemgetter(2, 0))
    return entries


def last_ordinal(tx: ReadTx, kind: Kind, owner_id: str) -> int:
    """Return the highest ordinal that an item has; 0: there is none."""
    found: int = tx.scalar(_LAST[kind], {"owner": owner_id}) or 0
    return found


def find_item(tx: ReadTx, kind: Kind, owner_id: str, key: str) -> SavedItem | None:
    """Return an item, or None."""
    row = tx.one(_ONE_ITEM[kind], {"owner": owner_id, "named": key})
    return None if row is None else _item(row)


def read_items(tx: ReadTx, kind: Kind, owner_id: str, keys: Iterable[str]) -> dict[str, SavedItem]:
    """Return those of these items that there are, by key."""
    table = TABLES[kind]
    found: dict[str, SavedItem] = {}
    for some in _chunks(keys):
        statement = _ITEMS[kind].where(table.c.owner_id == owner_id, table.c.key.in_(some))
        found.update((row.key, _item(row)) for row in tx.all(statement))
    return found


def list_items(tx: ReadTx, kind: Kind, owner_ids: Iterable[str]) -> dict[str, list[SavedItem]]:
    """Return every item of several workspaces or organizations, by ordinal; by owner, those without any included."""
    table = TABLES[kind]
    found: dict[str, list[SavedItem]] = {each: [] for each in owner_ids}
    for some in _chunks(found):
        statement = _ITEMS[kind].where(table.c.owner_id.in_(some))
        for row in tx.all(statement.order_by(table.c.owner_id, table.c.ordinal, table.c.id)):
            found[row.owner_id].append(_item(row))
    return found


def list_imported(tx: ReadTx, owner_id: str, origin: str) -> list[SavedItem]:
    """Return the stubs that an import made, by ordinal."""
    table = TABLES["stub"]
    statement = _ITEMS["stub"].where(table.c.owner_id == owner_id, table.c.origin == origin)
    return [_item(row) for row in tx.all(statement.order_by(table.c.ordinal, table.c.id))]


def page_items(
    tx: ReadTx, kind: Kind, owner_id: str, filters: Filters, *, cursor: str | None, limit: int
) -> Page[SavedItem]:
    """Return one page: stubs by ordinal, the others by name.

    Raises:
        CursorInvalid: The cursor is not one of this list.

    """
    table = TABLES[kind]
    statement = _ITEMS[kind].where(table.c.owner_id == owner_id, *_conditions(table, filters))
    keys = (table.c.ordinal, table.c.id) if kind == "stub" else (table.c.key,)
    return read_page(tx, statement, keys=keys, cursor=cursor, limit=limit).map(_item)


def insert_items(tx: Tx, kind: Kind, items: Sequence[SavedItem]) -> None:
    """Add items."""
    tx.insert(TABLES[kind], [_row(kind, item) for item in items])


def update_items(tx: Tx, kind: Kind, items: Sequence[SavedItem]) -> None:
    """Overwrite items, found by id."""
    if not items:
        return
    rows = [_row(kind, item) for item in items]
    for row in rows:
        row["item_id"] = row.pop("id")
        for name in ("owner_id", "key", "created_at"):
            del row[name]
    tx.run_many(_UPDATES[kind], rows)


def update_ordinals(tx: Tx, kind: Kind, ordinals: Mapping[str, int]) -> None:
    """Put items in their places.

    Args:
        tx: The transaction.
        kind: Of the items.
        ordinals: By id.

    """
    tx.run_many(_UPDATES[kind], [{"item_id": id_, "ordinal": ordinal} for id_, ordinal in ordinals.items()])


def delete_items(tx: Tx, kind: Kind, ids: Iterable[str]) -> None:
    """Remove items."""
    table = TABLES[kind]
    for some in _chunks(ids):
        tx.run(delete(table).where(table.c.id.in_(some)))


def count_items(tx: ReadTx, kind: Kind, owner_id: str) -> int:
    """Return how many items there are."""
    table = TABLES[kind]
    found: int = tx.scalar(select(func.count()).select_from(table).where(table.c.owner_id == owner_id))
    return found


def _conditions(table: Table, filters: Filters) -> Iterator[ColumnElement[bool]]:
    columns = table.c
    if filters.text:
        yield columns.search.contains(filters.text.casefold(), autoescape=True)
    if filters.origin:
        yield or_(columns.origin == filters.origin, columns.origin.startswith(f"{filters.origin}:", autoescape=True))
    if filters.path:
        yield columns.path == filters.path
    if filters.method:
        yield columns.method == filters.method.upper()
    if filters.operation:
        yield columns.operation == filters.operation
    if filters.request_path.endswith("*"):
        yield columns.request_path.startswith(filters.request_path.rstrip("*"), autoescape=True)
    elif filters.request_path:
        yield columns.request_path == filters.request_path


def _item(row: Row[Any]) -> SavedItem:
    return SavedItem(**row._mapping)


def _row(kind: Kind, item: SavedItem) -> JsonObject:
    row = {name: getattr(item, name) for name in ("owner_id", *_COMMON, *_OWN[kind])}
    row["search"] = _searched(item)
    return row


_COMMON = (
    *("id", "key", "ordinal", "document", "files", "digest", "base_digest", "origin", "path"),
    *("version", "created_at", "updated_at", "name"),
)
_ITEMS: dict[Kind, Select[Any]] = {
    kind: select(table.c.owner_id.label("owner_id"), *(table.c[name] for name in (*_COMMON, *_OWN[kind])))
    for kind, table in TABLES.items()
}
"""The owner's column is called `workspace_id` or `org_id` in the database."""
_ONE_ITEM: dict[Kind, Select[Any]] = {
    kind: _ITEMS[kind].where(table.c.owner_id == bindparam("owner"), table.c.key == bindparam("named"))
    for kind, table in TABLES.items()
}
_HEADS: dict[Kind, Select[Any]] = {
    kind: select(*(table.c[name] for name in Head._fields))
    .where(table.c.owner_id == bindparam("owner"))
    .order_by(table.c.ordinal, table.c.id)
    for kind, table in TABLES.items()
}
_LAST: dict[Kind, Select[Any]] = {
    kind: select(func.max(table.c.ordinal)).where(table.c.owner_id == bindparam("owner"))
    for kind, table in TABLES.items()
}
_ENTRY = stubs.c.key, stubs.c.digest, stubs.c.ordinal
_OF_OWNER = stubs.c.owner_id == bindparam("owner")
_ENTRIES_SQLITE = select(func.json_group_array(func.json_array(*_ENTRY), type_=Text)).where(_OF_OWNER)
_ENTRIES_POSTGRESQL = select(cast(func.json_agg(func.json_build_array(*_ENTRY)), Text)).where(_OF_OWNER)
_UPDATES: dict[Kind, Update] = {
    kind: update(table).where(table.c.id == bindparam("item_id")) for kind, table in TABLES.items()
}


def _searched(item: SavedItem) -> str:
    parts = (item.key, item.name, f"{item.method} {item.request_path}".strip(), item.operation, item.path)
    return "\n".join(filter(None, parts)).casefold()


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    every = list(values)
    for start in range(0, len(every), _MAX_PARAMETERS):
        yield every[start : start + _MAX_PARAMETERS]
