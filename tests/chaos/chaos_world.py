"""Real processes of MockOps to be killed, starved and stopped: how they are started, loaded and looked into."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psutil
from sqlalchemy import create_engine, text

from mockops.publishing.service.projects.reading import ReadOptions, read_state
from mockops.workspaces.model.projects import ApplyRequest

PATIENCE_S = 60.0
"""For what must happen, on a machine that does much else."""
COMMAND = (sys.executable, "-m", "mockops")
PORTS = ("--port", "0", "--gateway-port", "0", "--admin-port", "0")

CONTRACT = """\
openapi: 3.1.0
info: {title: Words, version: "1"}
paths:
  /word:
    get:
      operationId: word
      responses:
        "200":
          description: A word.
          content:
            application/json:
              schema: {type: string}
              example: WORD
"""
STUB = """\
match: {{operation: word, query: {{stub: "{number}"}}}}
respond: {{body: {{workspace: {name}, stub: {number}, text: {text}}}}}
"""


def until(
    condition: Callable[[], Any], within_s: float = PATIENCE_S, *, but: Callable[[], Any] = lambda: "nothing"
) -> Any:
    """Wait for a condition; return what it gave. `but` tells what there is instead."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it did not happen in time; there is {but()}"
        time.sleep(0.01)  # a busy wait would slow what it waits for
    return found


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str = "GET", body: Any = None, *, timeout_s: float = PATIENCE_S, **headers: str) -> Answer:
    """Ask once over a connection of its own; a body of bytes is sent as it is, any other as JSON."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=timeout_s)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            named.setdefault("Content-Type", "application/json")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=data, headers=named)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def answers(url: str) -> bool:
    """Say whether there is a 200."""
    try:
        return ask(url, timeout_s=5).status == 200
    except (OSError, HTTPException):
        return False


class Running:
    """A process, and what it says."""

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=dict(environment),
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
        deadline = time.monotonic() + PATIENCE_S
        while True:
            is_over = self.process.poll() is not None
            if is_over:
                self._thread.join(5)
            for line in list(self.lines):
                if line.strip().startswith(beginning):
                    return line.strip().removeprefix(beginning).strip()
            assert not is_over, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.01)  # a busy wait would slow what it waits for

    def told(self, part: str) -> list[str]:
        """Return the lines that have words in them."""
        return [line for line in list(self.lines) if part in line]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def api(self) -> str:
        """Of `mockops up`: the API's address."""
        return self.said("API docs").removesuffix("/docs")

    @property
    def gateway(self) -> str:
        """Of `mockops up`: the gateway's address."""
        return self.said("gateway  ")

    @property
    def word(self) -> str:
        """Of `mockops up`: where its gateway serves a word."""
        return self.gateway + "/@w000/word"

    @property
    def admin(self) -> str:
        """Of `mockops up`: the admin port's address."""
        return self.said("admin ").removesuffix("/state")

    def child(self) -> int:
        """Return the process id of the gateway that `mockops up` has now, or 0."""
        try:
            found = [each.pid for each in psutil.Process(self.pid).children() if "gateway" in each.cmdline()]
        except psutil.Error:
            return 0
        return found[0] if found else 0

    def hit(self, how: signal.Signals) -> None:
        self.process.send_signal(how)

    def code(self) -> int:
        """Wait for the end."""
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return code

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.hit(how)
        return self.code()

    def end(self) -> None:
        """Have nothing of it left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


class World:
    """Processes of one test, in one folder; all are gone after it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")}
        home, cache = str(folder / "home"), str(folder / "cache")
        self.environment = {**clean, "NO_COLOR": "1", "HOME": home, "MOCKOPS_CACHE_DIR": cache}
        self._running: list[Running] = []

    def start(self, *arguments: str | Path, **environment: str) -> Running:
        """Start a command."""
        words = (*COMMAND, *map(str, arguments))
        self._running.append(Running(words, {**self.environment, **environment}, self.folder))
        return self._running[-1]

    def up(self, *more: str) -> Running:
        """Start `mockops up`, and wait until it is."""
        up = self.start("up", "--data", self.data, *PORTS, *more)
        assert up.gateway
        return up

    def control(self, *more: str, database_url: str = "", port: int = 0) -> tuple[Running, str]:
        """Start control alone; return it and its address once it answers."""
        url = database_url or f"sqlite:///{self.data / 'mockops.db'}"
        control = self.start("control", "--port", str(port), "--data", self.data, *more, MOCKOPS_DATABASE_URL=url)
        return control, control.said("control:").split()[0]

    def gateway_of(self, url: str, *, token: str = "") -> Follower:
        """Start a gateway beside control, with the token of `mockops up` unless another is given."""
        shown = ("--token", token) if token else ("--token-file", self.data / "gateway.token")
        ports = ("--port", "0", "--admin-port", "0")
        arguments = ("--control-url", url, *shown, "--data", self.data / "gateway", *ports)
        return Follower(self.start("gateway", *arguments))

    def apply(self, project: Path, url: str) -> Running:
        """Begin `mockops apply`."""
        return self.start("apply", project, "--server", url)

    def end(self) -> None:
        for each in reversed(self._running):
            each.end()


