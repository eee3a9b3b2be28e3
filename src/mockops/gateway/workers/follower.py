"""A process that serves what its leader says, and tells what has happened."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.core.errors import MockOpsError
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.server import Server
from mockops.gateway.workers.channel import Channel, open_channel
from mockops.gateway.workers.telling import Teller
from mockops.gateway.workers.wire import (
    Added,
    Begin,
    Failed,
    Hold,
    Listen,
    Ready,
    Serve,
    Stop,
    Sync,
    Synced,
    unpack_stubs,
    unpack_target,
)
from mockops.infra.loop import settle
from mockops.publishing.model import Snapshot

if TYPE_CHECKING:
    import socket
    import ssl

    from mockops.core.clock import Clock
    from mockops.gateway.target import Target
    from mockops.gateway.workers.wire import Message
    from mockops.mocking.model import Stub
    from mockops.publishing.model import TargetSnapshot

logger = logging.getLogger(__name__)

TELL_EVERY_S = 0.25


class Follower:
    """A gateway whose snapshots, stubs and end come from its leader."""

    def __init__(self, begin: Begin, channel: Channel, *, clock: Clock) -> None:
        self._begin = begin
        self._channel = channel
        self._clock = clock
        self._limits = Limits(max_body_bytes=begin.max_body_bytes)
        self._gateway = Gateway(clock=clock, journal_bytes=begin.journal_bytes, max_body_bytes=begin.max_body_bytes)
        self._teller = Teller(self._gateway)
        self._held: dict[tuple[str, str], TargetSnapshot] = {}
        self._servers: dict[tuple[int, str], Server] = {}
        self._is_ready = False
        self._tls = _tls(begin)

    async def obey(self, message: Message) -> None:
        """Do what the leader says.

        Raises:
            MockOpsError: It cannot be done.
            OSError: A port cannot be bound.

        """
        match message:
            case Hold():
                target = unpack_target(message)
                self._held[target.name, target.environment] = target
            case Serve():
                self._serve(message)
            case Added():
                self._add(message)
            case Listen():
                await self._listen(message)
            case Sync(number=number):
                self.tell()
                self._channel.send(Synced(number=number))
            case _:
                logger.error("the leader sent %s, which is not understood here", type(message).__name__)

    def tell(self) -> None:
        """Say what has happened since the last time."""
        for news in self._teller.news():
            self._channel.send(news)

    async def close(self, *, drain_s: float | None = None) -> None:
        """Stop accepting, let answers under way finish."""
        await asyncio.gather(*(server.close(drain_s=drain_s) for server in self._servers.values()))

    def _serve(self, message: Serve) -> None:
        self._held = {key: self._held[key] for key in message.targets}
        self._gateway.apply(Snapshot(targets=tuple(self._held.values()), revision=message.revision))
        settle(is_replaced=self._is_ready)

    def _add(self, message: Added) -> None:
        target = self._gateway.table.get(f"{message.target}@{message.environment}")
        if target is None:
            logger.error("the leader added stubs to %s, which is not served here", message.target)
            return
        match_stubs(target, unpack_stubs(message.stubs))
        self._gateway.refresh()

    async def _listen(self, message: Listen) -> None:
        wanted = set(message.ports)
        gone = [self._servers.pop(place) for place in list(self._servers) if place not in wanted]
        await asyncio.gather(*(server.close(drain_s=0.0) for server in gone))
        for port, bound in message.ports:
            if (port, bound) not in self._servers:
                handler = MockHandler(self._gateway, bound=bound or None)
                self._gateway.attach(handler)
                server = Server(handler, clock=self._clock, limits=self._limits)
                await server.listen(self._begin.host, port, tls=self._tls, share_port=True)
                self._servers[port, bound] = server
        if not self._is_ready:
            self._is_ready = True
            self._channel.send(Ready())


def match_stubs(target: Target, wanted: tuple[Stub, ...]) -> None:
    """Give a target exactly these added stubs, in this order, touching as few as can be."""
    by_id = {stub.id: stub for stub in wanted}
    for stub in target.added_stubs:
        if by_id.get(stub.id) != stub:
            target.remove_stub(stub.id)
    kept = target.added_stubs
    common = next((at for at, pair in enumerate(zip(kept, wanted, strict=False)) if pair[0] != pair[1]), len(kept))
    for stub in kept[common:]:
        target.remove_stub(stub.id)
    for stub in wanted[common:]:
        target.add_stub(stub)


async def follow(end: socket.socket, *, clock: Clock) -> int:
    """Serve over a line to a leader until it says stop or is gone; return the exit code.

    SIGTERM means stop as well: supervisors send it to all processes of a service. SIGINT means nothing: the leader gets
    it, too, and decides.
    """
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()
    channel = await open_channel(end, inbox.put_nowait, lambda: inbox.put_nowait(None))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, inbox.put_nowait, Stop())
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    first = await inbox.get()
    if not isinstance(first, Begin):
        return 0 if first is None or isinstance(first, Stop) else 1
    telling = None
    try:
        follower = Follower(first, channel, clock=clock)
        telling = asyncio.create_task(_keep_telling(follower, channel))
        while True:
            message = await inbox.get()
            if message is None:  # the leader is gone, and with it the port's owner
                await follower.close(drain_s=0.0)
                return 0
            if isinstance(message, Stop):
                await follower.close()
                follower.tell()
                channel.close()
                return 0
            await follower.obey(message)
    except (MockOpsError, OSError) as error:
        channel.send(Failed(message=str(error)))
        channel.close()
        return 1
    finally:
        if telling is not None:
            telling.cancel()


async def _keep_telling(follower: Follower, channel: Channel) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        if channel.is_idle:  # else the leader is busy, and has not read the former news yet
            follower.tell()


def _tls(begin: Begin) -> ssl.SSLContext | None:
    if not begin.tls_cert:
        return None
    from mockops.gateway.tls import server_context  # noqa: PLC0415 (ssl takes 15 ms; most gateways do without)

    client_ca = Path(begin.tls_client_ca) if begin.tls_client_ca else None
    return server_context(Path(begin.tls_cert), Path(begin.tls_key), client_ca)
