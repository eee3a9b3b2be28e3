"""Transactions: what a use case reads and writes, and what it announces when it commits."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Executable, Select, Table, bindparam, delete, insert, update

from mockops.core.ids import new_id
from mockops.infra.db import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection, CursorResult, Row

    from mockops.core.actor import Caller
    from mockops.core.events import Custom, Event
    from mockops.core.json import Json, JsonObject

_MAX_PARAMETERS = 500
"""Values of one IN list: both databases take more, their query planners get slow."""

_POSITION = tables.log_position
_TAKE_POSITIONS = (
    update(_POSITION)
    .where(_POSITION.c.id == 1)
    .values(value=_POSITION.c.value + bindparam("taken", type_=BigInteger))
    .returning(_POSITION.c.value)
)
_FORGET_TARGETS = delete(tables.targets).where(tables.targets.c.environment_id.in_(bindparam("ids", expanding=True)))


class ReadTx:
    """One consistent view of the database."""

    def __init__(self, connection: Connection, *, now: datetime, caller: Caller) -> None:
        self._connection = connection
        self.now = now
        """When the transaction began, in UTC: the time of everything in it."""
        self.caller = caller
        """On whose behalf."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite and not PostgreSQL."""
        return self._connection.dialect.name == "sqlite"

    def all(self, statement: Select[Any] | Executable, values: JsonObject | None = None) -> Sequence[Row[Any]]:
        """Return every row.

        Args:
            statement: What to execute; one that is made once, with `bindparam`, costs half of one that is made anew.
            values: Of its parameters.

        """
        return self._connection.execute(statement, values).all()

    def one(self, statement: Select[Any] | Executable, values: JsonObject | None = None) -> Row[Any] | None:
        """Return the first row, or None; arguments as of `all`."""
        return self._connection.execute(statement, values).first()

    def scalar(self, statement: Select[Any] | Executable, values: JsonObject | None = None) -> Any:
        """Return the first column of the first row, or None; arguments as of `all`."""
        return self._connection.execute(statement, values).scalar()


