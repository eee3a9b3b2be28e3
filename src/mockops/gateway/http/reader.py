"""Parses a client's bytes into requests and guards the limits of what comes in.

The parser is llhttp (httptools). What it leaves to its user stands here: limits on head, body and framing, the rules on
`Host` and `Transfer-Encoding`, `Expect: 100-continue`, `Upgrade` ignored without losing the body.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING, cast

import httptools

from mockops.core.problems import PROBLEM_JSON, problem
from mockops.gateway.http.message import Answer, RawRequest, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.gateway.http.limits import Limits

PLAIN, VALUE, CONNECTION, EXPECT, UPGRADE, CODING, LENGTH = 0, 1, 2, 4, 8, 16, 32
"""What a request header means to the wire, as bits: nothing; a part of the answer's key; framing."""
HOST = 128
"""Of `Host`: the highest bit, so that fields of this kind are counted by adding it up."""
_REPLAYED = 64

FRAMING = {
    b"connection": CONNECTION,
    b"content-length": LENGTH,
    b"expect": EXPECT,
    b"host": HOST,
    b"transfer-encoding": CODING,
    b"upgrade": UPGRADE,
}
"""Kind of each header that the wire itself looks at, by lower-case name."""

_NO_HOST_CHARACTER = re.compile(rb"[\x00-\x20\x7f\"#/<>?@\\^`{|}]")
"""What no host holds (RFC 3986 section 3.2): a space, a path, user information."""


