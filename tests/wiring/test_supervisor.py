"""A child that is kept alive: real processes, killed for real."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mockops.core.clock import SystemClock
from mockops.wiring.data_folder import (
    DataFolder,
    DataFolderUnusable,
    DataFolderUsed,
    choose_folder,
    read_private,
    write_private,
)
from mockops.wiring.supervisor import Child, ChildFailed, Supervisor

LIVING = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1] + ".stopped").write_text("x"), sys.exit(0)))
print("hello", flush=True)
print("a warning", file=sys.stderr, flush=True)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
while True:
    time.sleep(60)
"""
DYING = "import sys; print('no such thing as luck', file=sys.stderr); sys.exit(3)"
STUBBORN = LIVING.replace("(pathlib", "None and (pathlib")


class World:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "pid"
        self.said: list[str] = []
        self.supervisor: Supervisor | None = None

    def make(self, code: str, **options: Any) -> Supervisor:
        async def is_ready() -> bool:
            return self.pid() != 0

        child = Child(
            name="thing",
            command=[sys.executable, "-c", code, str(self.file)],
            environment=dict(os.environ),
            is_ready=options.pop("is_ready", is_ready),
            **options,
        )
        self.supervisor = Supervisor(child, clock=SystemClock(), tell=self.said.append)
        return self.supervisor

    def pid(self) -> int:
        return int(self.file.read_text() or 0) if self.file.exists() else 0

    async def until(self, condition: Callable[[], Any], within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.said
            await asyncio.sleep(0.005)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    found = World(tmp_path)
    yield found
    if found.supervisor is not None:
        found.supervisor.kill()
        await found.supervisor.stop()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_is_ready_when_the_child_is_and_ends_with_it(world: World) -> None:
    supervisor = world.make(LIVING)
    await supervisor.start()
    pid = world.pid()
    assert supervisor.pid == pid
    await world.until(lambda: "thing: a warning" in world.said)
    assert "thing: hello" not in world.said
    await supervisor.stop()
    assert not lives(pid)
    assert world.file.with_name("pid.stopped").exists(), "it was asked, not killed"


async def test_a_killed_child_is_back_at_once(world: World) -> None:
    supervisor = world.make(LIVING)
    await supervisor.start()
    for _ in range(3):
        before = world.pid()
        started = time.monotonic()
        os.kill(before, signal.SIGKILL)
        await world.until(lambda before=before: world.pid() not in (0, before))  # type: ignore[misc]
        assert time.monotonic() - started < 1.0
    assert supervisor.restarts == 3
    assert any("killed by SIGKILL; it is started again now" in line for line in world.said)


async def test_one_that_cannot_start_is_quoted(world: World) -> None:
    supervisor = world.make(DYING)
    with pytest.raises(ChildFailed, match="no such thing as luck"):
        await supervisor.start()
    missing = Child(name="x", command=["/no/such/program"], environment={}, is_ready=_never)
    with pytest.raises(ChildFailed, match="cannot be started"):
        await Supervisor(missing, clock=SystemClock()).start()


async def _never() -> bool:
    return False


async def _always() -> bool:
    return True


async def test_one_that_never_gets_going_is_waited_for_longer_and_longer(world: World) -> None:
    supervisor = world.make(DYING, is_ready=_always)
    await supervisor.start()
    await world.until(lambda: any("in 0.5 s" in line for line in world.said))
    assert supervisor.restarts == 3
    assert any("no such thing as luck" in line and "last words" in line for line in world.said)
    await world.until(lambda: any("in 1 s" in line for line in world.said))


async def test_one_that_does_not_get_ready_is_told_of_and_kept(world: World) -> None:
    supervisor = world.make(LIVING, is_ready=_never, start_s=0.05)
    await supervisor.start()
    assert any("not ready after 0.05 s" in line for line in world.said)
    assert supervisor.pid is not None


async def test_one_that_does_not_stop_is_killed(world: World) -> None:
    supervisor = world.make(STUBBORN, stop_s=0.2)
    await supervisor.start()
    pid = world.pid()
    await supervisor.stop()
    assert not lives(pid)
    assert any("it is killed" in line for line in world.said)


def test_a_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    one, other = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    one.open()
    with pytest.raises(DataFolderUsed, match=rf"process {os.getpid()}.*--data"):
        other.open()
    one.close()
    other.open()
    other.close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataFolderUnusable, match="--data"):
        DataFolder(tmp_path / "file" / "data").open()


def test_secrets_are_for_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert read_private(path) == ""
    write_private(path, "one")
    write_private(path, "two")
    assert read_private(path) == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(DataFolderUnusable):
        write_private(tmp_path / "no" / "folder", "x")


def test_where_data_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert choose_folder(None, {}) == tmp_path / "home" / ".mockops"
    (tmp_path / ".mockops").mkdir()
    assert choose_folder(None, {}) == tmp_path / ".mockops"
    assert choose_folder(None, {"MOCKOPS_DATA": str(tmp_path / "named")}) == tmp_path / "named"
    assert choose_folder(Path("given"), {"MOCKOPS_DATA": "x"}) == tmp_path / "given"
