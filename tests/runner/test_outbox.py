"""Events reach those who react to them, in order and exactly once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from mockops.core.events import Custom, Envelope
from mockops.infra.db import tables
from mockops.infra.db.errors import DatabaseBusy
from mockops.infra.db.leases import leases
from mockops.runner.housekeeping import BATCH as CHORE_BATCH
from mockops.runner.housekeeping import LEASE_S, Chore, Housekeeper, Retention, own_chores
from mockops.runner.outbox import ATTEMPTS, Dispatcher
from mockops.runner.runner import Runner

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx


@dataclass
class Noting:
    """A reaction that writes down what it is told, in the database and in memory."""

    name: str = "noting"
    failing: set[str] = field(default_factory=set)
    error: type[Exception] = ValueError
    told: list[str] = field(default_factory=list)

    def __call__(self, tx: Tx, event: Envelope, org_id: str, workspace_id: str) -> None:
        self.told.append(event.type)
        tx.audit("event.seen", "event", event.id, org_id=org_id)
        if event.type in self.failing:
            raise self.error("I cannot")


def announce(database: Database, *names: str) -> None:
    for name in names:
        with database.write() as tx:
            tx.announce(Custom(type=name, payload={"n": 1}), org_id="o", org="acme", workspace_id="w")


def waiting(database: Database) -> list[str]:
    table = tables.events
    with database.read() as tx:
        rows = tx.all(select(table.c.type).where(table.c.is_dispatched.is_(False)).order_by(table.c.sequence))
        return [row.type for row in rows]


def seen(database: Database) -> int:
    with database.read() as tx:
        return tx.scalar(select(func.count()).select_from(tables.audit)) or 0


def test_events_are_handed_over_once_and_in_order(database: Database) -> None:
    announce(database, "a", "b", "c")
    noting = Noting()
    dispatcher = Dispatcher(database, [noting])
    assert dispatcher.dispatch(limit=2) == 2
    assert waiting(database) == ["c"]
    assert dispatcher.dispatch() == 1
    assert dispatcher.dispatch() == 0
    assert noting.told == ["a", "b", "c"]
    assert seen(database) == 3


def test_without_reactions_events_are_done_with(database: Database) -> None:
    announce(database, "a", "b")
    assert Dispatcher(database).dispatch() == 2
    assert waiting(database) == []


def test_one_that_fails_holds_up_the_rest_only_so_often(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    announce(database, "fine", "broken", "behind")
    failing, other = Noting("failing", failing={"broken"}), Noting("other")
    dispatcher = Dispatcher(database, [other, failing])
    with caplog.at_level(logging.ERROR, "mockops.runner"):
        assert dispatcher.dispatch() == 1
        for _ in range(ATTEMPTS - 2):
            assert dispatcher.dispatch() == 0
        assert waiting(database) == ["broken", "behind"]
        assert seen(database) == 2, "what a failed attempt wrote is gone"
        assert dispatcher.dispatch() == 2
    assert waiting(database) == []
    assert seen(database) == 2 + 1 + 2, "the others have reacted to the broken one, too"
    assert "failing is not asked again about event" in caplog.text
    assert "I cannot" in caplog.text


def test_when_the_database_is_away_nothing_counts_as_a_failure(database: Database) -> None:
    announce(database, "a")
    noting = Noting(failing={"a"}, error=DatabaseBusy)
    dispatcher = Dispatcher(database, [noting])
    for _ in range(ATTEMPTS + 2):
        with pytest.raises(DatabaseBusy):
            dispatcher.dispatch()
    assert waiting(database) == ["a"]
    noting.failing.clear()
    assert dispatcher.dispatch() == 1


async def test_a_runner_reacts_as_soon_as_something_is_committed(database: Database, clock: FrozenClock) -> None:
    noting = Noting()
    runner = Runner(database, Dispatcher(database, [noting]), Housekeeper(database, own_chores(), clock=clock))
    running = asyncio.create_task(runner.run())
    await asyncio.to_thread(announce, database, "a")
    async with asyncio.timeout(20):
        while await asyncio.to_thread(waiting, database):
            await asyncio.sleep(0.005)
    runner.stop()
    await running
    assert noting.told == ["a"]
    with database.read() as tx:
        assert tx.all(select(leases)) == [], "the next one need not wait"


def old_keys(database: Database, count: int, age: timedelta) -> None:
    with database.write() as tx:
        rows = [
            {
                "org_id": "o",
                "actor_id": "a",
                "key": f"{age}-{number}",
                "request_digest": "d",
                "status": 201,
                "headers": {},
                "body": b"",
                "at": tx.now - age,
            }
            for number in range(count)
        ]
        tx.run(insert(tables.idempotency_keys).values(rows))


def test_idempotency_keys_are_kept_for_a_day(database: Database, clock: FrozenClock) -> None:
    old_keys(database, CHORE_BATCH + 7, timedelta(hours=25))
    old_keys(database, 3, timedelta(hours=23))
    keeper = Housekeeper(database, own_chores(), clock=clock)
    assert keeper.keep_house()["idempotency keys"] == CHORE_BATCH + 7
    with database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(tables.idempotency_keys)) == 3


def test_old_events_go_once_they_were_dispatched(database: Database, clock: FrozenClock) -> None:
    announce(database, "old", "old")
    Dispatcher(database).dispatch()
    announce(database, "not dispatched")
    clock.advance(91 * 86400)
    announce(database, "new")
    assert Housekeeper(database, own_chores(), clock=clock).keep_house()["old events"] == 2
    with database.read() as tx:
        assert [row.type for row in tx.all(tables.events.select())] == ["not dispatched", "new"]
    kept = Housekeeper(database, own_chores(Retention(events_days=0)), clock=clock)
    assert "old events" not in kept.keep_house()


def test_the_audit_trail_is_kept_for_a_year_and_a_month(database: Database, clock: FrozenClock) -> None:
    with database.write() as tx:
        tx.audit("thing.created", "thing", "1")
    clock.advance(399 * 86400)
    keeper = Housekeeper(database, own_chores(), clock=clock)
    assert keeper.keep_house()["old audit entries"] == 0
    clock.advance(2 * 86400)
    for_ever = Housekeeper(database, own_chores(Retention(audit_days=0)), clock=clock)
    assert "old audit entries" not in for_ever.keep_house()
    for_ever.give_up()
    assert keeper.keep_house()["old audit entries"] == 1


def test_one_keeps_the_house_at_a_time(database: Database, clock: FrozenClock) -> None:
    done: list[str] = []

    def make(name: str) -> Housekeeper:
        chore = Chore(name="dust", every_s=1, run=lambda _tx: done.append(name) or 0)
        return Housekeeper(database, [chore], clock=clock)

    one, other = make("one"), make("other")
    assert one.keep_house() == {"dust": 0}
    assert other.keep_house() == {}
    clock.advance(2)
    assert one.keep_house() == {"dust": 0}
    clock.advance(LEASE_S + 1)
    assert other.keep_house() == {"dust": 0}, "the first one is taken for dead"
    assert one.keep_house() == {}
    assert done == ["one", "one", "other"]


def test_chores_wait_for_their_time_and_outlive_their_errors(
    database: Database, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def fail(_tx: Tx) -> int:
        raise ValueError("dusty")

    chores = [
        Chore(name="broken", every_s=10, run=fail),
        Chore(name="seldom", every_s=100, run=lambda _tx: done.append("seldom") or 0),
    ]
    keeper = Housekeeper(database, chores, clock=clock)
    keeper.keep_house()
    clock.advance(50)
    assert keeper.keep_house() == {}
    assert done == ["seldom"]
    assert caplog.text.count("ValueError: dusty") == 2
    with pytest.raises(ValueError, match="one name"):
        Housekeeper(database, [*chores, *chores], clock=clock)
