"""One connection to a server: a request out, its response in; sans framework, on the loop's own transport."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

import httptools
import msgspec

from mockops.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_HEAD_BYTES = 64 << 10


class UpstreamFailed(Unavailable):
    """A server did not answer, or not in HTTP."""

    code: ClassVar[str] = "upstream.failed"

    def __init__(self, message: str, *, is_untouched: bool = False) -> None:
        super().__init__(message)
        self.is_untouched = is_untouched
        """Whether not one byte of an answer came: on a connection kept alive, the server may just have closed it."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered."""

    status: int
    headers: dict[str, str]
    """By lower-case name; of repeated fields the values joined with `, ` (RFC 9110 section 5.3)."""
    body: bytes


class UpstreamConnection(asyncio.Protocol):
    """A connection that carries one exchange at a time."""

    def __init__(self) -> None:
        self.is_reusable = False
        """Whether another request may follow."""
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._max_bytes = 0
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._chunks: list[bytes] = []
        self._size = 0
        self._is_headed = False

    async def exchange(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, *, max_bytes: int
    ) -> Response:
        """Send a request and return the answer to it; cancelled, the connection is closed.

        Raises:
            UpstreamFailed: The server closed the connection, does not speak HTTP, or answers more than `max_bytes`.

        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise UpstreamFailed("the connection is closed", is_untouched=True)
        self.is_reusable = False
        self._begin()
        self._max_bytes = max_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._waiter = asyncio.get_running_loop().create_future()
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if body or method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(body)}")
        transport.write("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        try:
            return await self._waiter
        finally:
            self._waiter = self._parser = None
            if not self.is_reusable:
                transport.abort()

    def close(self) -> None:
        """Close the connection."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.close()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._parser is None:  # nobody asked for anything: what comes is no answer
            self.close()
            return
        if not self._is_headed:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserCallbackError) as error:
            self._fail(f"what it answers is no HTTP: {error.__context__ or error}")

    def eof_received(self) -> None:
        """End a body that ends with the connection (RFC 9112 section 6.3)."""
        headers = self._headers
        if self._is_headed and "content-length" not in headers and "transfer-encoding" not in headers:
            self._finish(is_reusable=False)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits."""
        self._fail(f"it closed the connection{f' ({error})' if error else ''}")
        self._transport = None
        self.is_reusable = False

    # -- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field."""
        if self._head_bytes > _MAX_HEAD_BYTES + (1 << 16):
            self._fail(f"its header fields are larger than {_MAX_HEAD_BYTES} bytes")
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """Know that the head is over."""
        self._is_headed = True

    def on_body(self, chunk: bytes) -> None:
        """Keep a part of the body."""
        self._size += len(chunk)
        if self._size > self._max_bytes:
            self._fail(f"it answers more than {self._max_bytes:,} bytes")
            return
        self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """End the exchange, unless the answer was a mere announcement (1xx, RFC 9110 section 15.2)."""
        parser = self._parser
        if parser is None:
            return
        if parser.get_status_code() < 200:
            self._begin()
            return
        self._finish(is_reusable=parser.should_keep_alive())

    def _finish(self, *, is_reusable: bool) -> None:
        waiter, parser = self._waiter, self._parser
        if waiter is None or parser is None or waiter.done():
            return
        self.is_reusable = is_reusable
        status = parser.get_status_code()
        waiter.set_result(Response(status=status, headers=self._headers, body=b"".join(self._chunks)))

    def _fail(self, reason: str) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(UpstreamFailed(reason, is_untouched=not self._head_bytes))
        if self._transport is not None:
            self._transport.abort()
