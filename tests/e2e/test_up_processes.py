"""`mockops up`, `control` and `runner` as their users run them: real processes, killed, starved and stopped."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

PATIENCE_S = 40.0
COMMAND = (sys.executable, "-m", "mockops")
LOW_LIMIT = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv[:2] = ["mockops"]
from mockops.cli import main
main()
"""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=PATIENCE_S)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            named["Content-Type"] = "application/json"
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target or "/", body=data, headers=named)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def answers(url: str) -> bool:
    try:
        return ask(url).status == 200
    except (OSError, HTTPException):
        return False


def until(condition: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # a busy wait would slow what it waits for
    return found


class Running:
    """A process, and what it says."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=cwd,
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def said(self, beginning: str) -> str:
        """Wait for a line; return what follows the words it begins with."""

        def find() -> str | None:
            if self.process.poll() is not None and self._thread.is_alive():
                self._thread.join(5)
            found = [line for line in self.lines if line.strip().startswith(beginning)]
            assert found or self.process.poll() is None, self.text
            return found[0].strip().removeprefix(beginning).strip() or "-" if found else None

        deadline = time.monotonic() + PATIENCE_S
        while not (found := find()):
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)  # a busy wait would slow what it waits for
        return found

    @property
    def api(self) -> str:
        return self.said("API docs").removesuffix("/docs")

    @property
    def gateway(self) -> str:
        return self.said("gateway ")

    @property
    def admin(self) -> str:
        return self.said("admin ").removesuffix("/state")

    def child(self) -> int:
        """Return the gateway's process id."""
        with suppress(psutil.NoSuchProcess):  # a dead one, or one that goes while it is looked at
            for each in psutil.Process(self.process.pid).children():
                with suppress(psutil.NoSuchProcess):
                    if "gateway" in each.cmdline():
                        return each.pid
        return 0

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return code

    def code(self) -> int:
        """Wait for the end."""
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return code


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a starter of processes; all of them are gone after the test."""
    running: list[Running] = []
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")}
    base = {**clean, "NO_COLOR": "1", "HOME": str(tmp_path / "home"), "MOCKOPS_CACHE_DIR": str(tmp_path / "cache")}

    def begin(*arguments: str | Path, before: tuple[str, ...] = COMMAND, **environment: str) -> Running:
        running.append(Running((*before, *map(str, arguments)), {**base, **environment}, tmp_path))
        return running[-1]

    yield begin
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait(PATIENCE_S)
        each._thread.join(PATIENCE_S)
        if each.process.stdout is not None:
            each.process.stdout.close()


PORTS = ("--port", "0", "--gateway-port", "0", "--admin-port", "0")


def workspaces(url: str) -> list[str]:
    answer = ask(url + "/api/v1/workspaces?limit=500")
    assert answer.status == 200, answer.body
    return [item["name"] for item in answer.json["items"]]


def create(url: str, name: str, **headers: str) -> Answer:
    return ask(url + "/api/v1/workspaces", "POST", {"name": name, "description": "x" * 2000}, **headers)


def test_it_starts_answers_and_stops_and_keeps_everything(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    up = start("up", "--data", data, *PORTS, MOCKOPS_TOKEN="leak-me-not")
    assert up.said("next:") == f"mockops apply examples/shop --server {up.api}"
    assert up.said("data ") == str(data)
    assert answers(up.api + "/ready")
    assert answers(up.admin + "/ready")
    assert ask(up.gateway + "/").status == 404
    assert ask(up.api + "/docs").status == 200
    assert create(up.api, "kept").status == 201

    command = psutil.Process(up.child()).cmdline()
    token = (data / "gateway.token").read_text().strip()
    assert token not in " ".join(command)
    assert "leak-me-not" not in " ".join(psutil.Process(up.child()).environ().values())
    assert (data / "gateway.token").stat().st_mode & 0o777 == 0o600

    second = start("up", "--data", data, *PORTS)
    assert second.code() == 1
    assert f"process {up.process.pid}) uses the data folder {data}" in second.text

    poll = threading.Thread(target=_wait_long, args=(up.api, token))
    poll.start()
    gateway = up.child()
    begun = time.monotonic()
    assert up.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 8
    poll.join(PATIENCE_S)
    assert not psutil.pid_exists(gateway)
    assert "Traceback" not in up.text

    again = start("up", "--data", data, *PORTS)
    assert workspaces(again.api) == ["kept"]
    assert (data / "gateway.token").read_text().strip() == token
    assert "for the first time" not in again.text
    assert again.stop() == 0


def _wait_long(url: str, token: str) -> None:
    """Wait as gateways do; the answer comes when the process stops, if not before."""
    page = "/gateway/v1/snapshots?cursor=99999999&wait=30&boot=b&gateway=g"
    assert ask(url + page, Authorization=f"Bearer {token}").status == 200


def test_a_killed_gateway_is_back_within_a_second(start: Start, tmp_path: Path) -> None:
    up = start("up", "--data", tmp_path / "data", *PORTS)
    assert answers(up.admin + "/ready")
    took_s = []
    for _ in range(3):
        before = until(up.child)
        os.kill(before, signal.SIGKILL)
        begun = time.monotonic()
        until(lambda before=before: up.child() not in (0, before) and answers(up.admin + "/ready"))  # type: ignore[misc]
        took_s.append(time.monotonic() - begun)
    assert min(took_s) < 3.0, "1 s on a machine of its own"
    assert ask(up.gateway + "/").status == 404
    assert "the gateway was killed by SIGKILL; it is started again now" in up.text


def test_killed_with_its_hands_full_it_has_lost_nothing_it_has_confirmed(start: Start, tmp_path: Path) -> None:
    up = start("up", "--data", tmp_path / "data", *PORTS)
    url, gateway = up.api, until(up.child)
    confirmed: list[str] = []

    def work(worker: int) -> None:
        for number in range(1000):
            name = f"w{worker}-{number}"
            try:
                if create(url, name).status == 201:
                    confirmed.append(name)
            except (OSError, HTTPException):
                return

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(work, worker) for worker in range(4)]
        until(lambda: len(confirmed) > 40)
        up.process.kill()
        for each in done:
            each.result()
    until(lambda: not psutil.pid_exists(gateway)), "the gateway does not outlive who started it"
    again = start("up", "--data", tmp_path / "data", *PORTS)
    with sqlite3.connect(tmp_path / "data" / "mockops.db") as database:
        assert again.api
        kept = {row[0] for row in database.execute("SELECT name FROM workspaces")}
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        per_workspace = database.execute(
            "SELECT count(*) FROM environments GROUP BY workspace_id ORDER BY 1"
        ).fetchall()
    database.close()
    assert set(confirmed) <= kept
    assert len(kept) - len(confirmed) <= 4
    assert {row[0] for row in per_workspace} == {3}


def test_a_database_that_somebody_locks_is_said_to_be_and_recovers(start: Start, tmp_path: Path) -> None:
    up = start("up", "--data", tmp_path / "data", *PORTS)
    url = up.api
    other = sqlite3.connect(tmp_path / "data" / "mockops.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = create(url, "locked-out")
    assert (refused.status, refused.json["code"]) == (503, "database.busy")
    assert refused.headers["retry-after"]
    assert workspaces(url) == [], "readers need not wait"
    other.execute("ROLLBACK")
    other.close()
    assert create(url, "let-in").status == 201
    assert workspaces(url) == ["let-in"]


def test_a_full_disk_is_said_to_be_and_nothing_is_half_written(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = start("control", "--database-url", f"sqlite:///{data / 'mockops.db'}", "--port", "0", "--data", data)
    assert first.said("control:")
    assert first.stop() == 0
    limit = str((data / "mockops.db").stat().st_size + 200_000)
    control = start(
        "control",
        "--database-url",
        f"sqlite:///{data / 'mockops.db'}",
        "--port",
        "0",
        "--data",
        data,
        before=(sys.executable, "-c", LOW_LIMIT, limit),
    )
    url = control.said("control:").split()[0]
    made: list[str] = []
    refused = Answer(0, {}, b"")
    for number in range(2000):
        refused = create(url, f"w{number}")
        if refused.status != 201:
            break
        made.append(f"w{number}")
    assert (refused.status, refused.json["code"]) == (503, "database.full"), refused.body
    assert "Free some space" in refused.json["detail"]
    assert answers(url + "/health")
    assert set(workspaces(url)) >= set(made[:500]) or len(made) > 500
    assert control.stop() == 0
    roomy = start("control", "--database-url", f"sqlite:///{data / 'mockops.db'}", "--port", "0", "--data", data)
    again = roomy.said("control:").split()[0]
    assert create(again, "after").status == 201
    with sqlite3.connect(data / "mockops.db") as database:
        kept = {row[0] for row in database.execute("SELECT name FROM workspaces")}
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert kept == {*made, "after"}


def test_a_damaged_database_is_named(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "mockops.db").write_bytes(b"\x00garbage" * 2000)
    up = start("up", "--data", data, *PORTS)
    assert up.code() == 1
    assert "damaged" in up.text
    assert "Restore it from a copy" in up.text
    assert "Traceback" not in up.text


@pytest.mark.parametrize("option", ["--port", "--gateway-port", "--admin-port"])
def test_a_port_in_use_is_named(start: Start, tmp_path: Path, option: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        ports = [number if name == option else each for name, each in zip((None, *PORTS), PORTS, strict=False)]
        up = start("up", "--data", tmp_path / "data", *ports)
        assert up.code() == 1
    assert f"cannot listen on 127.0.0.1:{number}: address already in use" in up.text
    assert f"choose another {option}" in up.text
    assert "Traceback" not in up.text


def test_the_usual_admin_port_gives_way(start: Start, tmp_path: Path) -> None:
    import socket

    with suppress(OSError), socket.create_server(("127.0.0.1", 7081)):
        up = start("up", "--data", tmp_path / "data", *PORTS[:4])
        assert up.admin != "http://127.0.0.1:7081"
        assert up.stop() == 0


def test_it_does_not_open_itself_to_others(start: Start, tmp_path: Path) -> None:
    up = start("up", "--data", tmp_path / "data", *PORTS, "--host", "0.0.0.0")
    assert up.code() == 2
    assert "--auth token" in up.text
    assert not (tmp_path / "data").exists()


def test_the_first_admin_gets_a_token_once(start: Start, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'x.db'}"
    given = "mko_" + "Ab12" * 10
    arguments = ("control", "--database-url", database, "--port", "0", "--data", tmp_path / "d", "--auth", "token")
    control = start(*arguments, "--bootstrap-token-file", tmp_path / "token", MOCKOPS_BOOTSTRAP_TOKEN=given)
    url = control.said("control:").split()[0]
    assert (tmp_path / "token").read_text().strip() == given
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert given not in control.text
    assert ask(url + "/api/v1/workspaces").status == 401
    assert create(url, "mine", Authorization=f"Bearer {given}").status == 201
    assert control.stop() == 0
    (tmp_path / "token").unlink()
    again = start(*arguments, "--bootstrap-token-file", tmp_path / "token")
    assert again.said("control:")
    assert not (tmp_path / "token").exists()


def test_the_roles_run_apart_on_postgresql(start: Start, tmp_path: Path, postgresql_url: str) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url = make_url(postgresql_url)
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS apart WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE apart"))
    named = {"MOCKOPS_DATABASE_URL": url.set(database="apart").render_as_string(hide_password=False)}
    runner = start("runner", **named)
    controls = [start("control", "--port", "0", "--data", tmp_path / "d", **named) for _ in range(2)]
    urls = [each.said("control:").split()[0] for each in controls]
    assert sum("migration" in each.text for each in controls) == 1
    assert runner.said("runner:") == "works"
    assert create(urls[0], "shared").status == 201
    assert workspaces(urls[1]) == ["shared"]
    apart = create_engine(url.set(drivername="postgresql+psycopg", database="apart"))

    def waiting() -> int:
        with apart.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM events WHERE NOT is_dispatched")).scalar_one()

    until(lambda: waiting() == 0)
    assert [each.stop() for each in (*controls, runner)] == [0, 0, 0]
    apart.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE apart WITH (FORCE)"))
    server.dispose()
