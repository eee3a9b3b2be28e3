"""Bodies made of lines: NDJSON, server-sent events, CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.json import Json

_EVENT_FIELDS = ("id", "event", "retry")


def encode_lines(value: Json, *, lead: bytes = b"") -> bytes:
    """Return newline-delimited JSON: a list's items, or the one value; `lead` before each (RFC 7464 wants RS)."""
    items = value if isinstance(value, list) else [value]
    return b"".join(lead + msgspec.json.encode(item) + b"\n" for item in items)


def encode_events(value: Json) -> bytes:
    """Return server-sent events (HTML standard section 9.2): one for each item of a list, or the one value."""
    return "".join(_event(item) for item in (value if isinstance(value, list) else [value])).encode()


def _event(item: Json) -> str:
    """Write one event; an object with `data` has its `id`, `event` and `retry` as fields."""
    lines: list[str] = []
    data = item
    if isinstance(item, dict) and "data" in item:
        data = item["data"]
        lines = [f"{name}: {_line(item[name])}" for name in _EVENT_FIELDS if item.get(name) is not None]
    text = data if isinstance(data, str) else msgspec.json.encode(data).decode()
    return "\n".join([*lines, *(f"data: {line}" for line in text.splitlines() or [""]), "", ""])


def _line(value: Json) -> str:
    return " ".join(str(value).splitlines())


def encode_csv(value: Json, *, delimiter: str = ",") -> bytes:
    """Return CSV (RFC 4180): objects as rows below a header of all their fields; a text as it is."""
    if isinstance(value, str):
        return value.encode()
    rows: Sequence[Json] = value if isinstance(value, list) else [value]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    if any(isinstance(row, dict) for row in rows):
        names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        writer.writerow(names)
        rows = [[row.get(name) for name in names] if isinstance(row, dict) else [row] for row in rows]
    for row in rows:
        writer.writerow([_cell(cell) for cell in (row if isinstance(row, list) else [row])])
    return text.getvalue().encode()


def _cell(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