class Tx(ReadTx):
    """One use case: all of it is saved, or nothing.

    Events, audit entries and changed targets are written when it commits, with positions in the order of commits.
    """

    def __init__(
        self, connection: Connection, *, now: datetime, caller: Caller, causation_id: str = "", depth: int = 0
    ) -> None:
        super().__init__(connection, now=now, caller=caller)
        self.revision = 0
        """Revision of the snapshot that has the changed targets; 0 before the commit, or when none has changed."""
        self.position = 0
        """The newest position given; 0 before the commit, or when nothing needed one."""
        self._causation_id = causation_id
        self._depth = depth
        self._events: list[JsonObject] = []
        self._audit: list[JsonObject] = []
        self._touched: dict[str, bool] = {}
        self._at_end: list[Callable[[], None]] = []

    def run(self, statement: Executable, values: JsonObject | None = None) -> int:
        """Execute a statement, with values of its parameters; return how many rows it changed."""
        result: CursorResult[Any] = self._connection.execute(statement, values)
        return result.rowcount

    def run_many(self, statement: Executable, rows: Sequence[JsonObject]) -> None:
        """Execute a statement once for each row of parameters."""
        if rows:
            self._connection.execute(statement, list(rows))

    def insert(self, table: Table, rows: Sequence[JsonObject]) -> None:
        """Insert many rows at once."""
        if rows:
            self._connection.execute(insert(table), list(rows))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what happens inside when it raises, and nothing else of the transaction."""
        marks = len(self._events), len(self._audit), dict(self._touched)
        with self._connection.begin_nested() as savepoint:
            try:
                yield
            except BaseException:
                del self._events[marks[0] :], self._audit[marks[1] :]
                self._touched = marks[2]
                savepoint.rollback()
                raise

    def announce(
        self,
        event: Event | Custom,
        *,
        org_id: str = "",
        org: str = "",
        workspace_id: str = "",
        workspace: str = "",
        subject: str = "",
        source: str = "",
        event_id: str = "",
        dataschema: str = "",
        datacontenttype: str = "application/json",
        extensions: JsonObject | None = None,
        time: datetime | None = None,
        causation_id: str | None = None,
        depth: int | None = None,
    ) -> str:
        """Write an event into the log, with the change that caused it; return its id.

        Args:
            event: The fact.
            org_id: Of the organization it belongs to; by default the caller's.
            org: Its name.
            workspace_id: Of the workspace it is about, if it is about one.
            workspace: Its name.
            subject: What in there it is about, as `stubs/declined-card`.
            source: URI-reference; by default of the workspace or organization.
            event_id: Given by somebody outside; unique for its source.
            dataschema: As CloudEvents has it.
            datacontenttype: As CloudEvents has it.
            extensions: Attributes that somebody outside added, by name.
            time: When it happened; by default now.
            causation_id: The event that led to it; by default what led to the transaction.
            depth: How many events led to it; by default as many as to the transaction.

        """
        org = org or self.caller.org
        found = event_id or new_id()
        self._events.append(
            {
                "id": found,
                "type": event.type,
                "source": source or f"/orgs/{org}" + (f"/workspaces/{workspace}" if workspace else ""),
                "subject": subject,
                "time": time or self.now,
                "data": event.payload,
                "dataschema": dataschema,
                "datacontenttype": datacontenttype,
                "extensions": extensions,
                "org_id": org_id or self.caller.org_id,
                "org": org,
                "workspace_id": workspace_id,
                "workspace": workspace,
                "actor": f"{self.caller.kind}:{self.caller.name}",
                "causation_id": self._causation_id if causation_id is None else causation_id,
                "depth": self._depth if depth is None else depth,
                "is_dispatched": False,
            }
        )
        return found

    def audit(
        self,
        action: str,
        entity_type: str,
        entity_id: str,
        *,
        workspace_id: str = "",
        org_id: str = "",
        before: Json = None,
        after: Json = None,
    ) -> None:
        """Write down who changed what; secrets must not be in `before` or `after`."""
        caller = self.caller
        self._audit.append(
            {
                "id": new_id(),
                "at": self.now,
                "org_id": org_id or caller.org_id,
                "workspace_id": workspace_id,
                "actor_kind": caller.kind,
                "actor_id": caller.id,
                "actor": caller.name,
                "action": action,
                "entity_type": entity_type,
                "entity_id": entity_id,
                "before": before,
                "after": after,
                "address": caller.address,
                "user_agent": caller.user_agent[:500],
            }
        )

    def touch(self, *environment_ids: str) -> None:
        """Have gateways fetch these environments anew."""
        self._touched.update(dict.fromkeys(environment_ids, False))

    def remove_targets(self, *environment_ids: str) -> None:
        """Have gateways stop serving these environments."""
        self._touched.update(dict.fromkeys(environment_ids, True))

    def at_end(self, perform: Callable[[], None]) -> None:
        """Have something done right before the commit, when `revision` is known; it may run statements only."""
        self._at_end.append(perform)

    def finish(self) -> None:
        """Write what was announced; called by the database, right before the commit."""
        self._write_announced()
        for perform in self._at_end:
            perform()

    def _write_announced(self) -> None:
        needed = len(self._events) + len(self._audit) + len(self._touched)
        if not needed:
            return
        last = self._take_positions(needed)
        position = last - needed
        for number, event in enumerate(self._events, position + 1):
            event["sequence"] = number
        position += len(self._events)
        for number, entry in enumerate(self._audit, position + 1):
            entry["number"] = number
        self.insert(tables.events, self._events)
        self.insert(tables.audit, self._audit)
        if self._touched:
            self.revision = last
            self._mark_targets(last - len(self._touched) + 1)
        self.position = last

    def _take_positions(self, count: int) -> int:
        """Return the last of so many new positions; the row stays locked until the commit, which orders commits."""
        value: int = self.scalar(_TAKE_POSITIONS, {"taken": count})
        return value

    def _mark_targets(self, first: int) -> None:
        """Give each target a revision of its own: a page of thousands may end after any of them."""
        ids = list(self._touched)
        for start in range(0, len(ids), _MAX_PARAMETERS):
            self.run(_FORGET_TARGETS, {"ids": ids[start : start + _MAX_PARAMETERS]})
        self.insert(
            tables.targets,
            [
                {"environment_id": each, "revision": revision, "is_removed": is_removed}
                for revision, (each, is_removed) in enumerate(self._touched.items(), first)
            ],
        )
