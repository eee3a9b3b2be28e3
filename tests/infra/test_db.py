"""Transactions on real databases."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from mockops.core.actor import SYSTEM
from mockops.core.errors import Invalid
from mockops.core.events import Custom
from mockops.infra.db import tables
from mockops.infra.db.database import DatabaseUrlInvalid, open_database
from mockops.infra.db.pages import CursorInvalid, read_page

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database


def events(database: Database) -> list[tuple[int, str]]:
    with database.read() as tx:
        table = tables.events
        return [(row.sequence, row.type) for row in tx.all(select(table).order_by(table.c.sequence))]


def test_what_commits_is_announced_in_order(database: Database) -> None:
    with database.write() as tx:
        tx.announce(Custom(type="first"))
        tx.announce(Custom(type="second", payload={"n": 2**70}))
        tx.touch("env-1")
        assert tx.revision == 0
    assert events(database) == [(1, "first"), (2, "second")]
    assert tx.revision == 3
    assert database.changed.position == 3
    with database.read() as read:
        row = read.one(select(tables.events).where(tables.events.c.sequence == 2))
        assert row is not None
        assert row.data == {"n": 2**70}
        assert row.time == tx.now
        target = read.one(select(tables.targets))
        assert target is not None
        assert (target.environment_id, target.revision, target.is_removed) == ("env-1", 3, False)


def test_what_rolls_back_was_never_announced(database: Database) -> None:
    with pytest.raises(Invalid), database.write() as tx:
        tx.announce(Custom(type="never"))
        tx.audit("thing.created", "thing", "1")
        tx.touch("env-1")
        raise Invalid("no")
    assert events(database) == []
    assert database.changed.position == 0
    with database.read() as read:
        assert read.all(select(tables.audit)) == []
        assert read.all(select(tables.targets)) == []


def test_an_attempt_that_fails_undoes_itself_only(database: Database) -> None:
    with database.write() as tx:
        tx.announce(Custom(type="before"))
        with pytest.raises(Invalid), tx.attempt():
            tx.announce(Custom(type="inside"))
            tx.touch("env-1")
            tx.run(update(tables.log_position).values(value=1000))
            raise Invalid("no")
        with tx.attempt():
            tx.announce(Custom(type="kept"))
    assert events(database) == [(1, "before"), (2, "kept")]
    assert tx.revision == 0


def test_eight_writers_lose_nothing_and_commit_in_the_order_of_their_positions(database: Database) -> None:
    row = tables.log_position

    def write(number: int) -> int:
        with database.write() as tx:
            before = tx.scalar(select(row.c.value))
            tx.announce(Custom(type=f"n.{number}"))
            assert tx.scalar(select(row.c.value)) == before
        return tx.position

    with ThreadPoolExecutor(8) as pool:
        positions = list(pool.map(write, range(80)))
    assert sorted(positions) == list(range(1, 81))
    assert len(events(database)) == 80


def test_readers_see_one_state(database: Database) -> None:
    with database.read() as tx:
        assert tx.scalar(select(tables.log_position.c.value)) == 0
        done = threading.Thread(target=lambda: _announce(database))
        done.start()
        done.join()
        assert tx.scalar(select(tables.log_position.c.value)) == 0
    assert len(events(database)) == 1


def _announce(database: Database) -> None:
    with database.write() as tx:
        tx.announce(Custom(type="meanwhile"))


async def test_a_commit_wakes_who_waits(database: Database) -> None:
    waiting = asyncio.create_task(database.changed.wait(0, 20))
    await asyncio.to_thread(_announce, database)
    assert await waiting
    assert not await database.changed.wait(1, 0.01)
    assert await database.changed.wait(0, 0)


def test_pages_go_on_behind_the_last_row(database: Database) -> None:
    with database.write() as tx:
        for number in range(7):
            tx.announce(Custom(type=f"t{number % 2}"))
    table = tables.events
    keys = (table.c.time, table.c.sequence)
    found: list[int] = []
    cursor = None
    with database.read() as read:
        while True:
            page = read_page(read, select(table), keys=keys, cursor=cursor, limit=3)
            found += [row.sequence for row in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found == [1, 2, 3, 4, 5, 6, 7]
        newest = read_page(read, select(table), keys=(table.c.sequence,), limit=2, descending=True)
        assert [row.sequence for row in newest.items] == [7, 6]
        older = read_page(read, select(table), keys=(table.c.sequence,), limit=9, descending=True, cursor=newest.next)
        assert [row.sequence for row in older.items] == [5, 4, 3, 2, 1]
        for wrong in ("nonsense", "W10", "WyJ4Il0", "WzFd!!"):
            with pytest.raises(CursorInvalid):
                read_page(read, select(table), keys=(table.c.sequence,), cursor=wrong)


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "sqlite://", "sqlite:///:memory:"])
def test_a_wrong_url_is_refused(url: str, clock: FrozenClock) -> None:
    with pytest.raises(DatabaseUrlInvalid):
        open_database(url, clock=clock)


def test_two_processes_worth_of_sqlite_take_turns(tmp_path: Path, clock: FrozenClock) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'x.db'}"
    first, second = open_database(url, clock=clock), open_database(url, clock=clock)
    first.create_all()

    def write(which: int) -> None:
        with (first, second)[which % 2].write(SYSTEM) as tx:
            tx.announce(Custom(type="x"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    assert len(events(first)) == 40
    assert second.read_position() == 40
    first.close()
    second.close()