class _Refused(Exception):
    """Raised inside a parser callback to stop parsing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class RequestReader(ABC):
    """Turns bytes into requests; a Connection says what happens with them."""

    def __init__(self, limits: Limits, kinds: Mapping[bytes, int]) -> None:
        self._limits = limits
        self._max_head_bytes = limits.max_head_bytes
        self._kinds = kinds
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._key: list[object] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: bytes | bytearray = b""
        self._body_bytes = 0
        self._flags = 0
        """Kinds of the headers so far, or-ed; those of `HOST` added. A plain request has exactly `HOST`."""
        self._is_in_body = False
        self._is_mid_request = False
        self._span_bytes = 0
        """Received since the last whole request, over former reads."""
        self._read_bytes = 0
        """The same with the present read; 0 when a request has ended within it."""
        self._received_at_s = 0.0
        self._host = b""
        """The last valid `Host`: the same again needs no look."""
        self._replayed: tuple[bytes, list[object], list[tuple[bytes, bytes]], int] | None = None

    @abstractmethod
    def _complete(self, key: list[object], body: bytes) -> None:
        """Take a whole request."""

    @abstractmethod
    def _refuse(self, answer: Answer) -> None:
        """Explain and close; nothing more is fed."""

    @abstractmethod
    def _fail(self, error: BaseException) -> None:
        """Give the connection up: there is a mistake in MockOps."""

    @abstractmethod
    def _continue(self) -> None:
        """Say 100 Continue."""

    def _feed(self, data: bytes) -> None:
        """Feed the parser; whole requests come out through `_complete`."""
        self._received_at_s = perf_counter()
        self._read_bytes = self._span_bytes + len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrades(data, upgrade.args[0])
        except httptools.HttpParserError as error:
            self._stop(error, data)
        if self._is_mid_request:
            self._guard_span(len(data))

    # -- httptools callbacks

    def on_message_begin(self) -> None:
        """Take the first byte of a request (blank lines before it are none)."""
        self._is_mid_request = True

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
            if kind & VALUE:
                self._key.append(name.lower())
                self._key.append(value)
            if kind >= HOST:
                self._flags += HOST
                if value != self._host:
                    self._host = value
                    if _NO_HOST_CHARACTER.search(value.strip()) is not None:
                        self._flags += HOST  # counts as too many
                        self._host = b""
            elif kind > VALUE:
                self._frame(kind, value)

    def on_headers_complete(self) -> None:
        """Check limits and framing, say 100-continue where asked."""
        most = self._max_head_bytes
        if (self._span_bytes or not 0 < self._read_bytes <= most) and self._head_bytes() > most:
            raise _Refused(self._head_too_large())
        self._is_in_body = True
        if self._flags != HOST:
            self._check_framing()

    def on_body(self, data: bytes) -> None:
        """Collect a piece of the body."""
        self._body_bytes += len(data)
        if self._body_bytes > self._limits.max_body_bytes:
            raise _Refused(self._body_too_large())
        if not self._body:
            self._body = data
        else:  # one buffer: a list of two-byte chunks would take twenty times the body
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data

    def on_message_complete(self) -> None:
        """Hand over a whole request."""
        self._is_mid_request = self._is_in_body = False
        if self._flags & UPGRADE and self._parser.should_upgrade():
            return  # feed_data raises HttpParserUpgrade right after this; the body is still to come
        key = self._key
        key.append(self._url)
        key.append(self._parser.get_method())
        body = self._body
        self._complete(key, bytes(body) if body else b"")
        self._span_bytes = self._read_bytes = 0

    # -- the rest is for requests out of the ordinary

    def _take(self, key: list[object], body: bytes, *, keep_alive: bool) -> RawRequest:
        """Return the parsed request."""
        if not keep_alive and self._parser.get_http_version() not in ("1.0", "1.1"):
            raise _Refused(self._wrong_version())
        return RawRequest(
            method=cast("bytes", key[-1]),
            url=self._url,
            headers=self._headers,
            body=body,
            key=tuple(key),
            keep_alive=keep_alive,
            wants_keep_alive=keep_alive and bool(self._flags & CONNECTION),
            received_s=self._received_at_s,
            read_bytes=self._read_bytes,
        )

    def _forget(self) -> None:
        """Get ready for the next request."""
        self._url = b""
        self._key = []
        self._headers = []
        self._body = b""
        self._body_bytes = 0
        self._flags = 0

    def _head_bytes(self) -> int:
        """Return the size of the head as far as parsed."""
        return len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._headers)

    def _guard_span(self, received_bytes: int) -> None:
        """Bound a request that spans several reads: its head, and the framing around its body."""
        self._span_bytes = self._span_bytes + received_bytes if self._read_bytes else self._head_bytes()
        most = self._max_head_bytes
        if self._is_in_body:
            most = 4 * most + 8 * self._body_bytes
        if self._span_bytes > most:
            self._refuse(self._head_too_large())

    def _stop(self, error: httptools.HttpParserError, data: bytes) -> None:
        """Refuse what the parser or a callback refused."""
        cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
        if isinstance(cause, _Refused):
            self._refuse(cause.answer)
        elif isinstance(error, httptools.HttpParserCallbackError):
            self._fail(cause or error)
        else:
            what = f"The request is not HTTP/1.1: {error}."
            if bytes(data[:2]) == b"\x16\x03":
                what = "This port speaks plain HTTP, but the client began a TLS handshake; use http:// in the URL."
            elif "PRI" in str(error):
                what = "The client began HTTP/2 with prior knowledge; only HTTP/1.1 is spoken here."
            self._refuse(refusal(400, "gateway.malformed_request", what))

    def _frame(self, kind: int, value: bytes) -> None:
        """Look at a header that says how the request is framed."""
        if kind & LENGTH:
            digits = value.rstrip()  # llhttp let nothing but digits through
            if len(digits) > 1 and digits.startswith(b"0"):
                raise _Refused(_malformed("`Content-Length` has leading zeros"))
            if len(digits) > 18 or int(digits) > self._limits.max_body_bytes:
                raise _Refused(self._body_too_large())
        elif kind & CONNECTION:
            if self._parser.get_http_version() != "1.1":
                self._flags |= CONNECTION
        elif kind & CODING and (value.strip().lower() != b"chunked" or self._flags & CODING):
            raise _Refused(_malformed("`Transfer-Encoding` can only be `chunked`, once"))
        else:
            self._flags |= kind & ~VALUE

    def _check_framing(self) -> None:
        """Check a head that is not just fields and one `Host`."""
        if self._replayed is not None:
            self._url, self._key, self._headers, self._flags = self._replayed
            self._replayed = None
            return
        flags, version = self._flags, self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise _Refused(self._wrong_version())
        if flags >= 2 * HOST or (flags < HOST and version == "1.1"):  # RFC 9112 section 3.2
            raise _Refused(_malformed("it must have exactly one valid `Host` header"))
        if flags & CODING and version == "1.0":  # RFC 9112 section 6.1
            raise _Refused(_malformed("HTTP/1.0 has no `Transfer-Encoding`"))
        if flags & EXPECT and version == "1.1":
            self._expect()

    def _expect(self) -> None:
        """Say 100 Continue, or refuse a body before it is sent (RFC 9110 section 10.1.1)."""
        expectations = [value.strip().lower() for name, value in self._headers if name.lower() == b"expect"]
        if any(value != b"100-continue" for value in expectations):
            raise _Refused(refusal(417, "gateway.expectation_failed", "Only `Expect: 100-continue` is understood."))
        self._continue()

    def _ignore_upgrades(self, data: bytes, offset: int) -> None:
        """Go on in HTTP/1.1 when a client offers another protocol (RFC 9110 section 7.8 lets a server ignore it).

        llhttp stops at the offer and would never deliver the body, so a head with nothing but the framing is fed
        instead; the request keeps the fields it came with.
        """
        while True:
            method = self._parser.get_method()
            if method == b"CONNECT":
                self._refuse(_no_proxy())
                return
            data = self._framing_alone(method) + bytes(data[offset:])
            self._replayed = (self._url, self._key, self._headers, self._flags & ~UPGRADE)
            self._forget()
            self._flags = _REPLAYED
            self._is_in_body = False
            self._parser = httptools.HttpRequestParser(self)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:  # the next request offers it as well
                offset = upgrade.args[0]
                continue
            except httptools.HttpParserError as error:
                self._stop(error, data)
            return

    def _framing_alone(self, method: bytes) -> bytes:
        """Return a head that frames like the present request's and offers no other protocol."""
        lines = [b"%s / HTTP/%s" % (method, self._parser.get_http_version().encode())]
        for name, value in self._headers:
            match name.lower():
                case b"content-length" | b"transfer-encoding":
                    lines.append(name + b": " + value)
                case b"connection":
                    options = {option.strip().lower() for option in value.split(b",")}
                    lines += [b"Connection: " + option for option in (b"close", b"keep-alive") if option in options]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    # -- refusals

    def _head_too_large(self) -> Answer:
        limit = self._max_head_bytes
        if self._is_in_body:
            return refusal(431, "gateway.head_too_large", "The body's chunk extensions or trailers are too large.")
        if not self._headers and len(self._url) > limit // 2:
            return refusal(414, "gateway.url_too_long", f"The request's URL is longer than {limit} bytes.")
        return refusal(431, "gateway.head_too_large", f"The request's header fields are larger than {limit} bytes.")

    def _body_too_large(self) -> Answer:
        limit = self._limits.max_body_bytes
        return refusal(413, "gateway.body_too_large", f"The request's body is larger than {limit} bytes.")

    def _wrong_version(self) -> Answer:
        version = self._parser.get_http_version()
        return refusal(505, "gateway.version_unsupported", f"HTTP/{version} is not spoken here, only HTTP/1.1 and 1.0.")


def _no_proxy() -> Answer:
    body = problem(405, "gateway.method_not_allowed", "CONNECT is for proxies; this is not one.")
    headers = (("Content-Type", PROBLEM_JSON), ("MockOps-Source", "error"), ("Allow", ""))
    return Answer(status=405, headers=headers, body=body)


def _malformed(why: str) -> Answer:
    return refusal(400, "gateway.malformed_request", f"The request is not HTTP/1.1: {why}.")
