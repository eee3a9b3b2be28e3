"""One client connection: answers leave in the order of their requests, even when some wait.

Delays are timers; a client that does not read is not read from; faults break the connection on purpose.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, cast

from mockops.gateway.http import faults
from mockops.gateway.http.message import Answer, RawRequest, refusal
from mockops.gateway.http.reader import RequestReader

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from mockops.gateway.http.limits import Limits


class Handler(Protocol):
    """What answers requests."""

    answers: dict[tuple[object, ...], Answer]
    """Answers that the same key gets again."""
    kinds: MutableMapping[bytes, int]
    """Kind of each header by its name as spelled; learns new spellings by itself."""

    def handle(self, request: RawRequest) -> Answer | asyncio.Future[Answer]:
        """Answer a request that `answers` had nothing for; never raises."""
        ...

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Write down an answer that left; `request` is None unless `journal` asks for requests."""
        ...

    wants_requests: bool
    """Whether `note` needs the request itself (a journal is kept)."""


class Shared(Protocol):
    """What all connections of one listener share."""

    handler: Handler
    limits: Limits
    connections: set[Connection]
    date: bytes
    """`\\r\\nDate: …\\r\\n`, refreshed every second."""
    next_id: Callable[[], bytes]
    is_draining: bool


class Connection(RequestReader, asyncio.Protocol):
    """The server side of one TCP or TLS connection."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared.limits, shared.handler.kinds)
        self._shared = shared
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._out: list[bytes] = []
        self._queue: deque[RawRequest] = deque()
        self._is_busy = False
        self._is_closing = False
        self._is_write_paused = False
        self._is_half_closed = False
        self.served = 0
        self._stale_s = 0.0
        self._seen: tuple[int, int, bool] = (0, 0, False)
        self._timer: asyncio.TimerHandle | None = None
        self._queued_bytes = 0

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start serving a client."""
        self._transport = cast("asyncio.Transport", transport)
        connections = self._shared.connections
        if len(connections) >= self._limits.max_connections:
            self._is_closing = True
            transport.abort()  # type: ignore[attr-defined]
            return
        connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; what was under way is dropped."""
        self._is_closing = True
        self._shared.connections.discard(self)
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def data_received(self, data: bytes) -> None:
        """Feed the parser; whole requests are answered from its callbacks."""
        if self._is_closing:
            return
        self._feed(data)
        if self._out:
            self._flush()

    def eof_received(self) -> bool:
        """Answer what was asked before the client closed its side, then close ours."""
        if self._is_busy or self._queue:
            self._is_half_closed = True
            return True
        return False

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        self._is_write_paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on with a client that reads again."""
        self._is_write_paused = False
        self._drain_queue()
        if not self._is_closing and len(self._queue) < self._limits.max_pipelined:
            self._transport.resume_reading()

    # -- requests and answers

    def _complete(self, key: list[object], body: bytes) -> None:
        """Answer a whole request: at once when it is repeatable and nothing waits before it, else through the queue."""
        shared = self._shared
        handler = shared.handler
        keep_alive = self._parser.should_keep_alive()
        answer = handler.answers.get(tuple(key))
        if (
            answer is None
            or not keep_alive
            or self._flags
            or self._is_busy
            or self._queue
            or self._is_write_paused
            or self._is_closing
            or not (answer.guard is None or answer.guard(body))
        ):
            self._enqueue(self._take(key, body, keep_alive=keep_alive))
            return
        self.served += 1
        request_id = shared.next_id()
        self._out += (answer.head, request_id if answer.with_id else b"", shared.date, answer.tail)
        seconds = perf_counter() - self._received_at_s
        answer.cell.add(seconds)  # type: ignore[union-attr]  # repeatable answers are counted ones
        if handler.wants_requests:
            handler.note(request_id, seconds, self._take(key, body, keep_alive=True), answer)
        self._url = b""
        self._key = []
        self._headers = []
        if body:
            self._body = []
            self._body_bytes = 0

    def _enqueue(self, request: RawRequest) -> None:
        """Answer a request now, or once those before it are answered."""
        self._forget()
        if self._is_closing:
            return
        if self._is_busy or self._queue or self._is_write_paused:
            self._queue.append(request)
            self._queued_bytes += len(request.body)
            if len(self._queue) >= self._limits.max_pipelined or self._queued_bytes > self._limits.max_body_bytes:
                self._transport.pause_reading()
        else:
            self._answer(request)

    def _drain_queue(self) -> None:
        """Answer what waited, up to the next answer that itself has to wait."""
        while self._queue and not (self._is_busy or self._is_write_paused or self._is_closing):
            request = self._queue.popleft()
            self._queued_bytes -= len(request.body)
            self._answer(request)
        if not (self._queue or self._is_busy or self._is_write_paused or self._is_closing):
            if self._is_half_closed:
                self._close()
            else:
                self._transport.resume_reading()
        self._flush()

    def _answer(self, request: RawRequest) -> None:
        """Ask the handler and send, wait or break as its answer says."""
        self.served += 1
        answer = self._shared.handler.handle(request)
        if isinstance(answer, asyncio.Future):
            self._is_busy = True
            answer.add_done_callback(lambda future: self._later(request, future.result()))
        elif answer.is_immediate:
            self._deliver(request, answer)
        else:
            self._is_busy = True
            self._schedule(request, answer)

    def _schedule(self, request: RawRequest, answer: Answer) -> None:
        """Wait as long as the answer says; a timer, never a thread."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(answer.delay_s, self._later, request, answer) if answer.delay_s else None
        if self._timer is None:
            self._later(request, answer)

    def _later(self, request: RawRequest, answer: Answer) -> None:
        """Deliver an answer that was waited for."""
        self._timer = None
        if self._is_closing:
            return
        if answer.fault is not None:
            self._note(request, answer)
            self._break(answer)
        elif answer.dribble_s:
            self._dribble(request, answer, 0)
        else:
            self._is_busy = False
            self._deliver(request, answer)
            self._drain_queue()

    def _deliver(self, request: RawRequest, answer: Answer) -> None:
        """Put an answer on the way out."""
        request_id = self._note(request, answer)
        self._out += (answer.head, request_id if answer.with_id else b"", self._shared.date, answer.tail)
        if not request.keep_alive or self._shared.is_draining:
            self._close()

    def _note(self, request: RawRequest, answer: Answer) -> bytes:
        """Count and write down an answer; return its request id."""
        request_id = self._shared.next_id()
        seconds = perf_counter() - request.received_s
        if answer.cell is not None:
            answer.cell.add(seconds)
        self._shared.handler.note(request_id, seconds, request, answer)
        return request_id

    def _dribble(self, request: RawRequest, answer: Answer, sent: int) -> None:
        """Send the body in pieces, evenly over `dribble_s`."""
        if self._is_closing:
            return
        if not sent:
            request_id = self._note(request, answer)
            self._transport.write(
                answer.head + (request_id if answer.with_id else b"") + self._shared.date + answer.tail[:2]
            )
            sent = 2  # the blank line that ends the head
        pieces = max(1, min(50, len(answer.tail) - 2))
        end = min(len(answer.tail), sent + -(-(len(answer.tail) - 2) // pieces))
        self._transport.write(answer.tail[sent:end])
        self._received_at_s = perf_counter()
        if end < len(answer.tail):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(answer.dribble_s / pieces, self._dribble, request, answer, end)
            return
        self._is_busy = False
        if not request.keep_alive or self._shared.is_draining:
            self._close()
        self._drain_queue()

    def _break(self, answer: Answer) -> None:
        """Perform a connection-level fault."""
        self._flush()
        faults.perform(self._transport, answer, self._shared.date)
        if answer.fault != "timeout":  # a timeout holds the connection, silent, until the client or the sweeper ends it
            self._is_closing = True

    def _flush(self) -> None:
        """Hand what is ready to the transport in one write."""
        out = self._out
        if out:
            self._out = []
            self._transport.write(b"".join(out))

    # -- ends and refusals

    def _close(self) -> None:
        """Send what is ready, then close."""
        self._flush()
        self._is_closing = True
        self._queue.clear()
        self._transport.close()

    def close_if_idle(self) -> None:
        """Close between requests (draining); a connection at work closes after its answer."""
        if not (self._is_busy or self._queue or self._is_mid_request or self._is_closing):
            self._close()

    def give_up(self) -> None:
        """End a connection whose time is up: 408 in the middle of a request, silently between two."""
        if self._is_write_paused or self._is_busy or not self._is_mid_request:
            self._is_closing = True
            self._transport.abort()
        else:
            part = "body" if self._is_in_body else "header fields"
            self._refuse(refusal(408, "gateway.request_timeout", f"The request's {part} did not arrive in time."))

    def is_overdue(self, elapsed_s: float) -> bool:
        """Say whether the client has been without progress for too long; asked every `elapsed_s` by the sweeper.

        Progress is a request served or, within a body, bytes of it: a head that drips in gains no time by dripping.
        """
        progress = (self.served, self._body_bytes, self._is_mid_request)
        if progress != self._seen:
            self._seen = progress
            self._stale_s = 0.0
            return False
        self._stale_s += elapsed_s
        if self._is_write_paused:
            return self._stale_s >= self._limits.write_timeout_s
        if self._is_busy:
            return False
        if not self._is_mid_request:
            return self._stale_s >= self._limits.idle_timeout_s
        limits = self._limits
        return self._stale_s >= (limits.body_timeout_s if self._is_in_body else limits.head_timeout_s)

    def abort(self) -> None:
        """Cut the connection."""
        self._is_closing = True
        self._transport.abort()

    def _refuse(self, answer: Answer) -> None:
        """Explain, stop listening, and close once the client had a moment to read.

        Closing at once while the client still sends would make its kernel discard our explanation (RFC 9112
        section 9.6): the writing side closes first, what still arrives is dropped, the rest a second later.
        """
        closing = Answer(status=answer.status, headers=answer.headers, body=answer.body, keep_alive=False)
        if not self._is_busy:
            request_id = self._shared.next_id()
            self._out += (closing.head, request_id, self._shared.date, closing.tail)
        self._flush()
        self._is_closing = True
        self._is_mid_request = False
        self._queue.clear()
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._timer = asyncio.get_running_loop().call_later(1.0, self._transport.close)
        else:
            self._transport.close()

    def _continue(self) -> None:
        """Say 100 Continue (RFC 9110 section 10.1.1)."""
        self._flush()
        self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
