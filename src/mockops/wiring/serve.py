"""The process behind `mockops serve`: files in, a gateway out."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from mockops.core.clock import SystemClock
from mockops.core.errors import Invalid
from mockops.gateway.admin import AdminHandler
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.server import Server
from mockops.gateway.tls import server_context
from mockops.infra.cache import cache_dir
from mockops.infra.http import EgressPolicy, fetch
from mockops.infra.loop import run
from mockops.publishing.service.assemble import Assembled, Options, assemble
from mockops.wiring.options import DEFAULT_ADMIN_PORT, ServeOptions
from mockops.wiring.report import banner, complain

if TYPE_CHECKING:
    import ssl

    from mockops.core.clock import Clock

_LOCAL = "127.0.0.1"


class PortTaken(Invalid):
    """The port asked for is in use."""

    code = "gateway.port_taken"


class ServeProcess:
    """A gateway over files, its listeners and, when watching, its reloads."""

    def __init__(self, options: ServeOptions, assembled: Assembled, *, clock: Clock) -> None:
        self._options = options
        self._assembled = assembled
        self._clock = clock
        self._limits = Limits(max_body_bytes=options.max_body_bytes)
        self.gateway = Gateway(clock=clock, journal_bytes=options.journal_bytes, max_body_bytes=options.max_body_bytes)
        self._servers: list[Server] = []
        self._tls: ssl.SSLContext | None = None

    async def start(self) -> None:
        """Apply the snapshot and listen.

        Raises:
            Invalid: Nothing can be served, or a port is taken.

        """
        options = self._options
        if options.tls_cert is not None and options.tls_key is not None:
            self._tls = server_context(options.tls_cert, options.tls_key, options.tls_client_ca)
        self.gateway.apply(self._assembled.snapshot)
        address = await self._listen(options.host, options.port, bound=None)
        for target in self.gateway.table:
            if target.settings.listen is not None:
                await self._listen(options.host, target.settings.listen, bound=target.name)
        admin = await self._listen_admin()
        banner(self.gateway, address, admin, is_secure=self._tls is not None)

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then drain; return the exit code."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await self.start()
        watching = asyncio.create_task(self._watch()) if self._options.watch else None
        await stop.wait()
        if watching is not None:
            watching.cancel()
        await asyncio.gather(*(server.close() for server in self._servers))
        return 0

    async def _listen(self, host: str, port: int, *, bound: str | None) -> tuple[str, int]:
        handler = MockHandler(self.gateway, bound=bound)
        self.gateway.attach(handler)
        server = Server(handler, clock=self._clock, limits=self._limits)
        try:
            address = await server.listen(host, port, tls=self._tls)
        except OSError as error:
            message = f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port"
            raise PortTaken(message) from error
        self._servers.append(server)
        return address

    async def _listen_admin(self) -> tuple[str, int]:
        server = Server(AdminHandler(self.gateway), clock=self._clock)
        wanted = self._options.admin_port
        try:
            address = await server.listen(_LOCAL, DEFAULT_ADMIN_PORT if wanted is None else wanted)
        except OSError as error:
            if wanted is not None:
                message = f"cannot listen on {_LOCAL}:{wanted}: {error.strerror or error}; choose another --admin-port"
                raise PortTaken(message) from error
            address = await server.listen(_LOCAL, 0)
        self._servers.append(server)
        return address

    async def _watch(self) -> None:
        from mockops.wiring.reload import watch  # noqa: PLC0415 (only with --watch: loads a native library)

        await watch(self._assembled, lambda: assemble_again(self._options), self._reload)

    def _reload(self, assembled: Assembled) -> None:
        """Serve what was read anew; targets in flight are replaced between two requests."""
        self._assembled = assembled
        self.gateway.apply(assembled.snapshot)


def assemble_again(options: ServeOptions) -> Assembled:
    """Read everything that was named."""
    policy = EgressPolicy(allow_loopback=True, allow_private=options.allow_private)
    reading = Options(
        overrides=options.overrides,
        cache_dir=cache_dir() if options.use_cache else None,
        fetch=partial(fetch, policy=policy),
        allow_remote_refs=options.allow_remote_refs,
    )
    return assemble(options.sources, reading)


def run_serve(options: ServeOptions) -> int:
    """Serve until stopped; return the exit code: 0 after a clean stop, 1 when nothing can be served."""
    assembled = assemble_again(options)
    complain(assembled.diagnostics)
    if not assembled.snapshot.targets:
        print("mockops: nothing can be served", file=sys.stderr)  # noqa: T201 (a command speaks to its terminal)
        return 1
    process = ServeProcess(options, assembled, clock=SystemClock())

    return run(process.run())
