"""What commands print: tables for people, JSON and YAML for programs.

On a terminal times are relative and long cells are cut; piped, a table has everything in full and times are RFC 3339.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

import msgspec

from mockops.core.clock import SystemClock
from mockops.core.documents.write import write_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mockops.core.json import Json

    Columns = Mapping[str, str | Callable[[Any], Any]]
    """Headings, each with the attribute that stands below it, or with what makes the cell of an item."""

_GAP = "  "
_NARROWEST = 8
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


class Output(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def as_json(value: Any) -> Json:
    """Return a value of the client as the API has it."""
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    document = getattr(value, "document", None)
    if isinstance(document, dict) and "specversion" in document:  # an event, whose extension attributes stand beside
        return document
    return msgspec.to_builtins(value)


def print_value(value: Any, output: Output, columns: Columns | None = None) -> None:
    """Print one thing."""
    if output is Output.TABLE:
        write(details(value, columns))
    else:
        write_document(as_json(value), output)


def print_list(values: Sequence[Any], output: Output, columns: Columns) -> None:
    """Print several things; JSON and YAML have a list of them."""
    if output is Output.TABLE:
        write(table(values, columns))
    else:
        write_document(as_json(values), output)


def print_each(value: Any, output: Output, columns: Columns) -> None:
    """Print one of many things that come one by one: a line of text or JSON, or a YAML document."""
    if output is Output.TABLE:
        write([_GAP.join(cell(_get(value, each), is_terminal=is_terminal()) for each in columns.values())])
    elif output is Output.JSON:
        sys.stdout.write(msgspec.json.encode(as_json(value)).decode() + "\n")
    else:
        sys.stdout.write("---\n" + write_yaml(as_json(value)))
    sys.stdout.flush()


def write_document(value: Json, output: Output) -> None:
    """Print a JSON value."""
    if output is Output.YAML:
        sys.stdout.write(write_yaml(value))
    else:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def write_each_document(value: Json, output: Output) -> None:
    """Print a document that people write: in YAML unless JSON is asked for."""
    write_document(value, Output.JSON if output is Output.JSON else Output.YAML)


def write(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        sys.stdout.write(line.rstrip() + "\n")


def is_terminal() -> bool:
    """Say whether a person reads what is printed."""
    return sys.stdout.isatty()


def table(values: Sequence[Any], columns: Columns) -> list[str]:
    """Return lines with headings and a row a value, in columns that are as wide as they need to be."""
    on_terminal = is_terminal()
    rows = [list(columns)]
    rows += [[cell(_get(each, column), is_terminal=on_terminal) for column in columns.values()] for each in values]
    widths = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    if on_terminal:
        _narrow(widths, shutil.get_terminal_size().columns)
        rows = [[_cut(text, room) for text, room in zip(row, widths, strict=True)] for row in rows]
    return [
        _GAP.join(text + " " * (room - width(text)) for text, room in zip(row, widths, strict=True)) for row in rows
    ]


def details(value: Any, columns: Columns | None = None) -> list[str]:
    """Return a line a member; what is no simple value is YAML below its name."""
    members: dict[str, Any]
    if columns is not None:
        members = {name: _get(value, each) for name, each in columns.items()}
    elif isinstance(value, msgspec.Struct):
        members = {name: getattr(value, name) for name in value.__struct_fields__}
    else:
        members = dict(value)
    room = max(map(len, members), default=0)
    lines = []
    for name, member in members.items():
        is_block = bool(member) and (
            isinstance(member, dict) or (isinstance(member, list | tuple) and not all(map(_is_simple, member)))
        )
        if is_block:
            lines.append(f"{name}:")
            lines += ["  " + printable(line) for line in write_yaml(as_json(member)).splitlines()]
        else:
            lines.append(f"{name.ljust(room)}{_GAP}{cell(member, is_terminal=is_terminal())}")
    return lines


def cell(value: Any, *, is_terminal: bool) -> str:
    """Return a value as a cell has it; `-` stands for nothing."""
    if value is None or value == "" or value == () or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return since(value, SystemClock().now()) if is_terminal else value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, Enum):
        return printable(str(value.value))
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(each, is_terminal=is_terminal) for each in value)
    if isinstance(value, dict):
        return printable(", ".join(f"{name}={member}" for name, member in value.items()))
    return printable(str(value))


def since(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment is, or how far ahead, in its largest unit: `3 h ago`, `in 89 d`."""
    seconds = int((now - moment).total_seconds())
    for unit_s, name in _UNITS:
        if abs(seconds) >= unit_s:
            count = abs(seconds) // unit_s
            return f"{count} {name} ago" if seconds > 0 else f"in {count} {name}"
    return "now"


def printable(text: str) -> str:
    """Return a text whose control characters are spelled out: what a server says cannot steer a terminal."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _get(value: Any, column: str | Callable[[Any], Any]) -> Any:
    return getattr(value, column) if isinstance(column, str) else column(value)


def _is_simple(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | datetime)


def _narrow(widths: list[int], room: int) -> None:
    """Take from the widest columns until a row fits; from the first last: it names what to `get`."""
    room -= len(_GAP) * (len(widths) - 1)
    for candidates in (range(1, len(widths)), range(len(widths))):
        while sum(widths) > room and candidates:
            widest = max(candidates, key=widths.__getitem__)
            if widths[widest] <= _NARROWEST:
                break
            widths[widest] -= 1


def _cut(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    kept, used = "", 1
    for sign in text:
        used += width(sign)
        if used > room:
            break
        kept += sign
    return kept + "…"