class Follower:
    """A running `mockops gateway`."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @property
    def url(self) -> str:
        return self.running.said("gateway:").split()[0]

    @property
    def admin(self) -> str:
        return self.running.said("admin:").removesuffix("/state")

    @property
    def word(self) -> str:
        """Where it serves a word."""
        return self.url + "/@w000/word"

    @property
    def link(self) -> Any:
        """How it stands with control."""
        return ask(self.admin + "/state").json["control"]


# -- projects


def write_project(root: Path, count: int, *, stubs: int = 2, word: str = "first", text: str = "x") -> Path:
    """Write a project of so many workspaces, `w000` and so on, each with a small contract and stubs."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "mockops.yaml").write_text("name: chaos\n")
    for number in range(count):
        folder = root / "workspaces" / f"w{number:03d}"
        (folder / "stubs").mkdir(parents=True, exist_ok=True)
        (folder / "workspace.yaml").write_text(f"title: Number {number}\n")
        (folder / "contract.yaml").write_text(CONTRACT.replace("WORD", word))
        for each in range(stubs):
            body = STUB.format(number=each, name=folder.name, text=text)
            (folder / "stubs" / f"s{each}.yaml").write_text(body)
    return root


def body_of(project: Path) -> bytes:
    """Return what `mockops apply` sends of a project once it has uploaded the contracts."""
    read = read_state(project, ReadOptions(fetch=None, cache_dir=None))
    assert read.is_usable, read.diagnostics
    return msgspec.json.encode(ApplyRequest(project=read.state))


# -- what is in a database

TABLES = (
    *("workspaces", "environments", "versions", "pins", "blobs", "stubs", "targets", "contracts"),
    *("workspace_contracts", "events", "applied_items", "audit"),
)
DANGLING = {
    "contracts of versions": "SELECT count(*) FROM versions WHERE entity_type = 'contract' "
    "AND hash NOT IN (SELECT digest FROM contracts)",
    "blobs of versions": "SELECT count(*) FROM versions WHERE entity_type = 'config' "
    "AND hash NOT IN (SELECT digest FROM blobs)",
    "blobs of stubs": "SELECT count(*) FROM stubs WHERE digest NOT IN (SELECT digest FROM blobs)",
    "artefacts": "SELECT count(*) FROM contracts WHERE artefact_digest NOT IN (SELECT digest FROM blobs)",
    "versions of pins": "SELECT count(*) FROM pins WHERE version_id NOT IN (SELECT id FROM versions)",
    "environments of pins": "SELECT count(*) FROM pins WHERE environment_id NOT IN (SELECT id FROM environments)",
    "targets": "SELECT count(*) FROM environments WHERE id NOT IN (SELECT environment_id FROM targets)",
    "environments of targets": "SELECT count(*) FROM targets WHERE is_removed = FALSE "
    "AND environment_id NOT IN (SELECT id FROM environments)",
    "stubs of workspaces": "SELECT count(*) FROM stubs WHERE workspace_id NOT IN (SELECT id FROM workspaces)",
    "revisions beyond the position": "SELECT count(*) FROM targets "
    "WHERE revision > (SELECT max(value) FROM log_position)",
    "events beyond the position": "SELECT count(*) FROM events WHERE sequence > (SELECT max(value) FROM log_position)",
}


def inventory(database_url: str) -> dict[str, int]:
    """Return how many rows there are of what an apply makes; fail if anything refers to what is not there."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            dangling = {name: connection.execute(text(sql)).scalar_one() for name, sql in DANGLING.items()}
            assert not any(dangling.values()), dangling
            return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES}
    finally:
        engine.dispose()


def counted_in(path: Path) -> int:
    """Return how many answers a SQLite file knows of, whatever was asked."""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            statement = "SELECT coalesce(sum(count), 0) FROM traffic_minutes WHERE status = 200"
            return int(connection.execute(text(statement)).scalar_one())
    finally:
        engine.dispose()


def counted(url: str, workspace: str = "w000", **headers: str) -> int:
    """Return how many answers of a workspace control knows of."""
    items = ask(f"{url}/api/v1/traffic/counts?workspace={workspace}", **headers).json["items"]
    return int(items[0]["count"]) if items else 0


# -- load


@dataclass
class Load:
    """Clients that ask for one thing over and over, each on a connection it keeps; what came of it."""

    url: str
    clients: int = 3
    pause_s: float = 0.002
    answered_at: list[float] = field(default_factory=list)
    """When complete answers 200 were here, on the monotonic clock."""
    other: list[str] = field(default_factory=list)
    """Answers that were none of these."""
    refused: list[float] = field(default_factory=list)
    """When a connection was refused, or closed before any byte of an answer."""
    cut: list[str] = field(default_factory=list)
    """Answers that ended in their midst."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.clients)]
        for each in self._threads:
            each.start()

    def end(self) -> None:
        self._stop.set()
        for each in self._threads:
            each.join(PATIENCE_S)

    @property
    def answered(self) -> int:
        return len(self.answered_at)

    def _work(self) -> None:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.netloc, timeout=10)
        while not self._stop.is_set():
            self._one(connection, parts.path)
            time.sleep(self.pause_s)  # a client's own work: the processes under test need the processor
        connection.close()

    def _one(self, connection: HTTPConnection, path: str) -> None:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except IncompleteRead as error:
            self.cut.append(repr(error))
            connection.close()
        except (OSError, HTTPException) as error:
            connection.close()
            if isinstance(error, TimeoutError):
                self.cut.append(repr(error))
            self.refused.append(time.monotonic())
        else:
            if response.status == 200:
                self.answered_at.append(time.monotonic())
            else:
                self.other.append(f"{response.status} {body[:200]!r}")


@contextmanager
def loaded(url: str, *, clients: int = 3, pause_s: float = 0.002) -> Iterator[Load]:
    """Ask for something meanwhile."""
    load = Load(url, clients=clients, pause_s=pause_s)
    load.begin()
    try:
        yield load
    finally:
        load.end()
