"""The process behind `mockops up`: control and runner, and the gateway as a child, over one folder of data."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockops.core.clock import SystemClock
from mockops.infra.db.database import Database, open_database
from mockops.infra.loop import allow_files, run, settle
from mockops.wiring.api_server import bind
from mockops.wiring.control import DEFAULT_CONTROL_PORT, Control, ControlOptions, listen_for_stop
from mockops.wiring.data_folder import DataFolder, read_private, write_private
from mockops.wiring.listeners import PortTaken
from mockops.wiring.logs import set_up_logs
from mockops.wiring.options import DEFAULT_ADMIN_PORT
from mockops.wiring.report import say
from mockops.wiring.runner import RunnerOptions, make_runner
from mockops.wiring.supervisor import Child, Supervisor

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.clock import Clock
    from mockops.runner.runner import Runner

_LOCAL = "127.0.0.1"
_TIMEOUT_S = 2.0
_NOT_FOR_THE_GATEWAY = ("MOCKOPS_OIDC_CLIENT_SECRET", "MOCKOPS_BOOTSTRAP_TOKEN", "MOCKOPS_SECRET_KEY", "MOCKOPS_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """Everything on one machine."""

    data: Path
    control: ControlOptions
    runner: RunnerOptions
    gateway_host: str
    gateway_port: int
    admin_port: int | None = None
    """None: 7081, or any free one when that is in use."""


class Up:
    """The three roles, started and stopped in order."""

    def __init__(self, folder: DataFolder, database: Database, options: UpOptions, *, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._options = options
        self._clock = clock
        self._control = Control(database, options.control, clock=clock)
        self._runner: Runner | None = None
        self._running: asyncio.Task[None] | None = None
        self._gateway: Supervisor | None = None

    async def run(self) -> int:
        """Run until stopped; return the exit code."""
        stop = listen_for_stop()
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await stop.wait()
        finally:
            stopping.cancel()
            starting.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)
            await self._stop()
        return 0

    async def _start(self) -> None:
        options = self._options
        port = _free_port(options.gateway_host, options.gateway_port, "--gateway-port")
        admin_port = _admin_port(options.admin_port)
        is_first = not (self._folder.path / "mockops.db").exists()
        await self._control.start()
        token_file = self._folder.path / "gateway.token"
        await asyncio.to_thread(self._give_token, token_file)
        self._runner = make_runner(self._database, options.runner, clock=self._clock)
        self._running = asyncio.create_task(self._runner.run())
        self._gateway = Supervisor(self._child(port, admin_port, token_file), clock=self._clock)
        await self._gateway.start()
        settle()
        self._greet(port, admin_port, is_first=is_first)

    def _give_token(self, path: Path) -> None:
        """Have a token for the gateway in a file: the one that is there, if it still lets in."""
        people = self._control.people
        with self._database.write() as tx:
            if not people.is_gateway_token(tx, read_private(path)):
                write_private(path, people.create_gateway_token(tx))

    def _child(self, port: int, admin_port: int, token_file: Path) -> Child:
        command = [sys.executable, "-m", "mockops.cli.leash", "gateway", "--control-url", self._inner_url()]
        command += ["--token-file", str(token_file), "--host", self._options.gateway_host, "--port", str(port)]
        command += ["--admin-port", str(admin_port), "--data", str(self._folder.gateway), "--name", "up"]

        async def is_ready() -> bool:
            return await answers(admin_port, "/ready")

        return Child(
            name="gateway",
            command=command,
            environment={name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_GATEWAY},
            is_ready=is_ready,
        )

    def _inner_url(self) -> str:
        """Return where the gateway finds control: on this machine, even where control listens on all addresses."""
        url = self._control.url
        return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")

    def _greet(self, port: int, admin_port: int, *, is_first: bool) -> None:
        base = self._options.control.auth.public_url or self._inner_url()
        say(f"MockOps is up{' for the first time' if is_first else ''}.")
        say(f"  API docs  {base}/docs")
        say(f"  API       {base}/api/v1")
        host = "127.0.0.1" if self._options.gateway_host in ("0.0.0.0", "::") else self._options.gateway_host  # noqa: S104
        say(f"  gateway   http://{host}:{port}")
        say(f"  admin     http://{_LOCAL}:{admin_port}/state")
        say(f"  data      {self._folder.path}")
        if is_first:
            elsewhere = "" if base == f"http://{_LOCAL}:{DEFAULT_CONTROL_PORT}" else f" --server {base}"
            say(f"next: mockops apply examples/shop{elsewhere}")
            say(f"then: curl -i 'http://{host}:{port}/' (lists what is served)")
        say("Ctrl-C stops it; nothing is lost.")

    async def _stop(self) -> None:
        """End in the order in which nothing is lost: the gateway sends what it has counted while control listens."""
        if self._gateway is not None:
            await self._gateway.stop()
        if self._runner is not None and self._running is not None:
            self._runner.stop()
            await self._running
        await self._control.stop()


async def answers(port: int, path: str) -> bool:
    """Say whether a server on this machine answers 200."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(_LOCAL, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {_LOCAL}:{port}\r\nConnection: close\r\n\r\n".encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False


def _free_port(host: str, port: int, option: str) -> int:
    """Return a port that can be listened on now: the one asked for, or any for 0; the child keeps it over restarts.

    Raises:
        PortTaken: It is in use.

    """
    try:
        with bind(host, port) as found:
            number: int = found.getsockname()[1]
            return number
    except PortTaken as error:
        raise PortTaken(str(error).replace("--port", option)) from error


def _admin_port(wanted: int | None) -> int:
    """Return the port asked for, else the usual one or, where that is in use, any.

    Raises:
        PortTaken: The one asked for is in use.

    """
    if wanted is not None:
        return _free_port(_LOCAL, wanted, "--admin-port")
    try:
        return _free_port(_LOCAL, DEFAULT_ADMIN_PORT, "--admin-port")
    except PortTaken:
        return _free_port(_LOCAL, 0, "--admin-port")


def run_up(options: UpOptions) -> int:
    """Run everything until stopped; return the exit code.

    Raises:
        MockOpsError: The folder or a port is in use, the database cannot be used, or the gateway does not start.

    """
    set_up_logs(logs_access=options.control.logs_access)
    allow_files()
    clock = SystemClock()
    folder = DataFolder(options.data)
    folder.open()
    try:
        database = open_database(folder.database_url, clock=clock)
        try:
            return run(Up(folder, database, options, clock=clock).run())
        finally:
            database.close()
    finally:
        folder.close()
