"""One end of the line between leader and follower."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from mockops.core.errors import Unavailable
from mockops.gateway.workers.wire import ChannelBroken, FrameReader, encode

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mockops.gateway.workers.wire import Message

logger = logging.getLogger(__name__)

MAX_WAITING_BYTES = 1 << 30
"""What may wait to be sent; an end that takes nothing for so long is given up."""


class Channel(asyncio.Protocol):
    """Sends and receives messages, in order, until one side is gone."""

    def __init__(self, receive: Callable[[Message], None], lost: Callable[[], None]) -> None:
        """Make one end.

        Args:
            receive: Is called with each message.
            lost: Is called once, when nothing more will come.

        """
        self._receive = receive
        self._lost = lost
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what is complete; a line that carries nonsense is cut."""
        try:
            for message in self._reader.feed(data):
                self._receive(message)
        except ChannelBroken:
            logger.exception("the line between two processes of this gateway broke")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._transport = None
        self._lost()

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_idle(self) -> bool:
        """Whether everything said has been taken by the other side's kernel."""
        return self._transport is not None and self._transport.get_write_buffer_size() == 0

    def send(self, message: Message) -> None:
        """Send a message; nothing happens once the other side is gone."""
        self.send_encoded(encode(message))

    def send_encoded(self, frame: bytes) -> None:
        """Send what `encode` returned: many followers get the same."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(frame)
        if self._transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            logger.error("a process of this gateway takes no messages; it is given up")
            self.abort()

    def close(self) -> None:
        """Send what waits, then end."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()


async def open_channel(end: socket.socket, receive: Callable[[Message], None], lost: Callable[[], None]) -> Channel:
    """Speak over one end of a socket pair.

    Raises:
        Unavailable: The end cannot be used.

    """
    loop = asyncio.get_running_loop()
    end.setblocking(False)
    try:
        _, channel = await loop.create_connection(lambda: Channel(receive, lost), sock=end)
    except OSError as error:
        raise Unavailable(f"the line to a process of this gateway cannot be opened: {error}") from error
    return channel
