"""The ports that mocks answer on: one for all targets, and those that targets have for themselves."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

from mockops.core.errors import Invalid
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.server import Server
from mockops.wiring.report import warn

if TYPE_CHECKING:
    import ssl

    from mockops.core.clock import Clock
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.http.limits import Limits
    from mockops.wiring.options import ServeOptions


class PortTaken(Invalid):
    """The port asked for is in use, or cannot be listened on."""

    code = "gateway.port_taken"


class Listeners:
    """Everything a gateway listens on, but for the admin port."""

    def __init__(self, gateway: Gateway, options: ServeOptions, *, clock: Clock, limits: Limits) -> None:
        self._gateway = gateway
        self._options = options
        self._clock = clock
        self._limits = limits
        self._tls: ssl.SSLContext | None = None
        self.servers: list[Server] = []
        """The sequence that the admin port reports on; it grows and shrinks."""
        self._by_place: dict[tuple[int, str], Server] = {}

    @property
    def ports(self) -> tuple[tuple[int, str], ...]:
        """Ports bound, each with the only target it leads to; empty: requests name theirs."""
        return tuple(self._by_place)

    async def open(self) -> tuple[str, int]:
        """Listen on everything; return the address of the port for all targets.

        Raises:
            Invalid: A port or host cannot be listened on, or a certificate cannot be used.

        """
        options = self._options
        if options.tls_cert is not None and options.tls_key is not None:
            from mockops.gateway.tls import server_context  # noqa: PLC0415 (ssl takes 15 ms; most do without)

            self._tls = server_context(options.tls_cert, options.tls_key, options.tls_client_ca)
        address = await self._listen(options.port, "", "choose another --port, or 0 for a free one")
        for port, name in self._wanted():
            await self._listen(port, name, f"change `listen` of {name}")
        return address

    def _wanted(self) -> list[tuple[int, str]]:
        """Return the ports that targets want for themselves; an environment that is not the default one is named."""
        table = self._gateway.table
        wanted = {(target.settings.listen, table.address(target)) for target in table}
        places = [(port, name) for port, name in wanted if port is not None]
        # a workspace's port stands in each of its environments: the default one gets it
        defaults = {port for port, name in places if "@" not in name}
        return sorted(place for place in places if "@" not in place[1] or place[0] not in defaults)

    async def follow_targets(self) -> None:
        """After a reload: open the ports that targets now want, close those they no longer want."""
        wanted = set(self._wanted())
        for place in [place for place in self._by_place if place[1] and place not in wanted]:
            server = self._by_place.pop(place)
            self.servers.remove(server)
            if isinstance(server.handler, MockHandler):
                self._gateway.detach(server.handler)
            await server.close(drain_s=0.0)
        for port, name in sorted(wanted - set(self._by_place)):
            try:
                await self._listen(port, name, f"change `listen` of {name}")
            except PortTaken as error:
                warn(f"{name}: {error}")

    async def close(self) -> None:
        """Stop accepting and let answers under way finish."""
        await asyncio.gather(*(server.close() for server in self.servers))

    async def _listen(self, port: int, bound: str, hint: str) -> tuple[str, int]:
        host = self._options.host
        is_shared = self._options.workers > 1
        handler = MockHandler(self._gateway, bound=bound or None)
        server = Server(handler, clock=self._clock, limits=self._limits)
        try:
            if is_shared and port:
                _refuse_taken(host, port)
            address = await server.listen(host, port, tls=self._tls, share_port=is_shared)
        except OSError as error:
            raise explain(error, host, port, hint) from error
        self._gateway.attach(handler)
        self.servers.append(server)
        self._by_place[address[1], bound] = server
        return address


def explain(error: OSError, host: str, port: int, hint: str) -> PortTaken:
    """Return why a port cannot be listened on, in words that lead on."""
    if isinstance(error, socket.gaierror):
        return PortTaken(f"cannot listen on {host!r}: {error.strerror}; choose another --host, such as 127.0.0.1")
    if error.errno == errno.EADDRNOTAVAIL:
        return PortTaken(f"cannot listen on {host}: this machine has no such address; choose another --host")
    reason = error.strerror or str(error)
    return PortTaken(f"cannot listen on {host}:{port}: {reason.lower()}; {hint}")


def _refuse_taken(host: str, port: int) -> None:
    """Find out whether somebody listens already: a shared port would be shared with strangers, too.

    Raises:
        OSError: Somebody does.

    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
