"""A client of one server: connections kept alive, a deadline for each call, TLS verified."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import msgspec

from mockops.core.errors import Invalid
from mockops.gateway.upstream.connection import Response, UpstreamConnection, UpstreamFailed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from pathlib import Path

_MAX_IDLE = 4
_CONNECT_S = 5.0


class OriginInvalid(Invalid):
    """A text is no URL of a server, or its CA cannot be used."""

    code: ClassVar[str] = "upstream.origin_invalid"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server is."""

    scheme: str
    host: str
    port: int
    prefix: str
    """Path below which everything lies; empty or `/…` without a slash at its end."""

    @property
    def authority(self) -> str:
        """What stands in `Host`; the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL."""
        return f"{self.scheme}://{self.authority}{self.prefix}"


def read_origin(url: str) -> Origin:
    """Return where a URL leads.

    Raises:
        OriginInvalid: It is no http or https URL of a host, or says more than scheme, host, port and path.

    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OriginInvalid(f"{url!r} is no URL: {error}") from error
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname:
        raise OriginInvalid(f"{url!r} is no URL of a server; write http://HOST:PORT or https://HOST")
    if parts.query or parts.fragment or parts.username is not None:
        raise OriginInvalid(f"{scheme}://{parts.hostname} is to be named without user, query and fragment")
    if any(ord(character) <= 32 for character in url):
        raise OriginInvalid(f"{url!r} contains blanks or control characters")
    prefix = parts.path.rstrip("/")
    return Origin(scheme=scheme, host=parts.hostname, port=port or (443 if scheme == "https" else 80), prefix=prefix)


def client_context(ca: Path | None) -> ssl.SSLContext:
    """Return what a client needs for TLS; the server's certificate and name are verified.

    Args:
        ca: PEM file with the authorities to trust instead of the system's; None: the system's.

    Raises:
        OriginInvalid: The file cannot be used.

    """
    import ssl  # noqa: PLC0415 (20 ms; plain HTTP does without)

    try:
        context = ssl.create_default_context(cafile=str(ca) if ca is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise OriginInvalid(f"{ca}: the CA certificates cannot be used: {error}") from error
    context.set_alpn_protocols(["http/1.1"])
    return context


class UpstreamClient:
    """Calls one server; used on one event loop."""

    def __init__(self, origin: Origin, *, tls: ssl.SSLContext | None = None) -> None:
        """Get ready; nothing is connected yet.

        Args:
            origin: The server.
            tls: How to speak TLS; needed for https.

        """
        self.origin = origin
        self._tls = tls
        self._idle: list[UpstreamConnection] = []
        self._busy: set[UpstreamConnection] = set()

    async def request(
        self,
        method: str,
        target: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeout_s: float,
        max_bytes: int,
    ) -> Response:
        """Return the answer to a request that may be sent twice (RFC 9110 section 9.2.2).

        Args:
            method: In upper case.
            target: Path below the origin's prefix, and query.
            headers: Beside Host and Content-Length.
            body: The whole body.
            timeout_s: From now to the last byte of the answer.
            max_bytes: Bound on the answer's body.

        Raises:
            UpstreamFailed: There is no answer.

        """
        fields = (("Host", self.origin.authority), *headers)
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    connection, is_fresh = await self._take()
                    try:
                        return await connection.exchange(
                            method, self.origin.prefix + target, fields, body, max_bytes=max_bytes
                        )
                    except UpstreamFailed as error:
                        if is_fresh or not error.is_untouched:
                            raise
                    finally:
                        self._give_back(connection)
        except TimeoutError:
            raise UpstreamFailed(f"no answer within {timeout_s:g} s") from None

    def close(self) -> None:
        """Close all connections."""
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()

    async def _take(self) -> tuple[UpstreamConnection, bool]:
        """Return a connection, and whether it was opened for this call."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                self._busy.add(connection)
                return connection, False
        connection = await self._open()
        self._busy.add(connection)
        return connection, True

    async def _open(self) -> UpstreamConnection:
        origin = self.origin
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, connection = await loop.create_connection(
                    UpstreamConnection,
                    origin.host,
                    origin.port,
                    ssl=self._tls if origin.scheme == "https" else None,
                )
        except TimeoutError:
            raise UpstreamFailed(f"no connection within {_CONNECT_S:g} s") from None
        except OSError as error:  # TLS failures are OSErrors, too
            raise UpstreamFailed(error.strerror or str(error)) from error
        return connection

    def _give_back(self, connection: UpstreamConnection) -> None:
        self._busy.discard(connection)
        if connection.is_reusable and len(self._idle) < _MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
