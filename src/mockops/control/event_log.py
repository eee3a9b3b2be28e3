"""The event log, read: filters in SQL for lists, the same in Python for streams, rows as CloudEvents."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select

from mockops.control.streams import Entry
from mockops.infra.db.tables import events, log_position

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from mockops.core.actor import Caller
    from mockops.core.json import JsonObject
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are meant; empty and None mean any. Types and subject are globs of `*` and `?`."""

    org_id: str
    workspaces: frozenset[str] | None = None
    """Ids of the only workspaces whose events may be shown."""
    types: tuple[str, ...] = ()
    workspace: str = ""
    """Id or name."""
    subject: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    after: int | None = None
    """A position."""

    @classmethod
    def of(cls, caller: Caller, **more: Any) -> EventFilter:
        """Return a filter of what the caller may see."""
        return cls(org_id=caller.org_id, workspaces=caller.workspaces, **more)

    def conditions(self, *, is_sqlite: bool) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        table = events.c
        found: list[ColumnElement[bool]] = [table.org_id == self.org_id]
        if self.workspaces is not None:
            found.append(table.workspace_id.in_(sorted(self.workspaces)))
        if self.workspace:
            found.append(or_(table.workspace_id == self.workspace, table.workspace == self.workspace))
        if self.types:
            found.append(or_(*(_like(table.type, pattern, is_sqlite=is_sqlite) for pattern in self.types)))
        if self.subject:
            found.append(_like(table.subject, self.subject, is_sqlite=is_sqlite))
        if self.source:
            found.append(table.source == self.source)
        if self.since is not None:
            found.append(table.time >= self.since)
        if self.until is not None:
            found.append(table.time < self.until)
        if self.after is not None:
            found.append(table.sequence > self.after)
        return found

    def wants(self, row: Any) -> bool:
        """Say whether a row of the log is meant; times and positions are not looked at."""
        return (
            row.org_id == self.org_id
            and (self.workspaces is None or row.workspace_id in self.workspaces)
            and (not self.workspace or self.workspace in (row.workspace_id, row.workspace))
            and (not self.types or any(_matches(row.type, pattern) for pattern in self.types))
            and (not self.subject or _matches(row.subject, self.subject))
            and (not self.source or row.source == self.source)
        )


def _matches(value: str, glob: str) -> bool:
    return fnmatchcase(value, glob.replace("[", "[[]"))


def _like(column: ColumnElement[Any], glob: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    if not set(glob) & set("*?"):
        return column == glob
    if is_sqlite:  # its LIKE knows no case
        return column.op("GLOB", is_comparison=True)(glob.replace("[", "[[]"))
    escaped = glob.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return column.like(escaped.replace("*", "%").replace("?", "_"), escape="\\")


def select_events(tx: ReadTx, wanted: EventFilter) -> Select[Any]:
    """Select events."""
    return select(events).where(*wanted.conditions(is_sqlite=tx.is_sqlite))


def find_event(tx: ReadTx, wanted: EventFilter, event_id: str) -> Sequence[Row[Any]]:
    """Return the events of an id; more than one where sources outside use the same."""
    return tx.all(select_events(tx, wanted).where(events.c.id == event_id).order_by(events.c.sequence).limit(2))


def find_known(tx: ReadTx, org_id: str, source: str, ids: Sequence[str]) -> set[str]:
    """Return those ids that a source has used already; at most a few hundred."""
    statement = select(events.c.id).where(
        events.c.org_id == org_id, events.c.source == source, events.c.id.in_(list(ids))
    )
    return {row.id for row in tx.all(statement)}


def find_depth(tx: ReadTx, org_id: str, event_id: str) -> int | None:
    """Return how many events led to one; None: it is not in the log."""
    depth: int | None = tx.scalar(
        select(func.max(events.c.depth)).where(events.c.org_id == org_id, events.c.id == event_id)
    )
    return depth


def envelope(row: Any) -> JsonObject:
    """Return a row as a CloudEvent in structured JSON form (CloudEvents JSON format 1.0.2)."""
    extensions = dict(row.extensions or {})
    found: JsonObject = {
        "specversion": "1.0",
        "id": row.id,
        "type": row.type,
        "source": row.source,
        "time": row.time,
        "org": row.org,
        "actor": row.actor,
        "depth": row.depth,
        "sequence": row.sequence,
    }
    optional = {
        "subject": row.subject,
        "workspace": row.workspace,
        "workspaceid": row.workspace_id,
        "causationid": row.causation_id,
        "dataschema": row.dataschema,
    }
    found |= {name: value for name, value in optional.items() if value} | extensions
    if "data_base64" in extensions:
        found["datacontenttype"] = row.datacontenttype
    elif row.data is not None:
        found |= {"datacontenttype": row.datacontenttype, "data": row.data}
    return found


def encoded(row: Any) -> bytes:
    """Return a row as a CloudEvent, encoded."""
    return msgspec.json.encode(envelope(row))


def read_entries(database: Database, after: int, limit: int) -> list[Entry[Any]]:
    """Return the log behind a position, for streams."""
    table = events
    with database.read() as tx:
        rows = tx.all(select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(limit))
        return [Entry(position=row.sequence, value=row, content=encoded(row)) for row in rows]


def read_end(database: Database) -> int:
    """Return the log's newest position."""
    with database.read() as tx:
        return tx.scalar(select(log_position.c.value)) or 0
