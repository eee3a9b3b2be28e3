"""Rows of traffic: batches taken, minutes counted, samples kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select

from mockops.publishing.store.tables import (
    BUCKETS,
    traffic_batches,
    traffic_minutes,
    traffic_position,
    traffic_samples,
)
from mockops.publishing.store.upserts import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Table
    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_SUMS = ("count", "total_s", *(f"bucket_{number}" for number in range(BUCKETS)))
_EQUAL = ("operation", "source", "persona", "ci_run")
GROUPS = {
    "workspace": traffic_minutes.c.workspace_id,
    "environment": traffic_minutes.c.environment,
    "operation": traffic_minutes.c.operation,
    "media_type": traffic_minutes.c.media_type,
    "status": traffic_minutes.c.status,
    "source": traffic_minutes.c.source,
    "stub": traffic_minutes.c.stub,
    "scenario": traffic_minutes.c.scenario,
    "persona": traffic_minutes.c.persona,
    "ci_run": traffic_minutes.c.ci_run,
    "caller": traffic_minutes.c.caller,
    "minute": traffic_minutes.c.minute,
}
"""What counts can be grouped by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficFilter:
    """Which traffic is meant; empty strings and None mean any."""

    org_id: str
    workspaces: frozenset[str] | None = None
    """Ids of the only workspaces that may be shown."""
    workspace: str = ""
    """Id or name."""
    operation: str = ""
    source: str = ""
    persona: str = ""
    ci_run: str = ""
    statuses: tuple[int, int] | None = None
    """Lowest and highest."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""

    def wants(self, row: Any) -> bool:
        """Say whether a sample is meant; when it was is not looked at."""
        return (
            row.org_id == self.org_id
            and (self.workspaces is None or row.workspace_id in self.workspaces)
            and (not self.workspace or self.workspace in (row.workspace_id, row.workspace))
            and all(getattr(self, name) in ("", getattr(row, name)) for name in _EQUAL)
            and (self.statuses is None or self.statuses[0] <= row.status <= self.statuses[1])
        )


FORGET_EVERY = 1_000
KEPT_NUMBERS = 10_000
"""How many batches of a boot are remembered at least."""


def was_forgotten(tx: ReadTx, gateway: str, boot: str, number: int) -> bool:
    """Say whether a batch lies before all that are remembered of its boot, where some were forgotten."""
    table = traffic_batches
    lowest = tx.scalar(select(func.min(table.c.number)).where(table.c.gateway == gateway, table.c.boot == boot))
    return lowest is not None and number < lowest and lowest > FORGET_EVERY and lowest % FORGET_EVERY == 1


def add_batch(tx: Tx, gateway: str, boot: str, number: int) -> bool:
    """Remember a batch; return False when it was remembered before."""
    values = {"gateway": gateway, "boot": boot, "number": number, "at": tx.now}
    statement = upsert(tx, traffic_batches).values(**values).on_conflict_do_nothing()
    return tx.scalar(statement.returning(traffic_batches.c.number)) is not None


def forget_numbers(tx: Tx, gateway: str, boot: str, up_to: int) -> None:
    """Forget a boot's batches up to a number."""
    table = traffic_batches
    tx.run(delete(table).where(table.c.gateway == gateway, table.c.boot == boot, table.c.number <= up_to))


def forget_batches(tx: Tx, before: datetime) -> int:
    """Forget the batches taken before a moment; return how many."""
    return tx.run(delete(traffic_batches).where(traffic_batches.c.at < before))


def add_minutes(tx: Tx, rows: Sequence[JsonObject]) -> None:
    """Add counts to what the minutes have; rows of one digest must be merged, and in the order of digests.

    The order keeps two transactions from waiting for each other.
    """
    statement = upsert(tx, traffic_minutes)
    table, new = traffic_minutes.c, statement.excluded
    tx.run_many(
        statement.on_conflict_do_update(
            index_elements=[table.digest], set_={name: table[name] + new[name] for name in _SUMS}
        ),
        rows,
    )


def take_positions(tx: Tx, count: int) -> int:
    """Return the last of so many new positions of samples; other takers wait until the commit, which orders commits."""
    table = traffic_position
    statement = upsert(tx, table).values(id=1, value=count)
    raised = statement.on_conflict_do_update(index_elements=[table.c.id], set_={"value": table.c.value + count})
    value: int = tx.scalar(raised.returning(table.c.value))
    return value


def read_position(tx: ReadTx) -> int:
    """Return the newest position of a sample; 0: there was none."""
    return tx.scalar(select(traffic_position.c.value)) or 0


def add_samples(tx: Tx, rows: Sequence[JsonObject]) -> None:
    """Keep samples."""
    tx.insert(traffic_samples, rows)


def forget_samples(tx: Tx, up_to: int) -> int:
    """Forget the samples up to a position; return how many."""
    return tx.run(delete(traffic_samples).where(traffic_samples.c.position <= up_to))


def samples_of(wanted: TrafficFilter) -> Select[Any]:
    """Select samples."""
    return select(traffic_samples).where(*_conditions(traffic_samples, wanted, traffic_samples.c.at))


def samples_after(tx: ReadTx, position: int, limit: int) -> Sequence[Row[Any]]:
    """Return the samples of all organizations behind a position, in order."""
    table = traffic_samples
    return tx.all(select(table).where(table.c.position > position).order_by(table.c.position).limit(limit))


def counts_of(wanted: TrafficFilter, groups: Sequence[str]) -> Select[Any]:
    """Select sums of counts, a row for each group."""
    table = traffic_minutes
    columns = [GROUPS[name] for name in groups]
    named = [func.max(table.c.workspace).label("workspace")] if "workspace" in groups else []
    sums = [func.sum(table.c[name]).label("count_" if name == "count" else name) for name in _SUMS]
    return select(*columns, *named, *sums).where(*_conditions(table, wanted, table.c.minute)).group_by(*columns)


def _conditions(table: Table, wanted: TrafficFilter, at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    column = table.c
    found: list[ColumnElement[bool]] = [column.org_id == wanted.org_id]
    if wanted.workspaces is not None:
        found.append(column.workspace_id.in_(sorted(wanted.workspaces)))
    if wanted.workspace:
        found.append(or_(column.workspace_id == wanted.workspace, column.workspace == wanted.workspace))
    for name in _EQUAL:
        value = getattr(wanted, name)
        if value:
            found.append(column[name] == value)
    if wanted.statuses is not None:
        found.append(column.status.between(*wanted.statuses))
    if wanted.since is not None:
        found.append(at >= wanted.since)
    if wanted.until is not None:
        found.append(at < wanted.until)
    return found
