"""One client connection: answers leave in the order of their requests, even when some wait.

Delays are timers; a client that does not read is not read from; faults break the connection on purpose. While an
answer is waited for nothing further is parsed: what comes meanwhile is held as bytes, and reading pauses.
"""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, cast

from mockops.gateway.http.answerer import CLOSE, MAX_PARTS, Answerer, failed
from mockops.gateway.http.message import Answer, RawRequest, refusal
from mockops.gateway.http.reader import HOST

if TYPE_CHECKING:
    from mockops.gateway.http.repeats import Repeat
    from mockops.gateway.http.roles import Shared

logger = logging.getLogger(__name__)

SLICE_BYTES = 16 << 10
"""Longer reads are parsed in pieces of this size: bounds the requests that are parsed before the first is answered."""

_LUCK = 16
_RETRY_MASK = 255
"""Without luck, learning is tried again each so many requests, less one."""


class Connection(Answerer, asyncio.Protocol):
    """The server side of one TCP or TLS connection."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.served = 0
        self._repeats = shared.repeats
        self._lesson: tuple[RawRequest, Answer] | None = None
        """The last request answered at once, and the answer."""
        self._luck = _LUCK
        """How often reads may yet be learned without one of them coming again: some clients never repeat themselves."""
        self._dropped_bytes = 0
        self._lingered_s = 0.0
        self._stale_s = 0.0
        """For how long there was no progress, and what was seen last."""
        self._seen: object = None

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start serving a client."""
        self._transport = cast("asyncio.Transport", transport)
        connections = self._shared.connections
        if self._shared.is_draining or len(connections) >= self._limits.max_connections:
            self.abort()
            return
        connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; an answer it did not wait for is written down all the same."""
        self._is_deaf = self._is_closing = True
        self._shared.connections.discard(self)
        self._queue.clear()
        self._backlog.clear()
        self._rest = memoryview(b"")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            request, answer = awaited
            if isinstance(answer, asyncio.Future):
                answer.cancel()
            else:
                self._guard(self._note, request, answer)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; whole requests are answered from its callbacks."""
        if self._is_deaf:
            self._dropped_bytes += len(data)
            return
        if self._is_busy or self._queue or self._is_write_paused or self._backlog:
            self._backlog.append(data)
            self._pause_reading()
            return
        if len(data) > SLICE_BYTES:
            self._backlog.append(data)
            self._proceed()
            return
        if self._luck and not self._is_mid_request:
            known = self._repeats.get(data)
            if known is not None and self._answer_repeat(data, known):
                return
            self._feed_and_learn(data)
        else:
            self._feed(data)
        if self._queue or self._last is not None:
            self._proceed()
        elif self._out:
            self._flush()

    def eof_received(self) -> bool:
        """Answer what was asked before the client closed its side, then close ours."""
        self._is_half_closed = True
        if self._is_closing or not self._transport.can_write_eof():
            return False
        if not self._is_occupied():
            self._proceed()
        return not self._is_closing

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        self._is_write_paused = True
        self._pause_reading()

    def resume_writing(self) -> None:
        """Go on with a client that reads again."""
        self._is_write_paused = False
        asyncio.get_running_loop().call_soon(self._resume)  # TLS calls this inside of our own write

    # -- requests

    def _feed_and_learn(self, data: bytes) -> None:
        """Feed the parser, and remember the read if it was one repeatable request."""
        self._lesson = None
        served = self.served
        self._feed(data)
        if self._lesson is not None:
            self._luck -= 1
            if served + 1 == self.served and not self._is_mid_request:
                self._repeats.learn(data, *self._lesson)

    def _answer_repeat(self, data: bytes, known: Repeat) -> bool:
        """Answer a request that came before, byte for byte, if its answer still stands."""
        request, answer = known
        shared = self._shared
        handler = shared.handler
        if handler.answers.get(request.key) is not answer or shared.is_draining:
            return False
        received_s = perf_counter()
        self._luck = _LUCK
        self.served += 1
        request_id = shared.next_id()
        seconds = perf_counter() - received_s
        answer.cell.add(seconds)  # type: ignore[union-attr]  # repeatable answers are counted ones
        if handler.wants_requests:
            again = RawRequest(
                method=request.method,
                url=request.url,
                headers=request.headers,
                body=request.body,
                key=request.key,
                received_s=received_s,
                read_bytes=len(data),
            )
            handler.note(request_id, seconds, again, answer)
        self._transport.write(b"".join((answer.head, request_id if answer.with_id else b"", shared.date, answer.tail)))
        return True

    def _complete(self, key: list[object], body: bytes) -> None:
        """Answer a whole request: at once when it is repeatable and nothing waits before it, else through the queue."""
        shared = self._shared
        handler = shared.handler
        keep_alive = self._parser.should_keep_alive()
        answer = handler.answers.get(tuple(key))
        if (
            answer is None
            or self._flags != HOST
            or not keep_alive
            or answer.is_large
            or self._is_busy
            or self._queue
            or self._is_write_paused
            or self._is_deaf
            or shared.is_draining
            or not (answer.guard is None or answer.guard(body))
        ):
            self._enqueue(self._take(key, body, keep_alive=keep_alive))
            return
        self.served += 1
        request_id = shared.next_id()
        out = self._out
        out += (answer.head, request_id if answer.with_id else b"", shared.date, answer.tail)
        seconds = perf_counter() - self._received_at_s
        answer.cell.add(seconds)  # type: ignore[union-attr]  # repeatable answers are counted ones
        if handler.wants_requests:
            handler.note(request_id, seconds, self._take(key, body, keep_alive=True), answer)
        if self._luck:
            self._lesson = (self._take(key, body, keep_alive=True), answer)
        elif not self.served & _RETRY_MASK:
            self._luck = 1
        self._url = b""
        self._key = []
        self._headers = []
        self._flags = 0
        if body:
            self._body = b""
            self._body_bytes = 0
        if len(out) > MAX_PARTS:
            self._flush()

    def _enqueue(self, request: RawRequest) -> None:
        """Answer a request now, or once those before it are answered."""
        self._forget()
        self._owes_continue = False
        if self._is_deaf or request.method == b"CONNECT":  # the parser stops at it, and it is refused
            return
        if not request.keep_alive:
            self._is_deaf = True
        if self._is_busy or self._queue or self._is_write_paused:
            self._queue.append(request)
        else:
            self._answer(request)

    def _proceed(self) -> None:
        """Answer and parse what waits, up to the next answer that itself has to wait."""
        self._guard(self._work)
        self._flush()

    def _work(self) -> None:
        while not self._is_occupied():
            if self._queue:
                self._answer(self._queue.popleft())
            elif self._backlog and not self._is_deaf:
                self._parse_some()
            else:
                self._settle()
                return
        if self._backlog:
            self._pause_reading()

    def _is_occupied(self) -> bool:
        return self._is_busy or self._is_write_paused or self._is_closing

    def _parse_some(self) -> None:
        """Parse a slice of what was held."""
        data = self._backlog.popleft()
        if len(data) > SLICE_BYTES:
            self._backlog.appendleft(data[SLICE_BYTES:])
            data = data[:SLICE_BYTES]
        self._feed(data)

    def _settle(self) -> None:
        """All that was asked is answered: say what is left to say and listen on."""
        if self._last is not None:
            self._say_last(self._last)
        elif self._is_half_closed and self._is_mid_request:
            self._refuse(refusal(400, "gateway.request_incomplete", "The connection ended within the request."))
            self._settle()
        elif self._is_half_closed or self._is_deaf:
            self._finish()
        else:
            if self._owes_continue:
                self._continue()
            self._resume_reading()

    # -- answers

    def _answer(self, request: RawRequest) -> None:
        """Ask the handler and send, wait or break as its answer says."""
        self.served += 1
        try:
            answer = self._shared.handler.handle(request)
        except Exception:
            logger.exception("the handler failed on %s", request.line)
            answer = failed()
        self._dispatch(request, answer)

    def _continue(self) -> None:
        """Say 100 Continue (RFC 9110 section 10.1.1), but never before an earlier request's answer."""
        self._owes_continue = bool(self._is_busy or self._queue or self._is_write_paused)
        if not self._owes_continue:
            self._flush()
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _resume(self) -> None:
        """Go on after the client has read."""
        if self._rest and self._timer is None:
            self._guard(self._pump)
        self._proceed()

    # -- ends and refusals

    def close_if_idle(self) -> None:
        """Close between requests (draining); a connection at work closes after its answer."""
        at_work = self._is_occupied() or self._queue or self._backlog
        if not (at_work or self._is_mid_request or self._is_deaf):
            self._finish()

    def give_up(self) -> None:
        """End a connection whose time is up: 408 in the middle of a request, silently between two."""
        if self._last is not None and not self._transport.is_closing():
            self._transport.close()
        elif self._is_occupied() or self._is_deaf:
            self.abort()
        elif self._is_mid_request:
            part = "body" if self._is_in_body else "header fields"
            self._refuse(refusal(408, "gateway.request_timeout", f"The request's {part} did not arrive in time."))
            self._proceed()
        else:
            self._finish()

    def is_overdue(self, elapsed_s: float) -> bool:
        """Say whether the client has been without progress for too long; asked every `elapsed_s` by the sweeper.

        Progress is a request served, bytes of a body, bytes of an answer taken: a head that drips in gains no time.
        """
        if self._is_busy and not self._is_write_paused:
            self._stale_s = 0.0
            return False
        progress: object = (self.served, self._body_bytes, self._is_mid_request)
        if self._is_write_paused or self._is_closing:
            progress = (len(self._rest), self._dropped_bytes, self._transport.get_write_buffer_size())
        is_lingering = self._is_closing and self._last is not None
        self._lingered_s += elapsed_s if is_lingering else 0.0
        self._stale_s = self._stale_s + elapsed_s if progress == self._seen else 0.0
        self._seen = progress
        return self._stale_s >= self._patience_s(is_lingering) or self._lingered_s >= self._limits.max_linger_s

    def _patience_s(self, is_lingering: bool) -> float:
        limits = self._limits
        if is_lingering:
            return limits.linger_timeout_s
        if self._is_write_paused or self._is_closing:
            return limits.write_timeout_s
        if not self._is_mid_request:
            return limits.idle_timeout_s
        return limits.body_timeout_s if self._is_in_body else limits.head_timeout_s

    def _refuse(self, answer: Answer) -> None:
        """Listen no more, and explain once what came before is answered."""
        if not self._is_deaf:
            self._is_deaf = True
            self._is_mid_request = False
            self._backlog.clear()
            self._last = answer

    def _say_last(self, answer: Answer) -> None:
        """Explain, and close once the client has read it.

        Closing at once while the client still sends would make its kernel discard our explanation (RFC 9112
        section 9.6): the writing side closes first and what still arrives is dropped, for a while.
        """
        self._out += (answer.head, self._shared.next_id(), self._shared.date, CLOSE, answer.tail)
        self._flush()
        self._is_closing = True
        if self._is_half_closed:
            self._transport.close()
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._resume_reading()
