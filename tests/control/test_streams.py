"""One reader of a log for all who watch: nothing is lost, nothing comes twice, nobody is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request

from mockops.control import streams
from mockops.control.streams import Entry, EventStream, TooManyWatchers, Watch, last_event_id
from mockops.infra.db.changes import Changes
from mockops.infra.web.problems import HeaderInvalid


class Log:
    """A log in memory, and who reads it."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.entries: list[Entry[int]] = []
        self.reads = 0

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            position = len(self.entries) + 1
            self.entries.append(Entry(position=position, value=position, content=b"%d" % position))
        self.changes.signal(len(self.entries))

    def read(self, after: int, limit: int) -> Sequence[Entry[int]]:
        self.reads += 1
        return self.entries[after : after + limit]

    def newest(self) -> int:
        return len(self.entries)


@asynccontextmanager
async def watched(log: Log) -> AsyncIterator[Watch[int]]:
    watch: Watch[int] = Watch(log.changes, log.read, log.newest)
    running = asyncio.create_task(watch.run())
    yield watch
    watch.end()
    running.cancel()


async def take(entries: AsyncIterator[Entry[int] | None], count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        entry = await asyncio.wait_for(anext(entries), 20)
        if entry is not None:
            found.append(entry.value)
    return found


async def begin(watch: Watch[int], after: int | None = None) -> AsyncIterator[Entry[int] | None]:
    """Return entries that are watched already."""
    watch.heartbeat_s = 0.005
    entries = watch.entries(after, lambda _: True)
    assert await asyncio.wait_for(anext(entries), 20) is None
    return entries


async def test_many_watchers_cost_one_reader() -> None:
    log = Log()
    async with watched(log) as watch:
        watchers = [await begin(watch) for _ in range(50)]
        before = log.reads
        log.add(10)
        assert [await take(each, 10) for each in watchers] == [list(range(1, 11))] * 50
        assert log.reads - before <= 2


async def test_who_falls_out_of_the_window_reads_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_WINDOW", 5)
    monkeypatch.setattr(streams, "_AT_ONCE", 7)
    log = Log()
    async with watched(log) as watch:
        slow, fast = await begin(watch), await begin(watch)
        for number in range(10):
            log.add(3)
            assert await take(fast, 3) == [number * 3 + 1, number * 3 + 2, number * 3 + 3]
        assert len(watch._window) == 5
        assert await take(slow, 30) == list(range(1, 31))


async def test_who_comes_back_goes_on() -> None:
    log = Log()
    log.add(1_300)
    async with watched(log) as watch:
        entries = await begin(watch, after=100)
        assert await take(entries, 1_200) == list(range(101, 1_301))
        log.add(2)
        assert await take(entries, 2) == [1_301, 1_302]


async def test_a_position_ahead_of_a_restored_log_is_its_end() -> None:
    log = Log()
    log.add(3)
    async with watched(log) as watch:
        entries = await begin(watch, after=1_000)
        assert await asyncio.wait_for(anext(entries), 20) is None
        log.add()
        assert await take(entries, 1) == [4]


async def test_a_log_that_nobody_watched_is_not_read_from_its_beginning() -> None:
    log = Log()
    async with watched(log) as watch:
        entries = await begin(watch)
        await entries.aclose()  # type: ignore[attr-defined]
        log.add(5_000)
        while watch._at >= 0:  # until it has noticed that nobody is there
            await asyncio.sleep(0)
        again = await begin(watch)
        log.add()
        assert await take(again, 1) == [5_001]
        assert log.reads < 5


async def test_a_log_that_cannot_be_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_TROUBLE_S", 0.001)
    log = Log()
    async with watched(log) as watch:
        entries = await begin(watch)
        read, failures = log.read, iter(range(3))

        def failing(after: int, limit: int) -> Sequence[Entry[int]]:
            if next(failures, None) is not None:
                raise OSError("gone")
            return read(after, limit)

        watch._read = failing
        log.add(2)
        assert await take(entries, 2) == [1, 2]


async def test_there_is_an_end_to_watchers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MAX_WATCHERS", 2)
    log = Log()
    async with watched(log) as watch:
        kept = [await begin(watch) for _ in range(2)]
        with pytest.raises(TooManyWatchers):
            watch.entries(None, lambda _: True)
        await kept[0].aclose()  # type: ignore[attr-defined]
        assert await begin(watch)


async def test_a_watcher_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_SEND_S", 0.02)
    log = Log()
    sent: list[Any] = []
    stuck = asyncio.Event()

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 3:
            await stuck.wait()

    async def receive() -> Any:
        await stuck.wait()

    async with watched(log) as watch:
        log.add(5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(EventStream(watch.entries(0, lambda _: True))({}, receive, send), 20)
        assert watch._watchers == 0
    assert [message.get("body") for message in sent[2:]] == [b"id: 1\ndata: 1\n\n", b"id: 2\ndata: 2\n\n"]


async def test_a_watcher_that_leaves_is_forgotten() -> None:
    log = Log()
    left = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body", b"").startswith(b"id: 1\n"):
            left.set()

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async with watched(log) as watch:
        log.add()
        await asyncio.wait_for(EventStream(watch.entries(0, lambda _: True))({}, receive, send), 20)
        assert watch._watchers == 0


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 19, "1" * 30, "²"])
def test_a_wrong_last_event_id_is_refused(value: str) -> None:
    headers = [(b"last-event-id", value.encode("latin-1"))]
    with pytest.raises(HeaderInvalid):
        last_event_id(Request({"type": "http", "headers": headers, "query_string": b""}))


def test_last_event_id_or_the_query() -> None:
    def seen(headers: list[tuple[bytes, bytes]], query: bytes) -> int | None:
        return last_event_id(Request({"type": "http", "headers": headers, "query_string": query}))

    assert seen([(b"last-event-id", b"7")], b"after=3") == 7
    assert seen([], b"after=3") == 3
    assert seen([], b"") is None
