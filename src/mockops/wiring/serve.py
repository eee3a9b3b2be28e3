"""The process behind `mockops serve`: files in, a gateway out."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING

from mockops.core.clock import SystemClock
from mockops.core.errors import MockOpsError
from mockops.gateway.gateway import Gateway
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.server import Server
from mockops.infra.cache import cache_dir
from mockops.infra.http import EgressPolicy, fetch
from mockops.infra.loop import allow_files, run, settle
from mockops.publishing.service.assemble import Assembled, Options, assemble
from mockops.wiring.admin import LIMITS, LateHandler
from mockops.wiring.listeners import Listeners, explain
from mockops.wiring.options import DEFAULT_ADMIN_PORT, ServeOptions
from mockops.wiring.report import banner, complain, say, warn

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.clock import Clock
    from mockops.gateway.http.roles import Handler
    from mockops.gateway.workers.crew import Crew

_LOCAL = "127.0.0.1"
_INTERRUPTED = 130
"""Exit code of a process that its user did not let finish, as shells have it."""


class ServeProcess:
    """A gateway over files, its listeners, its further processes and, when watching, its reloads."""

    def __init__(self, options: ServeOptions, assembled: Assembled, *, read_at: datetime, clock: Clock) -> None:
        self._options = options
        self._assembled = assembled
        self._read_at = read_at
        self._clock = clock
        self._limits = Limits(max_body_bytes=options.max_body_bytes)
        self.gateway = Gateway(clock=clock, journal_bytes=options.journal_bytes, max_body_bytes=options.max_body_bytes)
        self._listeners = Listeners(self.gateway, options, clock=clock, limits=self._limits)
        self._admin: Server | None = None
        self._crew: Crew | None = None

    async def start(self) -> None:
        """Apply the snapshot and listen; with several workers, wait for all of them.

        Raises:
            Invalid: Nothing can be served, a port is taken, or a worker cannot start.

        """
        options = self._options
        if options.workers > 1:
            from mockops.wiring.crew import check_memory, make_crew  # noqa: PLC0415 (one process does without)

            check_memory(self._assembled.snapshot, options.workers)
            self._crew = make_crew(self.gateway, options)
        self.gateway.apply(self._assembled.snapshot)
        address = await self._listeners.open()
        admin = await self._listen_admin()
        if self._crew is not None:
            await self._crew.start(self._listeners.ports)
        banner(self.gateway, address, admin, is_secure=options.tls_cert is not None)
        if self._crew is not None:
            say(f"workers: {options.workers} processes share the port")
        settle()

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then drain; a second signal ends it at once. Return the exit code."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, _stop_or_exit, stop)
        watching = None
        try:
            await self.start()
            watching = asyncio.create_task(self._watch()) if self._options.watch else None
            await stop.wait()
        finally:
            if watching is not None:
                watching.cancel()
            await self._close()
        return 0

    async def _close(self) -> None:
        crew = self._crew
        ends = [self._listeners.close()]
        if crew is not None:
            ends.append(crew.stop(self._limits.drain_timeout_s))
        await asyncio.gather(*ends)
        if self._admin is not None:  # last: whoever waits for the end can still ask
            await self._admin.close(drain_s=0.0)

    async def _listen_admin(self) -> tuple[str, int]:
        server = Server(LateHandler(self._make_admin), clock=self._clock, limits=LIMITS)
        wanted = self._options.admin_port
        try:
            address = await server.listen(_LOCAL, DEFAULT_ADMIN_PORT if wanted is None else wanted)
        except OSError as error:
            if wanted is not None:
                raise explain(error, _LOCAL, wanted, "choose another --admin-port, or 0 for a free one") from error
            address = await server.listen(_LOCAL, 0)
        self._admin = server
        return address

    def _make_admin(self) -> Handler:
        from mockops.gateway.admin import AdminHandler  # noqa: PLC0415 (loaded beside the first answers)

        handler = AdminHandler(self.gateway, servers=self._listeners.servers)
        settle()
        if self._crew is None:
            return handler
        from mockops.gateway.workers.desk import CrewDesk  # noqa: PLC0415 (as above)

        return CrewDesk(handler, self._crew)

    async def _watch(self) -> None:
        from mockops.wiring.reload import watch  # noqa: PLC0415 (only with --watch: loads a native library)

        try:
            read = partial(assemble_again, self._options, missing_ok=True)
            await watch(self._assembled, read, self._reload, clock=self._clock, read_at=self._read_at)
        except Exception as error:
            warn(f"no longer watching: {error}; what is served stays, restart to see further edits")
            if not isinstance(error, OSError | MockOpsError):
                raise

    async def _reload(self, assembled: Assembled) -> None:
        """Serve what was read anew; targets in flight are replaced between two requests.

        Raises:
            Invalid: It cannot be served; then nothing has changed.

        """
        if self._crew is not None:
            from mockops.wiring.crew import check_memory  # noqa: PLC0415 (loaded already)

            check_memory(assembled.snapshot, self._options.workers)
        self._assembled = assembled
        self.gateway.apply(assembled.snapshot)
        await self._listeners.follow_targets()
        if self._crew is not None:
            self._crew.publish(self._listeners.ports)
        settle(is_replaced=True)


def _stop_or_exit(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(_INTERRUPTED)
    stop.set()


def assemble_again(options: ServeOptions, *, missing_ok: bool = False) -> Assembled:
    """Read everything that was named; with `missing_ok`, a file that is gone is a target that failed."""
    policy = EgressPolicy(allow_loopback=True, allow_private=options.allow_private)
    reading = Options(
        overrides=options.overrides,
        cache_dir=cache_dir() if options.use_cache else None,
        fetch=partial(fetch, policy=policy),
        allow_remote_refs=options.allow_remote_refs,
        missing_ok=missing_ok,
    )
    return assemble(options.sources, reading)


def run_serve(options: ServeOptions) -> int:
    """Serve until stopped; return the exit code: 0 after a clean stop, 1 when nothing can be served."""
    clock = SystemClock()
    read_at = clock.now()
    assembled = assemble_again(options)
    complain(assembled)
    if not assembled.snapshot.targets:
        warn("mockops: nothing can be served")
        return 1
    allow_files()
    return run(ServeProcess(options, assembled, read_at=read_at, clock=clock).run())
