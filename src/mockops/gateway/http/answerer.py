"""How answers leave: at once, after a wait, in pieces, or as a broken connection.

Delays are timers; the body of a large answer follows the client's pace; faults break the connection on purpose.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, cast

from mockops.gateway.http import faults
from mockops.gateway.http.message import LARGE_BYTES, Answer, RawRequest, refusal
from mockops.gateway.http.reader import RequestReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.gateway.http.roles import Shared
    from mockops.mocking.model import FaultKind

_P = ParamSpec("_P")

logger = logging.getLogger(__name__)

MAX_PARTS = 64
"""Parts of answers joined for one write."""
CLOSE = b"Connection: close\r\n"
_KEEP_ALIVE = b"Connection: keep-alive\r\n"
_JOINED_BYTES = 16 << 10
"""Longer bodies do not wait to be joined with what follows."""
_DRIBBLES = 50
"""Pieces of a body that is to arrive slowly."""


class Answerer(RequestReader):
    """Sends the answer to one request after the other; a Connection says which is next."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared.limits, shared.handler.kinds)
        self._shared = shared
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._out: list[bytes] = []
        """Answers not yet handed to the transport."""
        self._queue: deque[RawRequest] = deque()
        """Requests parsed and not yet answered."""
        self._backlog: deque[bytes] = deque()
        """Bytes received and not yet parsed."""
        self._last: Answer | None = None
        """The refusal that ends the connection, once what came before is answered."""
        self._awaited: tuple[RawRequest, Answer | asyncio.Future[Answer]] | None = None
        """The answer that a timer or its maker holds back."""
        self._rest = memoryview(b"")
        """What is left to send of a body that leaves in pieces."""
        self._timer: asyncio.TimerHandle | None = None
        self._is_busy = False
        """An answer is held back, or its body leaves in pieces."""
        self._is_write_paused = False
        self._is_read_paused = False
        self._is_half_closed = False
        """The client will send no more."""
        self._is_deaf = False
        """Nothing more that comes is taken for a request."""
        self._is_ending = False
        """The answer now leaving is the last."""
        self._is_closing = False
        """Nothing more is written."""
        self._owes_continue = False

    @abstractmethod
    def _proceed(self) -> None:
        """Go on with what stands behind an answer that was waited for."""

    def _dispatch(self, request: RawRequest, answer: Answer | asyncio.Future[Answer]) -> None:
        """Send an answer when its time has come; delays are timers, never threads."""
        if isinstance(answer, asyncio.Future):
            self._is_busy, self._awaited = True, (request, answer)
            answer.add_done_callback(partial(self._take_result, request))
        elif answer.delay_s:
            self._is_busy, self._awaited = True, (request, answer)
            self._later(answer.delay_s, self._wake, self._send, request, answer)
        else:
            self._send(request, answer)

    def _take_result(self, request: RawRequest, future: asyncio.Future[Answer]) -> None:
        """Go on with an answer that its maker has finished, or could not."""
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if self._is_closing:
            return
        if error is not None:
            logger.error("the handler failed on %s", request.line, exc_info=error)
        self._guard(self._wake, self._dispatch, request, future.result() if error is None else failed())

    def _wake(self, step: Callable[[RawRequest, Answer], None], request: RawRequest, answer: Answer) -> None:
        """Go on with an answer that was waited for, then with what stands behind it."""
        self._awaited = None
        self._is_busy = False
        step(request, answer)
        self._proceed()

    def _send(self, request: RawRequest, answer: Answer) -> None:
        """Put an answer on the way out, whole or in pieces, or break the connection as it says."""
        if answer.fault is not None:
            self._break(request, answer, answer.fault)
            return
        self._out.append(self._open(request, answer))
        if answer.is_large or (answer.dribble_s and len(answer.tail) > 2):
            self._send_in_pieces(answer)
            return
        self._out.append(answer.tail)
        if self._is_ending:
            self._finish()
        elif len(answer.tail) > _JOINED_BYTES or len(self._out) > MAX_PARTS:
            self._flush()

    def _send_in_pieces(self, answer: Answer) -> None:
        """Send the head, then the body as fast as the client takes it or evenly over `dribble_s`."""
        self._out.append(b"\r\n")
        self._flush()
        self._is_busy = True
        self._rest = memoryview(answer.tail)[2:]
        if answer.dribble_s:
            piece_bytes = -(-len(self._rest) // _DRIBBLES)
            pieces = -(-len(self._rest) // piece_bytes)
            self._later(answer.dribble_s / pieces, self._dribble, answer.dribble_s / pieces, piece_bytes)
        else:
            self._pump()

    def _pump(self) -> None:
        """Send of a large body what the client takes now."""
        while self._rest and not (self._is_write_paused or self._is_closing):
            self._write_piece(LARGE_BYTES)

    def _dribble(self, interval_s: float, piece_bytes: int) -> None:
        """Send the next piece, unless the client still chews on the former."""
        if not self._is_write_paused:
            self._write_piece(piece_bytes)
        if self._rest:
            self._later(interval_s, self._dribble, interval_s, piece_bytes)
        else:
            self._proceed()

    def _write_piece(self, size_bytes: int) -> None:
        piece, self._rest = self._rest[:size_bytes], self._rest[size_bytes:]
        self._is_busy = bool(self._rest)
        self._transport.write(piece)
        if not self._is_busy and self._is_ending:
            self._finish()

    def _open(self, request: RawRequest, answer: Answer) -> bytes:
        """Write an answer down; return its status line and fields, without the blank line that ends them."""
        shared = self._shared
        request_id = self._note(request, answer)
        option = _KEEP_ALIVE if request.wants_keep_alive else b""
        is_last = shared.is_draining and not (self._queue or self._backlog)
        if is_last or not (request.keep_alive and answer.keep_alive):
            self._is_ending = self._is_deaf = True
            option = CLOSE
        return b"".join((answer.head, request_id if answer.with_id else b"", shared.date, option))

    def _note(self, request: RawRequest, answer: Answer) -> bytes:
        """Count and write down an answer; return its request id."""
        request_id = self._shared.next_id()
        seconds = perf_counter() - request.received_s
        if answer.cell is not None:
            answer.cell.add(seconds)
        self._shared.handler.note(request_id, seconds, request, answer)
        return request_id

    def _break(self, request: RawRequest, answer: Answer, fault: FaultKind) -> None:
        """Perform a connection-level fault."""
        opening = self._open(request, answer)
        self._flush()
        self._is_deaf = self._is_closing = True
        self._queue.clear()
        self._backlog.clear()
        faults.perform(self._transport, fault, opening, answer.tail[2:])
        if fault == "timeout":  # silent until the client leaves, but not for ever
            self._is_busy = True
            self._resume_reading()
            self._later(self._limits.max_hold_s, self.abort)

    def _flush(self) -> None:
        """Hand what is ready to the transport in one write."""
        out = self._out
        if out:
            self._out = []
            if not self._is_closing:
                self._transport.write(b"".join(out))

    # -- the transport and the timer

    def _pause_reading(self) -> None:
        if not (self._is_read_paused or self._is_half_closed or self._is_closing):
            self._is_read_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._is_read_paused and not self._is_half_closed:
            self._is_read_paused = False
            self._transport.resume_reading()

    def _later(self, delay_s: float, step: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Do something after a while, unless the client leaves before."""

        def due() -> None:
            self._timer = None
            self._guard(step, *args, **kwargs)

        self._timer = asyncio.get_running_loop().call_later(delay_s, due)

    def _guard(self, step: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Do something; a mistake in it ends the connection instead of leaving it half dead."""
        try:
            step(*args, **kwargs)
        except Exception as error:
            self._fail(error)

    def abort(self) -> None:
        """Cut the connection."""
        self._is_deaf = self._is_closing = True
        self._transport.abort()

    def _finish(self) -> None:
        """Send what is ready, then close."""
        self._flush()
        self._is_deaf = self._is_closing = True
        self._queue.clear()
        self._backlog.clear()
        self._transport.close()

    def _fail(self, error: BaseException) -> None:
        """Give the connection up: there is a mistake in MockOps."""
        logger.error("a connection failed", exc_info=error)
        self.abort()


def failed() -> Answer:
    """Return the answer to a request on which MockOps itself made a mistake."""
    return refusal(500, "gateway.failed", "MockOps failed to answer; its log says why.", keep_alive=False)
