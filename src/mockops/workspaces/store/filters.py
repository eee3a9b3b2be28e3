"""Conditions that lists share, the same on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement

    from mockops.infra.db.transactions import ReadTx

_ESCAPE = "\\"


def contains_word(word: str, *columns: Column[Any]) -> ColumnElement[bool]:
    """Say that a text stands in one of several columns, in whatever case."""
    return or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in columns))


def matches_glob(column: Column[Any], glob: str) -> ColumnElement[bool]:
    """Say that a column in lower case matches a pattern in which `*` is any text and `?` any character."""
    if not set(glob) & {"*", "?"}:
        return column == glob
    pattern = "".join({"*": "%", "?": "_"}.get(each) or _escaped(each) for each in glob.lower())
    return column.like(pattern, escape=_ESCAPE)


def _escaped(character: str) -> str:
    return _ESCAPE + character if character in (_ESCAPE, "%", "_") else character


def holds_text(tx: ReadTx, column: Column[Any], text: str) -> ColumnElement[bool]:
    """Say that exactly this stands somewhere in a column, as in the text of JSON."""
    position = func.instr if tx.is_sqlite else func.strpos
    return position(column, text) > 0
