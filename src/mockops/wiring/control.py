"""The process behind `mockops control`: the database in, the API out."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthMode, AuthSettings
from mockops.core.clock import SystemClock
from mockops.infra.db.database import Database, open_database
from mockops.infra.db.migrate import migrate
from mockops.infra.loop import allow_files, run, settle
from mockops.wiring.api_server import ApiServer, bind
from mockops.wiring.control_parts import open_parts
from mockops.wiring.data_folder import write_private
from mockops.wiring.logs import set_up_logs
from mockops.wiring.report import say

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from mockops.core.clock import Clock

DEFAULT_CONTROL_PORT = 7070
BOOTSTRAP_VARIABLE = "MOCKOPS_BOOTSTRAP_TOKEN"
INTERRUPTED = 130
"""Exit code of a process that its user did not let finish, as shells have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlOptions:
    """One control process."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_CONTROL_PORT
    auth: AuthSettings = field(default_factory=AuthSettings)
    logs_access: bool = False
    trusted_proxies: str = ""
    """Addresses, with commas, whose `X-Forwarded-For` and `-Proto` are believed."""
    bootstrap_token_file: Path | None = None
    """Where the first admin's token is written; None: it is printed."""
    bootstrap_token: str = field(default="", repr=False)
    """Text of the first admin's token; empty: drawn."""
    data: Path | None = None
    """Where the key is kept that seals secrets, unless the environment gives it."""


class Control:
    """The API over an open database, beside whatever else the process does."""

    def __init__(self, database: Database, options: ControlOptions, *, clock: Clock) -> None:
        self._database = database
        self._options = options
        self._clock = clock
        self.people = People()
        self._socket: socket.socket | None = None
        self._server: ApiServer | None = None
        self._opened = AsyncExitStack()
        self._end_waiting: Callable[[], None] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        if self._server is None:
            return ""
        host, port = self._server.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen, bring the tables up to date, answer.

        Raises:
            MockOpsError: The port is taken, or the database cannot be used.

        """
        options = self._options
        self._socket = bind(options.host, options.port)
        await asyncio.to_thread(self._prepare)
        services = make_services(self._database, self._clock, self.people, options.auth)
        parts = await self._opened.enter_async_context(open_parts(services, self.people, options.data))
        self._end_waiting = parts.end
        app = create_app(
            services,
            self.people,
            AppOptions(auth=options.auth, logs_access=options.logs_access, extra=parts.routers),
        )
        self._server = ApiServer(app, self._socket, trusted_proxies=options.trusted_proxies)
        await self._server.start()

    def _prepare(self) -> None:
        applied = migrate(self._database)
        if applied:
            say(f"database: {len(applied)} migration{'s' * (len(applied) > 1)} applied, now at {applied[-1]}")
        with self._database.write() as tx:
            self.people.prepare(tx)
        self._database.read_position()
        if self._options.auth.mode is not AuthMode.LOCAL:
            self._bootstrap()

    def _bootstrap(self) -> None:
        """Give the first admin a token, if nobody has one."""
        given, path = self._options.bootstrap_token, self._options.bootstrap_token_file
        with self._database.write() as tx:
            if self.people.has_admin(tx):
                return
            text = self.people.create_admin_token(tx, given)
            if path is not None:
                write_private(path, text)
        if path is not None:
            say(f"admin token: written to {path}; keep it, or use it once and revoke it")
        elif not given:
            say(f"admin token (shown this once): {text}")

    async def stop(self) -> None:
        """Accept no more, let requests under way finish, end."""
        if self._end_waiting is not None:
            self._end_waiting()
        if self._server is not None:
            await self._server.stop()
        elif self._socket is not None:
            self._socket.close()
        await self._opened.aclose()


def listen_for_stop() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = asyncio.Event()

    def stop_or_exit() -> None:
        if stop.is_set():
            os._exit(INTERRUPTED)
        stop.set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop_or_exit)
    return stop


async def serve(control: Control) -> int:
    """Answer until stopped; return the exit code."""
    stop = listen_for_stop()
    try:
        await control.start()
        say(f"control: {control.url}  (API docs: {control.url}/docs)")
        settle()
        await stop.wait()
    finally:
        await control.stop()
    return 0


def run_control(database_url: str, options: ControlOptions) -> int:
    """Run the API until stopped; return the exit code.

    Raises:
        MockOpsError: The port is taken, or the database cannot be used.

    """
    set_up_logs(logs_access=options.logs_access)
    allow_files()
    clock = SystemClock()
    database = open_database(database_url, clock=clock)
    try:
        return run(serve(Control(database, options, clock=clock)))
    finally:
        database.close()
