"""The API's server: uvicorn on a socket of ours, in an event loop and under signals that the process owns."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockops.core.errors import Unavailable
from mockops.core.problems import PROBLEM_JSON, phrase, problem
from mockops.wiring.listeners import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

_BACKLOG = 2048
_KEEP_ALIVE_S = 75
_MAX_HEAD = 128 << 10
"""Bytes of a request before its body, as far as they come by themselves."""
_PIECE = 16 << 10
"""Bytes given to the parser at once until a head is complete."""
_HEAD_S = 30.0
"""How long a connection may take to send what comes before a body."""
_STALL_S = 30.0
"""How long a body may pause; one that trickles is bounded by its size."""
_DRAIN_S = 30
"""How long requests under way may take once the process is asked to stop: uvicorn answers 500 beyond it, to an apply
that is committed all the same. Who waits for news is sent away before."""


class ApiFailed(Unavailable):
    """The API's server does not start."""

    code = "api.not_started"


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTaken: The port is in use, or the address is none of this machine's.

    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_BACKLOG)
        except OSError:
            found.close()
            raise
    except OSError as error:
        raise explain(error, host, port, "choose another --port, or 0 for a free one") from error
    found.setblocking(False)
    return found


class _Protocol(HttpToolsProtocol):
    """Uvicorn's, with a bound on what comes before a body, and problem documents for what is no HTTP."""

    _is_in_head = True
    _head_bytes = 0
    _has_begun = False
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head: whoever sends none, or byte by byte, holds a connection."""
        super().connection_made(transport)
        self._expect(_HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._expect(None)
        super().connection_lost(exc)

    def _expect(self, within_s: float | None) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = None if within_s is None else self.loop.call_later(within_s, self._be_late)

    def _be_late(self) -> None:
        if self.transport.is_closing():
            return
        if not self._is_in_head and self.flow.read_paused:  # it is we who are late
            self._expect(_STALL_S)
        elif self._is_in_head and self._has_begun:
            self._refuse(408, "api.too_slow", f"Path and headers did not come within {_HEAD_S:g} s.")
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes; the parser would collect a head without end."""
        if self.transport.is_closing():
            return
        if not self._is_in_head and self._late is not None:
            self._expect(_STALL_S)
        self._has_begun = True
        while self._is_in_head and len(data) > _PIECE:  # a body may come in one read with its head
            self._feed(data[:_PIECE])
            data = data[_PIECE:]
            if self.transport.is_closing():
                return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD:
                self._refuse(431, "api.head_too_large", f"Path and headers are larger than {_MAX_HEAD:,} bytes.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._is_in_head, self._head_bytes = True, 0
        self._expect(_HEAD_S)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no more: bodies have bounds of their own."""
        self._is_in_head = False
        self._expect(_STALL_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect nothing until the next request begins."""
        self._is_in_head, self._head_bytes, self._has_begun = True, 0, False
        self._expect(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as everything is refused."""
        self._refuse(400, "api.not_http", msg)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        content = problem(status, code, detail)
        head = f"HTTP/1.1 {status} {phrase(status)}\r\ncontent-type: {PROBLEM_JSON}\r\n"
        head += f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(head.encode() + content)
        self.transport.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


class ApiServer:
    """One application on one socket."""

    def __init__(self, app: FastAPI, listening: socket.socket, *, trusted_proxies: str = "") -> None:
        self._socket = listening
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=trusted_proxies or None,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_DRAIN_S,
                backlog=_BACKLOG,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port, *_ = self._socket.getsockname()
        return host, port

    async def start(self) -> None:
        """Answer from now on.

        Raises:
            ApiFailed: The application does not start.

        """
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
                raise ApiFailed("the API does not start; see the messages above")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Accept no more, let requests under way finish, end."""
        if self._serving is None:
            self._socket.close()
            return
        self._server.should_exit = True
        await self._serving
