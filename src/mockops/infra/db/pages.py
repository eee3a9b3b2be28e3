"""Lists in pages: the next one begins behind the last row of this one, whatever was added or removed meanwhile."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, literal, tuple_

from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Row

    from mockops.infra.db.transactions import ReadTx

T = TypeVar("T")
U = TypeVar("U")

MAX_LIMIT = 500
DEFAULT_LIMIT = 50


class CursorInvalid(Invalid):
    """A cursor that this list has not given."""

    code: ClassVar[str] = "api.cursor_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items of a list, and where the next ones begin."""

    items: tuple[T, ...]
    next: str | None = None
    """Cursor of the next page; None ends the list."""

    def map(self, change: Callable[[T], U]) -> Page[U]:
        """Return the page with every item changed."""
        return Page(items=tuple(change(item) for item in self.items), next=self.next)


def read_page(
    tx: ReadTx,
    statement: Select[Any],
    *,
    keys: Sequence[ColumnElement[Any]],
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    descending: bool = False,
) -> Page[Row[Any]]:
    """Read one page of a list.

    Args:
        tx: The transaction.
        statement: Selects the whole list, unordered; its columns include `keys`.
        keys: Columns that order it, the last of them unique; an index on them makes a page cheap.
        cursor: Of the page before; None: the first page.
        limit: At most so many items, 1 to `MAX_LIMIT`.
        descending: Whether the order is reversed.

    Raises:
        CursorInvalid: The cursor is not one of this list.

    """
    limit = max(1, min(limit, MAX_LIMIT))
    if cursor:
        after = _decode(cursor, keys)
        place = tuple_(*keys)
        bound = tuple_(*(literal(value, key.type) for value, key in zip(after, keys, strict=True)))
        statement = statement.where(place < bound if descending else place > bound)
    ordered = statement.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(limit + 1)
    rows = tx.all(ordered)
    items = tuple(rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next=_encode([items[-1]._mapping[key] for key in keys]) if more else None)


def _encode(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(msgspec.json.encode(plain)).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[ColumnElement[Any]]) -> list[Any]:
    wrong = CursorInvalid(f"{cursor[:80]!r} is no cursor of this list; take `next` of the page before, unchanged.")
    try:
        values = msgspec.json.decode(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (msgspec.DecodeError, binascii.Error, ValueError, UnicodeError) as error:
        raise wrong from error
    if not isinstance(values, list) or len(values) != len(keys):
        raise wrong
    return [_as(value, key, wrong) for value, key in zip(values, keys, strict=True)]


def _as(value: Any, key: ColumnElement[Any], wrong: CursorInvalid) -> Any:
    """Return a cursor's value as the column has it."""
    try:
        kind = key.type.python_type
    except NotImplementedError:
        kind = str
    if kind is datetime and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise wrong from error
        if moment.tzinfo is None:
            raise wrong
        return moment
    if type(value) is not kind or (kind is int and not -(2**63) <= value < 2**63):
        raise wrong
    return value
