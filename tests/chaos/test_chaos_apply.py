"""Control dies, or is told to stop, in the midst of an apply: all of it is there afterwards, or nothing."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from chaos_world import Answer, World, ask, body_of, inventory, until, write_project
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

WORKSPACES = 300


FEW = 100
"""Where the number matters less than the database."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("large") / "project", WORKSPACES, stubs=1)


@pytest.fixture(scope="module")
def large(project: Path) -> bytes:
    """Return what `mockops apply` sends once it has uploaded the contracts."""
    return body_of(project)


def upload(url: str, project: Path) -> None:
    """Upload the one contract of all workspaces, as the command does beforehand."""
    document = (project / "workspaces" / "w000" / "contract.yaml").read_text()
    made = ask(url + "/api/v1/contracts", "POST", {"root": "contract.yaml", "files": {"contract.yaml": document}})
    assert made.status in (200, 201), made.body


class Applying:
    """An apply under way."""

    def __init__(self, url: str, body: bytes) -> None:
        self.answer: Answer | None = None
        self.thread = threading.Thread(target=self._send, args=(url, body), daemon=True)
        self.thread.start()

    def _send(self, url: str, body: bytes) -> None:
        try:
            self.answer = ask(url + "/api/v1/projects/apply", "POST", body)
        except (OSError, HTTPException):
            return

    def end(self) -> Answer | None:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.answer


def is_locked(path: Path) -> bool:
    """Say whether somebody writes now."""
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


def is_whole(before: dict[str, int], now: dict[str, int], answer: Answer | None, count: int = WORKSPACES) -> bool:
    """Return whether everything is there; anything between that and nothing fails."""
    if now == before:
        assert answer is None or answer.status != 200, "it was confirmed"
        return False
    made = {name: now[name] - before[name] for name in now}
    assert made["workspaces"] == made["stubs"] == made["workspace_contracts"] == count
    assert made["environments"] == made["targets"] == 3 * count
    assert made["versions"] == made["pins"] == 2 * count  # of the contract and the config
    assert made["contracts"] == 0, "it was uploaded before"
    assert made["events"] >= count
    return True


def wait(how_long_s: float) -> None:
    """Let something go on for a while: when it is killed is a matter of chance, not of a condition."""
    ends = time.monotonic() + how_long_s
    until(lambda: time.monotonic() >= ends)


def apply_again(url: str, body: bytes, database_url: str, before: dict[str, int]) -> None:
    """Apply once more: everything is there; and again: nothing changes."""
    assert is_whole(before, _applied(url, body, database_url), None, FEW)
    now = inventory(database_url)
    assert _applied(url, body, database_url) == now


def _applied(url: str, body: bytes, database_url: str) -> dict[str, int]:
    answer = ask(url + "/api/v1/projects/apply", "POST", body)
    assert answer.status == 200, answer.body
    return inventory(database_url)


def test_killed_in_an_apply_control_has_all_or_nothing(world: World, project: Path, large: bytes) -> None:
    chance = random.Random(20260322)
    path, wal = world.data / "mockops.db", world.data / "mockops.db-wal"
    database_url = f"sqlite:///{path}"
    control, url = world.control()
    upload(url, project)
    assert control.stop() == 0
    before = inventory(database_url)
    clean = world.folder / "clean"
    shutil.copytree(world.data, clean)
    control, url = world.control()
    was_open = 0
    for delay_s in (chance.uniform(0.0, 0.3), chance.uniform(0.3, 1.5), None):
        size = wal.stat().st_size
        applying = Applying(url, large)
        until(lambda: is_locked(path))
        if delay_s is None:  # while it is written down
            until(lambda size=size: wal.stat().st_size > size + 100_000)  # type: ignore[misc]
        else:
            wait(delay_s)
        was_open += is_locked(path)
        control.hit(signal.SIGKILL)
        control.code()
        answer = applying.end()
        control, url = world.control()
        if is_whole(before, inventory(database_url), answer):
            assert control.stop() == 0
            shutil.rmtree(world.data)
            shutil.copytree(clean, world.data)
            control, url = world.control()
    assert was_open, "none was killed in its transaction"
    again = world.apply(project, url)
    assert again.code() == 0, again.text
    assert is_whole(before, inventory(database_url), None)
    now = inventory(database_url)
    once_more = world.apply(project, url)
    assert once_more.code() == 0, once_more.text
    assert "unchanged" in once_more.text
    assert "create" not in once_more.text
    assert inventory(database_url) == now


@pytest.fixture
def apart(postgresql_url: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL database of the test's own."""
    url = make_url(postgresql_url)
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS chaos WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE chaos"))
    yield url.set(database="chaos").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE chaos WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def is_writing(apart: str) -> Iterator[Callable[[], bool]]:
    """Give what says whether somebody is in a transaction that has written."""
    engine = create_engine(apart.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    statement = text("SELECT count(*) FROM pg_stat_activity WHERE datname = 'chaos' AND backend_xid IS NOT NULL")

    def look() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(statement).scalar_one())

    yield look
    engine.dispose()


def test_killed_in_an_apply_on_postgresql_too(world: World, apart: str, is_writing: Callable[[], bool]) -> None:
    chance = random.Random(4)
    project = write_project(world.folder / "project", FEW, stubs=1)
    body = body_of(project)
    control, url = world.control(database_url=apart)
    upload(url, project)
    before = inventory(apart)
    applying = Applying(url, body)
    until(is_writing)
    wait(chance.uniform(0.0, 0.5))
    control.hit(signal.SIGKILL)
    control.code()
    answer = applying.end()
    until(lambda: not is_writing())
    control, url = world.control(database_url=apart)
    is_whole(before, inventory(apart), answer, FEW)
    apply_again(url, body, apart, before)


def test_told_to_stop_in_an_apply_control_finishes_or_refuses_it(world: World, project: Path, large: bytes) -> None:
    path = world.data / "mockops.db"
    control, url = world.control()
    upload(url, project)
    before = inventory(f"sqlite:///{path}")
    applying = Applying(url, large)
    until(lambda: is_locked(path))
    assert control.stop(signal.SIGTERM) == 0, control.text
    answer = applying.end()
    assert answer is not None, "neither done nor refused"
    assert is_whole(before, inventory(f"sqlite:///{path}"), answer) == (answer.status == 200), control.text
    assert "Traceback" not in control.text
