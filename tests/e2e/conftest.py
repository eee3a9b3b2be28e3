"""`mockops serve` as its users run it: a process of its own, real sockets, conditions waited for."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
COMMAND = (sys.executable, "-m", "mockops")

CONTRACT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /word:
    get:
      responses:
        "200":
          description: A word.
          content:
            application/json:
              schema: {type: string}
              example: WORD
"""


def contract(word: str) -> str:
    return CONTRACT.replace("WORD", word)


class Lines:
    """What a process prints, line by line."""

    def __init__(self, stream: Any) -> None:
        self.all: list[str] = []
        self._news = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._news:
                self.all.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def wait(self, pattern: str) -> re.Match[str]:
        """Return the first line, of now or later, in which a pattern is found."""
        deadline = time.monotonic() + PATIENCE_S
        with self._news:
            while True:
                for line in self.all:
                    if found := re.search(pattern, line):
                        return found
                left = deadline - time.monotonic()
                if self._is_over or left <= 0:
                    pytest.fail(f"{pattern!r} was not said, but: {self.all}")
                self._news.wait(left)

    @property
    def text(self) -> str:
        """All of it, once the process is gone."""
        self._thread.join(PATIENCE_S)
        return "\n".join(self.all)


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running `mockops serve`."""

    process: subprocess.Popen[str]
    out: Lines
    err: Lines
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.out.wait(r"(?:curl -i '|gateway: )(https?://[^/' ]+)")[1]

    @property
    def admin(self) -> str:
        return self.out.wait(r"admin: (http://[^/]+)/state")[1]

    def connect(self, base: str | None = None) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(urlsplit(base or self.url).netloc, timeout=PATIENCE_S)
        self.connections.append(connection)
        return connection

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: Any = None,
        base: str | None = None,
        on: http.client.HTTPConnection | None = None,
        **headers: str,
    ) -> Reply:
        connection = on or self.connect(base)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            named.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=data, headers=named)
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def admin_ask(self, path: str, *, method: str = "GET", body: Any = None) -> Reply:
        return self.ask(path, method=method, body=body, base=self.admin)

    def stop(self, name: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(name)
        return self.process.wait(PATIENCE_S)


Serve = Callable[..., Served]


def until(condition: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """Return what a condition gives once it is true; asking again and again is the wait."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
    return found


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {**os.environ, "MOCKOPS_CACHE_DIR": str(tmp_path_factory.mktemp("cache")), "NO_COLOR": "1"}


def _starting(environment: dict[str, str], command: str = "serve") -> Iterator[Serve]:
    running: list[Served] = []

    def start(
        *arguments: str | Path,
        port: str | None = "0",
        admin_port: str | None = "0",
        cwd: Path = ROOT,
        preexec: Callable[[], None] | None = None,
    ) -> Served:
        options = [*(["--port", port] if port else []), *(["--admin-port", admin_port] if admin_port else [])]
        process = subprocess.Popen(
            [*COMMAND, command, *map(str, arguments), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=cwd,
            preexec_fn=preexec,
        )
        running.append(Served(process, Lines(process.stdout), Lines(process.stderr)))
        return running[-1]

    yield start
    for served in running:
        for connection in served.connections:
            connection.close()
        if served.process.poll() is None:
            served.process.kill()
        served.process.wait(PATIENCE_S)
        assert served.out.text is not None
        assert served.err.text is not None
        for stream in (served.process.stdout, served.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def serve(environment: dict[str, str]) -> Iterator[Serve]:
    """Return a starter of `mockops serve`; whatever was started is gone after the test."""
    yield from _starting(environment)


@pytest.fixture
def start_gateway(environment: dict[str, str]) -> Iterator[Serve]:
    """As `serve`, of `mockops gateway`."""
    yield from _starting(environment, "gateway")


@pytest.fixture(scope="module")
def serve_once(environment: dict[str, str]) -> Iterator[Serve]:
    """As `serve`, for processes that the tests of a module share."""
    yield from _starting(environment)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Wait for a condition."""
    return until


@pytest.fixture
def write_contract() -> Callable[[Path, str], None]:
    """Write a contract whose `GET /word` answers a word, as careful editors do: a new file renamed over the old."""

    def write(path: Path, word: str) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text(contract(word))
        fresh.replace(path)

    return write
