"""What gateways and traffic leave behind goes in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, DateTime, Float, Integer, LargeBinary, Table, func, insert, select

from mockops.infra.db.types import JsonText, UtcDateTime
from mockops.publishing.store import tables
from mockops.runner.housekeeping import Housekeeper, Retention
from mockops.wiring.runner import every_chore

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database


def row(table: Table, **given: Any) -> dict[str, Any]:
    """Return a row with something in every column."""
    found: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if isinstance(kind, UtcDateTime | DateTime):
            found[column.name] = given["at"]
        elif isinstance(kind, Boolean):
            found[column.name] = False
        elif isinstance(kind, Integer | Float):
            found[column.name] = 1
        elif isinstance(kind, JsonText):
            found[column.name] = []
        else:
            found[column.name] = b"" if isinstance(kind, LargeBinary) else "x"
    return found | {name: value for name, value in given.items() if name in table.c}


def count(database: Database, table: Table) -> int:
    with database.read() as tx:
        return int(tx.scalar(select(func.count()).select_from(table)))


def test_traffic_and_gateways_are_forgotten_in_time(database: Database, clock: FrozenClock) -> None:
    now = clock.now()
    with database.write() as tx:
        for days, many in ((91, 700), (1, 5)):
            at = now - timedelta(days=days)
            tx.run(
                insert(tables.traffic_minutes).values(
                    [row(tables.traffic_minutes, at=at, digest=f"{days}-{number}") for number in range(many)]
                )
            )
        for days in (8, 6):
            batch = row(tables.traffic_batches, at=now - timedelta(days=days), number=days)
            tx.run(insert(tables.traffic_batches).values(batch))
        for hours in (25, 23):
            gateway = row(tables.gateways, at=now - timedelta(hours=hours), id=f"g{hours}")
            tx.run(insert(tables.gateways).values(gateway))
    done = Housekeeper(database, every_chore(Retention()), clock=clock).keep_house()
    assert done["old traffic"] == 700
    assert done["numbers of traffic batches"] == 1
    assert done["gateways that are gone"] == 1
    assert (count(database, tables.traffic_minutes), count(database, tables.gateways)) == (5, 1)
    assert count(database, tables.traffic_batches) == 1


def test_traffic_is_kept_for_ever_if_asked(database: Database) -> None:
    assert "old traffic" not in [chore.name for chore in every_chore(Retention(traffic_days=0))]
