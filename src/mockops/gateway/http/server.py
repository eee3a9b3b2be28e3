"""Listens, keeps the date, sweeps idle and slow connections, drains."""

from __future__ import annotations

import asyncio
import socket
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mockops.core.ids import request_ids
from mockops.gateway.http.connection import Connection, Handler
from mockops.gateway.http.limits import Limits

if TYPE_CHECKING:
    import ssl

    from mockops.core.clock import Clock

SWEEP_S = 1.0
_BACKLOG = 4096


class Server:
    """One listening address and the handler behind it."""

    def __init__(self, handler: Handler, *, clock: Clock, limits: Limits | None = None) -> None:
        self.handler = handler
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self.next_id = request_ids()
        self.date = b""
        self.is_draining = False
        self._clock = clock
        self._listener: asyncio.Server | None = None
        self._ticker: asyncio.TimerHandle | None = None

    async def listen(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, share_port: bool = False
    ) -> tuple[str, int]:
        """Start accepting; return the address bound (port 0 picks a free one).

        Raises:
            OSError: The address cannot be bound.

        """
        bound = _bind(host, port, share_port=share_port)
        loop = asyncio.get_running_loop()
        self._tick()
        self._listener = await loop.create_server(
            lambda: Connection(self), sock=bound, ssl=tls, backlog=_BACKLOG, ssl_handshake_timeout=15 if tls else None
        )
        name = bound.getsockname()
        return str(name[0]), int(name[1])

    async def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let answers under way finish for up to `drain_s`, then cut what is left."""
        self.is_draining = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self.connections):
            connection.close_if_idle()
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + (self.limits.drain_timeout_s if drain_s is None else drain_s)
        while self.connections and loop.time() < deadline_s:
            await asyncio.sleep(0.01)
            for connection in list(self.connections):
                connection.close_if_idle()
        for connection in list(self.connections):
            connection.abort()
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None

    def _tick(self) -> None:
        """Refresh the Date field and look for connections whose time is up."""
        date = format_datetime(self._clock.now(), usegmt=True)
        self.date = f"\r\nDate: {date}\r\n".encode()
        for connection in list(self.connections):
            if connection.is_overdue(SWEEP_S):
                connection.give_up()
        self._ticker = asyncio.get_running_loop().call_later(SWEEP_S, self._tick)


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
