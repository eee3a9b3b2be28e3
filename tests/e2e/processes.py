"""Processes of MockOps as users start them, and HTTP to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

PATIENCE_S = 60.0
COMMAND = (sys.executable, "-m", "mockops")
ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], Any], what: str = "it", within_s: float = PATIENCE_S) -> Any:
    """Return what a condition gives once it is true; asking again and again is the wait."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen in {within_s} s"
    return found


class Process:
    """A process, and what it says."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            (*COMMAND, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=cwd,
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def said(self, beginning: str) -> str:
        """Wait for a line; return what follows the words it begins with."""
        deadline = time.monotonic() + PATIENCE_S
        with self._news:
            while True:
                for line in self.lines:
                    if line.strip().startswith(beginning):
                        return line.strip().removeprefix(beginning).strip()
                left_s = deadline - time.monotonic()
                assert not self._is_over, f"it ended without {beginning!r}: {self.text}"
                assert left_s > 0, f"it did not say {beginning!r}: {self.text}"
                self._news.wait(left_s)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        return code

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Machine:
    """Starts processes in a folder of its own; all of them are gone in the end."""

    folder: Path
    running: list[Process] = field(default_factory=list)

    def start(self, *arguments: str | Path, **environment: str) -> Process:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")}
        base = {"NO_COLOR": "1", "HOME": str(self.folder / "home"), "MOCKOPS_CACHE_DIR": str(self.folder / "cache")}
        self.running.append(Process(tuple(map(str, arguments)), {**clean, **base, **environment}, self.folder))
        return self.running[-1]

    def run(self, *arguments: str | Path, code: int = 0, **environment: str) -> str:
        """Run a command to its end; return what it said."""
        found = self.start(*arguments, **environment)
        ended = found.wait()
        assert ended == code, f"{arguments} ended with {ended}: {found.text}"
        return found.text


@contextmanager
def machine_in(folder: Path) -> Iterator[Machine]:
    found = Machine(folder)
    try:
        yield found
    finally:
        for each in reversed(found.running):
            each.end()


class Stream:
    """Server-sent events, collected on a thread of their own."""

    def __init__(self, url: str, **headers: str) -> None:
        self.found: list[dict[str, Any]] = []
        self._client = httpx.Client(timeout=httpx.Timeout(10, read=None), headers=headers)
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(url,), daemon=True)
        self._thread.start()
        assert self._opened.wait(PATIENCE_S), f"{url} does not stream"

    def _read(self, url: str) -> None:
        try:
            with self._client.stream("GET", url) as reply:
                assert reply.status_code == 200
                for line in reply.iter_lines():
                    self._opened.set()  # the first line is the greeting: what happens now comes
                    if line.startswith("data: "):
                        self.found.append(json.loads(line.removeprefix("data: ")))
        except httpx.HTTPError:
            return  # the server stopped

    def wait(self, fits: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        found: dict[str, Any] = wait_for(lambda: next((each for each in list(self.found) if fits(each)), None), what)
        return found

    def close(self) -> None:
        self._thread.join(PATIENCE_S)
        self._client.close()


def by_host(gateway: str, name: str) -> dict[str, str]:
    """Return the Host header with which a browser would ask for `name.localhost`."""
    return {"Host": f"{name}.localhost:{urlsplit(gateway).port}"}
