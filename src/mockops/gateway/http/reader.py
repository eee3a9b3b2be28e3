"""Parses a client's bytes into requests and guards the limits of what comes in.

The parser is llhttp (httptools). What it leaves to its user stands here: limits on head, body and framing,
`Expect: 100-continue`, `Upgrade` ignored without losing the body.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING, cast

import httptools

from mockops.gateway.http.message import Answer, RawRequest, refusal

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from mockops.gateway.http.limits import Limits

PLAIN, VALUE, CONNECTION, EXPECT, UPGRADE = range(5)
"""What a request header means to the wire: nothing; a part of the answer's key; framing."""


class _Refused(Exception):
    """Raised inside a parser callback to stop parsing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class RequestReader(ABC):
    """Turns bytes into requests; a Connection says what happens with them."""

    def __init__(self, limits: Limits, kinds: MutableMapping[bytes, int]) -> None:
        self._limits = limits
        self._kinds = kinds
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._key: list[object] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._flags = 0
        self._is_in_body = False
        self._is_mid_request = False
        self._span_bytes = 0
        """Received since the last whole request, over more than one read."""
        self._received_at_s = 0.0
        self._read_bytes = 0

    @abstractmethod
    def _complete(self, key: list[object], body: bytes) -> None:
        """Take a whole request."""

    @abstractmethod
    def _refuse(self, answer: Answer) -> None:
        """Explain and close."""

    @abstractmethod
    def _continue(self) -> None:
        """Say 100 Continue."""

    def _feed(self, data: bytes) -> None:
        """Feed the parser; whole requests come out through `_complete`."""
        self._received_at_s = perf_counter()
        self._read_bytes = self._span_bytes + len(data)
        self._is_mid_request = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data, upgrade.args[0])
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, _Refused):
                raise
            self._refuse(cause.answer)
        except httptools.HttpParserError as error:
            self._refuse(refusal(400, "gateway.malformed_request", f"The request is not HTTP/1.1: {error}."))
        if self._is_mid_request:
            self._guard_span(len(data))

    # -- httptools callbacks

    def on_url(self, url: bytes) -> None:
        """Collect the request target (it may come in pieces)."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header field; trailers (after the body) are dropped."""
        if self._is_in_body:
            return
        self._headers.append((name, value))
        kind = self._kinds[name]
        if kind:
            if kind == VALUE:
                self._key.append(name.lower())
                self._key.append(value)
            elif kind != CONNECTION or self._parser.get_http_version() != "1.1":
                self._flags |= 1 << kind

    def on_headers_complete(self) -> None:
        """Check limits and say 100-continue where asked."""
        self._is_in_body = True
        if len(self._headers) > 30 or self._span_bytes or len(self._url) > 2048:
            size = len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._headers)
            if size > self._limits.max_head_bytes:
                raise _Refused(self._head_too_large())
        if self._flags & (1 << EXPECT):
            self._expect()

    def on_body(self, data: bytes) -> None:
        """Collect a piece of the body."""
        self._body_bytes += len(data)
        if self._body_bytes > self._limits.max_body_bytes:
            raise _Refused(self._body_too_large())
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Hand over a whole request."""
        self._is_mid_request = self._is_in_body = False
        if self._flags & (1 << UPGRADE) and self._parser.should_upgrade():
            return  # feed_data raises HttpParserUpgrade right after this; the body is still to come
        self._span_bytes = 0
        key = self._key
        key.append(self._url)
        key.append(self._parser.get_method())
        self._complete(key, b"".join(self._body) if self._body else b"")

    def _take(self, key: list[object], body: bytes, *, keep_alive: bool) -> RawRequest:
        """Return the parsed request."""
        return RawRequest(
            method=cast("bytes", key[-1]),
            url=self._url,
            headers=self._headers,
            body=body,
            key=tuple(key),
            keep_alive=keep_alive,
            received_s=self._received_at_s,
            read_bytes=self._read_bytes,
        )

    def _forget(self) -> None:
        """Get ready for the next request."""
        self._url = b""
        self._key = []
        self._headers = []
        self._body = []
        self._body_bytes = 0
        self._flags = 0

    def _guard_span(self, received_bytes: int) -> None:
        """Bound a request that spans several reads: its head, and the framing around its body."""
        self._span_bytes += received_bytes
        most = self._limits.max_head_bytes
        if self._is_in_body:
            most = 4 * most + 8 * self._body_bytes
        if self._span_bytes > most:
            self._refuse(self._head_too_large())

    def _expect(self) -> None:
        """Say 100 Continue, or refuse a body before it is sent (RFC 9110 section 10.1.1)."""
        fields = {name.lower(): value for name, value in self._headers}
        if fields.get(b"expect", b"").lower() != b"100-continue":
            raise _Refused(
                refusal(417, "gateway.expectation_failed", "Only `Expect: 100-continue` is understood."),
            )
        length = fields.get(b"content-length", b"0")
        if length.isdigit() and int(length[:19]) > self._limits.max_body_bytes:
            raise _Refused(self._body_too_large())
        self._continue()

    def _ignore_upgrade(self, data: bytes, offset: int) -> None:
        """Go on in HTTP/1.1 when a client offers another protocol (RFC 9110 section 7.8 lets a server ignore it).

        llhttp stops at the offer and would never deliver the body, so the request's head is fed again without it.
        """
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._refuse(refusal(405, "gateway.method_not_allowed", "CONNECT is for proxies; this is not one."))
            return
        head = [method + b" " + self._url + b" HTTP/1.1"]
        head += [
            name + b": " + value
            for name, value in self._headers
            if name.lower() not in (b"upgrade", b"connection", b"http2-settings")
        ]
        self._forget()
        self._is_in_body = False
        self._parser = httptools.HttpRequestParser(self)
        received_at_s = self._received_at_s
        self._feed(b"\r\n".join(head) + b"\r\n\r\n" + data[offset:])
        self._received_at_s = received_at_s

    def _head_too_large(self) -> Answer:
        limit = self._limits.max_head_bytes
        return refusal(431, "gateway.head_too_large", f"The request's header fields are larger than {limit} bytes.")

    def _body_too_large(self) -> Answer:
        limit = self._limits.max_body_bytes
        return refusal(413, "gateway.body_too_large", f"The request's body is larger than {limit} bytes.")
