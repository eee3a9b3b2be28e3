"""Listens, keeps the date, sweeps idle and slow connections, drains."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mockops.core.ids import request_ids
from mockops.gateway.http.connection import Connection
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.repeats import Repeats

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from mockops.core.clock import Clock
    from mockops.gateway.http.roles import Client, Handler

_BACKLOG = 4096
_SWEEP_SLICE = 250
"""Connections looked at in one go: about 0.3 ms."""
_POLL_S = 0.01
_ABORT_S = 1.0
_OTHER_FILES = 32
"""Files that a process has open beside its connections, or a few more."""
_WARN_EVERY_S = 60.0

logger = logging.getLogger(__name__)
_ACCEPT_TURNS = 5
"""Turns of the loop until a connection accepted just before closing is seen and cut."""


class Server:
    """A handler and the addresses it is reached at."""

    def __init__(self, handler: Handler, *, clock: Clock, limits: Limits | None = None) -> None:
        self.handler = handler
        self.limits = limits or Limits()
        self.connections: set[Client] = set()
        self.repeats = Repeats()
        self.next_id = request_ids()
        self.date = b""
        self.is_draining = False
        self._clock = clock
        self._listeners: list[asyncio.Server] = []
        self._ticker: asyncio.TimerHandle | None = None
        self._unswept: list[Client] = []
        self._swept_at_s = 0.0
        self._warned_at_s = -_WARN_EVERY_S

    async def listen(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, share_port: bool = False
    ) -> tuple[str, int]:
        """Start accepting at an address; return the one bound (port 0 picks a free port).

        Raises:
            OSError: The address cannot be bound.

        """
        bound = _bind(host, port, share_port=share_port)
        name = bound.getsockname()
        loop = asyncio.get_running_loop()
        if self._ticker is None:
            self._swept_at_s = loop.time()
            self._tick()
        listener = await loop.create_server(
            lambda: Connection(self),
            sock=bound,
            ssl=tls,
            backlog=_BACKLOG,
            ssl_handshake_timeout=self.limits.head_timeout_s if tls else None,
            ssl_shutdown_timeout=self.limits.linger_timeout_s if tls else None,
        )
        self._listeners.append(listener)
        return str(name[0]), int(name[1])

    async def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let answers under way finish for up to `drain_s`, then cut what is left."""
        self.is_draining = True
        for listener in self._listeners:
            listener.close()
        loop = asyncio.get_running_loop()
        await self._close_all(lambda client: client.close_if_idle(), loop.time() + self._drain_s(drain_s))
        await self._close_all(lambda client: client.abort(), loop.time() + _ABORT_S)
        for _ in range(_ACCEPT_TURNS):
            await asyncio.sleep(0)
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None

    def _drain_s(self, drain_s: float | None) -> float:
        return self.limits.drain_timeout_s if drain_s is None else drain_s

    async def _close_all(self, end: Callable[[Client], None], deadline_s: float) -> None:
        """Ask every connection to end until none is left or time is up."""
        loop = asyncio.get_running_loop()
        pause_s = 0.0
        while self.connections:
            for connection in list(self.connections):
                end(connection)
            if loop.time() >= deadline_s:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(_POLL_S, 2 * pause_s + 0.0002)

    def _tick(self) -> None:
        """Refresh the Date field and look for connections whose time is up."""
        date = format_datetime(self._clock.now(), usegmt=True)
        self.date = f"\r\nDate: {date}\r\n".encode()
        loop = asyncio.get_running_loop()
        self._ticker = loop.call_later(self.limits.sweep_s, self._tick)
        self._warn_of_files(loop.time())
        if not self._unswept:  # the former sweep is through
            elapsed_s = loop.time() - self._swept_at_s
            self._swept_at_s += elapsed_s
            self._unswept = list(self.connections)
            self._sweep(elapsed_s)

    def _warn_of_files(self, now_s: float) -> None:
        """Say, once a minute, that there is no room for further clients: the system keeps them waiting in silence."""
        if len(self.connections) + _OTHER_FILES >= _max_files() and now_s >= self._warned_at_s + _WARN_EVERY_S:
            self._warned_at_s = now_s
            logger.warning(
                "%d connections are open, as many as this process may have (ulimit -n); further clients wait",
                len(self.connections),
            )

    def _sweep(self, elapsed_s: float) -> None:
        """Look at some connections, and go on with the rest after the loop has seen to other things."""
        some, self._unswept = self._unswept[:_SWEEP_SLICE], self._unswept[_SWEEP_SLICE:]
        for connection in some:
            if connection.is_overdue(elapsed_s):
                connection.give_up()
        if self._unswept:
            asyncio.get_running_loop().call_soon(self._sweep, elapsed_s)


def _max_files() -> int:
    """Return how many files this process may have open."""
    try:
        import resource  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def _bind(host: str, port: int, *, share_port: bool) -> socket.socket:
    """Bind a listening socket; `share_port` lets several processes listen on the same port (SO_REUSEPORT)."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound
