"""Starts and stops the servers under test: one core each, readiness by a right answer, memory and CPU by psutil."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from configure import Launch
    from plan import Call, Plan

SERVER_CORE, LOAD_CORE = 0, 1
READY_TIMEOUT_S = 180.0


class Failed(Exception):
    """A server did not start, or did not answer as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the results: a server with its options."""

    name: str
    kind: str
    options: tuple[str, ...] = ()
    warm_up_s: float = 3.0
    """Load before the first round; the JVM compiles for about six seconds on one core."""

    @property
    def adapter(self) -> Callable[[Plan, Path, int, tuple[str, ...]], Launch]:
        """The function that configures this kind of server."""
        return ADAPTERS[self.kind]


ADAPTERS = {
    "nginx": configure.nginx,
    "mockops": configure.mockops,
    "wiremock": configure.wiremock,
    "prism": configure.prism,
    "mockoon": configure.mockoon,
}
LINES = {
    line.name: line
    for line in (
        Line(name="nginx", kind="nginx"),
        Line(name="MockOps", kind="mockops", warm_up_s=5.0),
        Line(name="MockOps, journal off", kind="mockops", options=("--journal-bytes", "0")),
        Line(name="WireMock", kind="wiremock", options=("--no-request-journal",), warm_up_s=10.0),
        Line(
            name="WireMock, journal on",
            kind="wiremock",
            options=("--max-request-journal-entries", "1000"),
            warm_up_s=10.0,
        ),
        Line(name="Prism", kind="prism"),
        Line(name="Mockoon", kind="mockoon"),
    )
}


@dataclass(slots=True, kw_only=True)
class Server:
    """A running server."""

    line: Line
    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    log: Path

    def processes(self) -> list[psutil.Process]:
        """Return the server's process and all its descendants that are alive."""
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def rss_mb(self) -> float:
        """Return the resident memory of the whole process tree, in MB (10^6 bytes)."""
        return float(sum(process.memory_info().rss for process in self.processes())) / 1e6

    def cpu_s(self) -> float:
        """Return the CPU time that the process tree has used, in seconds."""
        times = [process.cpu_times() for process in self.processes()]
        return float(sum(one.user + one.system for one in times))

    def last_words(self) -> str:
        """Return the end of what the server wrote, on one line."""
        text = self.log.read_text("utf-8", "replace")
        return " ".join(text.split())[-400:] or "it wrote nothing"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(command: tuple[str, ...], core: int) -> list[str]:
    """Return the command, bound to one core where the machine has at least two and `taskset`."""
    taskset = shutil.which("taskset")
    if taskset is None or (os.cpu_count() or 1) < 2:
        return list(command)
    return [taskset, "-c", str(core), *command]


def send(port: int, call: Call, *, timeout_s: float = 30.0) -> tuple[int, bytes]:
    """Send one call on a connection of its own; return status and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(call.method, call.path, body=call.body or None, headers=dict(call.headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def launch(line: Line, launched: Launch, port: int, folder: Path) -> Server:
    """Start a configured server; it may not answer yet."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(launched.command, SERVER_CORE),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **launched.environment},
            start_new_session=True,
        )
    return Server(line=line, port=port, process=process, folder=folder, log=log)


def wait_until_ready(server: Server, call: Call, *, pause_s: float = 0.05) -> None:
    """Return once the call is answered with its status; raise Failed after the server died or 180 s."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    seen = "no answer"
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            message = f"{server.line.name} ended with {server.process.returncode}: {server.last_words()}"
            raise Failed(message)
        with contextlib.suppress(OSError, HTTPException):
            status, body = send(server.port, call)
            if status == call.status:
                return
            seen = f"{status} {body[:300]!r}"
        time.sleep(pause_s)
    message = f"{server.line.name} did not answer {call.method} {call.path} with {call.status} but with {seen}"
    raise Failed(message)


def stop(server: Server) -> None:
    """End the server and its children, and only these."""
    processes = server.processes()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGTERM)
    try:
        server.process.wait(10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(10)
    for process in psutil.wait_procs(processes, timeout=5)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@contextlib.contextmanager
def running(line: Line, plan: Plan, first: Call) -> Iterator[Server]:
    """Configure, start and await a server; end it and remove its files afterwards.

    Raises:
        Absent: It is not installed.
        Unsupported: It cannot do what the plan asks.
        Failed: It does not answer the first call.

    """
    with tempfile.TemporaryDirectory(prefix="mockops-bench-") as name:
        folder = Path(name)
        port = free_port()
        server = launch(line, line.adapter(plan, folder, port, line.options), port, folder)
        try:
            wait_until_ready(server, first)
            yield server
        finally:
            stop(server)
