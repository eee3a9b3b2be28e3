"""Answers to waiting polls come at a bounded pace, and each page is made once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockops.control.gateway_protocol import feed as module
from mockops.control.gateway_protocol.asked import PollInvalid, read_asked
from mockops.control.gateway_protocol.feed import Feed
from mockops.infra.db.database import Database
from mockops.publishing.service import snapshots
from mockops.publishing.service.rows import Assembler
from mockops.publishing.service.snapshots import Scope

ALL = Scope(org_id=None, home="acme")


async def until_waiting(feed: Feed, count: int) -> None:
    while sum(len(crowd.waiting) for crowd in feed._crowds.values()) < count:
        await asyncio.sleep(0)


def touch(database: Database) -> None:
    with database.write() as tx:
        tx.remove_targets("gone")


async def test_a_crowd_gets_one_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = snapshots.make_page
    monkeypatch.setattr(snapshots, "make_page", lambda *asked: made.append(asked) or make(*asked))
    touch(database)
    feed = Feed(database, Assembler())
    running = asyncio.create_task(feed.run())
    cursor = (await feed.page(ALL, 0, 0)).cursor
    waiting = [asyncio.create_task(feed.page(ALL, cursor, 20)) for _ in range(200)]
    await until_waiting(feed, 200)
    made.clear()
    await asyncio.to_thread(touch, database)
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 20)
    assert len({id(answer.content) for answer in answers}) == 1
    assert len(made) == 1
    running.cancel()


async def test_two_hundred_wait_for_their_turn_and_one_does_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noting(seconds: float) -> None:
        if seconds > 0:
            slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(module.asyncio, "sleep", noting)
    touch(database)
    feed = Feed(database, Assembler())
    running = asyncio.create_task(feed.run())
    cursor = (await feed.page(ALL, 0, 0)).cursor

    async def change_for(count: int) -> None:
        nonlocal cursor
        waiting = [asyncio.create_task(feed.page(ALL, cursor, 20)) for _ in range(count)]
        while sum(len(crowd.waiting) for crowd in feed._crowds.values()) < count:
            await sleep(0)
        await asyncio.to_thread(touch, database)
        cursor = (await asyncio.gather(*waiting))[0].cursor

    for _ in range(5):
        await change_for(1)
    assert slept == []
    await change_for(200)
    assert slept == []
    await change_for(200)
    assert 1.0 < slept[-1] <= 2.0
    running.cancel()


async def test_commits_that_change_no_target_wake_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from mockops.core.events import Custom

    touch(database)
    feed = Feed(database, Assembler())
    running = asyncio.create_task(feed.run())
    cursor = (await feed.page(ALL, 0, 0)).cursor
    waiting = asyncio.create_task(feed.page(ALL, cursor, 20))
    await until_waiting(feed, 1)
    read: list[Any] = []
    read_all = feed._read_all
    monkeypatch.setattr(feed, "_read_all", lambda asked: read.append(asked) or read_all(asked))
    for _ in range(5):
        with database.write() as tx:
            tx.announce(Custom(type="x"))
    await asyncio.to_thread(touch, database)
    answer = await waiting
    assert (answer.is_news, len(read)) == (True, 1)
    running.cancel()


async def test_whoever_waits_is_sent_home_at_the_end(sqlite_database: Database) -> None:
    touch(sqlite_database)
    feed = Feed(sqlite_database, Assembler())
    cursor = (await feed.page(ALL, 0, 0)).cursor
    waiting = asyncio.create_task(feed.page(ALL, cursor, 20))
    await until_waiting(feed, 1)
    feed.end()
    assert not (await waiting).is_news
    assert not (await feed.page(ALL, cursor, 20)).is_news


def test_a_poll_is_read_and_bounded() -> None:
    asked = read_asked({"gateway": "g\0", "boot": "b", "cursor": "7", "wait": "30", "unknown": "x"})
    assert (asked.gateway, asked.cursor, asked.wait, asked.workers) == ("g", 7, 30.0, 1)
    for wrong in (
        {},
        {"gateway": ""},
        {"cursor": "-1"},
        {"cursor": "x"},
        {"cursor": str(2**63)},
        {"wait": "nan"},
        {"wait": "61"},
        {"workers": "0"},
        {"name": "n" * 256},
    ):
        with pytest.raises(PollInvalid):
            read_asked({"gateway": "g", "boot": "b", **wrong} if wrong else {})
