"""Starts control, gateways and those who wait for changes, each a process of its own, as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psutil

from servers import LOAD_CORE, SERVER_CORE, Failed, free_port, pinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "mko_" + "B" * 40
"""The first admin's token; control takes it from its environment."""
PATIENCE_S = 120.0


@dataclass(slots=True)
class World:
    """A control plane and what belongs to it."""

    folder: Path
    stack: ExitStack
    port: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self, name: str, *command: str, core: int | None = SERVER_CORE, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends with the world."""
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            command if core is None else pinned(command, core),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        self.stack.callback(_end, process)
        self.processes[name] = process
        return process

    def mockops(self, name: str, *words: str, core: int | None = SERVER_CORE) -> subprocess.Popen[bytes]:
        """Start one of our own commands."""
        command = (sys.executable, "-m", "mockops", *words)
        return self.start(name, *command, core=core, MOCKOPS_BOOTSTRAP_TOKEN=TOKEN, MOCKOPS_TOKEN=TOKEN)

    def control(self, *, core: int | None = SERVER_CORE) -> None:
        """Start control on an empty database; with None on every core."""
        self.port = free_port()
        url = f"sqlite:///{self.folder / 'control.db'}"
        self.mockops(
            "control", "control", "--auth", "token", "--database-url", url, "--port", str(self.port), core=core
        )
        self.wait("control", lambda: ask(self.port, "GET", "/ready")[0] == 200)

    def gateway(self, name: str = "gateway", *, core: int = LOAD_CORE) -> int:
        """Start a gateway; return its port once it is ready."""
        token = self.api("POST", "/tokens", {"name": name, "kind": "gateway", "role": "viewer"})["token"]
        secret = self.folder / f"{name}.token"
        secret.write_text(token)
        port, admin = free_port(), free_port()
        words = ("gateway", "--control-url", f"http://127.0.0.1:{self.port}", "--token-file", str(secret))
        places = ("--port", str(port), "--admin-port", str(admin), "--data", str(self.folder / name))
        self.mockops(name, *words, *places, core=core)
        self.wait(name, lambda: ask(admin, "GET", "/ready")[0] == 200)
        return port

    def wait(self, name: str, condition: Callable[[], bool]) -> None:
        """Wait for a process; raise Failed with its last words."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            try:
                if condition():
                    return
            except (OSError, HTTPException):
                pass  # not there yet: that is what is waited for
            time.sleep(0.02)
        words = (self.folder / f"{name}.log").read_text("utf-8", "replace")[-800:]
        message = f"{name} did not get ready: {words}"
        raise Failed(message)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; raise Failed for a refusal."""
        status, answer = ask(self.port, method, f"/api/v1{path}", body)
        if status >= 400:
            message = f"{method} {path}: {status} {answer!r}"
            raise Failed(message)
        return answer

    def rss_mb(self, name: str) -> float:
        """Return a process's resident memory, in MB (10^6 bytes)."""
        return float(psutil.Process(self.processes[name].pid).memory_info().rss) / 1e6


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Send one request with the token; return status and JSON."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    try:
        return response.status, json.loads(content) if content else None
    except ValueError:
        return response.status, content


@contextmanager
def world() -> Iterator[World]:
    """Give a world of its own folder; everything started in it ends with it."""
    with TemporaryDirectory(prefix="mockops-bench-") as folder, ExitStack() as stack:
        yield World(Path(folder), stack)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
