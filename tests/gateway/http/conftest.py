"""A server in a thread of its own, and a client that is nothing but a socket."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from mockops.core.clock import SystemClock
from mockops.gateway.answers import HeaderKinds
from mockops.gateway.counters import Cell, Dimensions
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.message import Answer, RawRequest
from mockops.gateway.http.server import Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Iterator

PATIENCE_S = 10.0


def wait_until(condition: Callable[[], object], *, timeout_s: float = PATIENCE_S) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        pause.wait(0.002)


class Echo:
    """Answers with what it was asked, in the manner that the path says."""

    def __init__(self) -> None:
        self.answers: dict[tuple[object, ...], Answer] = {}
        self.kinds = HeaderKinds(("accept", "host"))
        self.wants_requests = False
        self.seen: list[RawRequest] = []
        self.notes: list[tuple[bytes, float, RawRequest | None, Answer]] = []
        self.held: list[asyncio.Future[Answer]] = []
        self.bodies: dict[int, bytes] = {}
        self.note_error: Exception | None = None

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        self.notes.append((request_id, seconds, request, answer))
        if self.note_error is not None:
            raise self.note_error

    def handle(self, request: RawRequest) -> Answer | asyncio.Future[Answer]:
        self.seen.append(request)
        path = request.url.decode("latin-1").partition("?")[0]
        word, _, rest = path.lstrip("/").partition("/")
        answer = self.echo(request)
        match word:
            case "again":
                answer.cell = Cell(Dimensions(target="again"))
                self.answers[request.key] = answer
            case "delay":
                answer.delay_s = float(rest) / 1000
            case "held":
                future = asyncio.get_running_loop().create_future()
                self.held.append(future)
                future.add_done_callback(lambda _: None)
                return future
            case "future":
                future = asyncio.get_running_loop().create_future()
                asyncio.get_running_loop().call_later(float(rest) / 1000, future.set_result, answer)
                return future
            case "fault":
                kind, _, delay = rest.partition("/")
                answer.fault = kind  # type: ignore[assignment]
                answer.delay_s = float(delay or 0) / 1000
            case "dribble":
                answer.dribble_s = float(rest) / 1000
            case "bytes":
                body = self.bodies.setdefault(int(rest), b"x" * int(rest))
                answer = self.answer(request, body)
            case "status":
                answer = Answer(status=int(rest), headers=(), body=b"body")
            case "boom":
                raise ValueError("boom")
            case _:
                pass
        return answer

    def echo(self, request: RawRequest) -> Answer:
        told = {
            "method": request.method.decode(),
            "url": request.url.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers],
            "body": request.body.decode("latin-1"),
        }
        return self.answer(request, json.dumps(told).encode())

    def answer(self, request: RawRequest, body: bytes) -> Answer:
        headers = (("Content-Type", "application/json"),)
        return Answer(status=200, headers=headers, body=body, with_body=request.method != b"HEAD")


class Running:
    """A server and its loop, in a thread."""

    def __init__(
        self,
        make_loop: Callable[[], asyncio.AbstractEventLoop],
        *,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.handler = Echo()
        self.errors: list[dict[str, Any]] = []
        self._loop = make_loop()
        self._loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.server = Server(self.handler, clock=SystemClock(), limits=limits)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.address = self.run(self.server.listen("127.0.0.1", 0, tls=tls))
        self._is_open = True

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.start(work).result(60)

    def start(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, step: Callable[[], Any]) -> Any:
        """Do something in the loop's thread."""

        async def do() -> Any:
            return step()

        return self.run(do())

    def settle(self) -> None:
        """Return once the loop has seen what was sent before."""
        for _ in range(2):
            self.call(lambda: None)

    @property
    def connections(self) -> int:
        return len(self.server.connections)

    def release(self, number: int = 0, body: bytes = b"held", **fields: Any) -> None:
        """Finish an answer that is held back."""
        wait_until(lambda: len(self.handler.held) > number)
        answer = Answer(status=200, headers=(), body=body)
        for name, value in fields.items():
            setattr(answer, name, value)
        self.call(lambda: self.handler.held[number].set_result(answer))

    def close(self, *, drain_s: float = 0.0) -> None:
        if self._is_open:
            self._is_open = False
            self.run(self.server.close(drain_s=drain_s))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()


@dataclass
class Reply:
    """One answer as the client reads it."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    raw_head: bytes = field(default=b"", repr=False)

    @property
    def told(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A client that sends what it is told, byte by byte if need be."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""

    def send(self, data: bytes) -> Wire:
        self.sock.sendall(data)
        return self

    def finish(self) -> Wire:
        """Say that no more comes."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # the server has closed already
                raise
        return self

    def reply(self, *, to_head: bool = False) -> Reply:
        """Read one answer."""
        while b"\r\n\r\n" not in self.unread:
            self._more()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        version, status = line.split(" ", 2)[:2]
        assert version == "HTTP/1.1"
        headers: dict[str, str] = {}
        for each in lines:
            name, _, value = each.partition(":")
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        reply = Reply(int(status), headers, raw_head=head)
        if reply.status >= 200 and reply.status not in (204, 304) and not to_head:
            size = int(headers["content-length"])
            pieces, had = [self.unread], len(self.unread)
            while had < size:
                piece = self.sock.recv(1 << 20)
                assert piece, "the connection ended within a body"
                pieces.append(piece)
                had += len(piece)
            whole = b"".join(pieces)
            reply.body, self.unread = whole[:size], whole[size:]
        return reply

    def rest(self) -> bytes:
        """Read up to the end of the connection."""
        pieces = [self.unread]
        while piece := self.sock.recv(1 << 20):
            pieces.append(piece)
        self.unread = b""
        return b"".join(pieces)

    def _more(self) -> None:
        piece = self.sock.recv(1 << 20)
        assert piece, f"the connection ended; unread: {self.unread!r}"
        self.unread += piece

    def close(self) -> None:
        self.sock.close()


class Bench:
    """Makes servers and clients for a test and puts them away after it."""

    def __init__(self, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._make_loop = make_loop
        self._servers: list[Running] = []
        self._wires: list[Wire] = []
        self.expects_log = False

    def serve(self, *, tls: ssl.SSLContext | None = None, **limits: Any) -> Running:
        running = Running(self._make_loop, limits=Limits(**limits), tls=tls)
        self._servers.append(running)
        return running

    def connect(self, running: Running, *, tls: ssl.SSLContext | None = None, receive_bytes: int | None = None) -> Wire:
        sock = socket.socket()
        if receive_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(PATIENCE_S)
        sock.connect(running.address)
        if tls is not None:
            sock = tls.wrap_socket(sock, server_hostname="localhost")
        wire = Wire(sock)
        self._wires.append(wire)
        return wire

    def ask(self, running: Running, data: bytes) -> Reply:
        """Send on a new connection and read one answer."""
        wire = self.connect(running).send(data)
        reply = wire.reply()
        wire.close()
        return reply

    def clear(self) -> list[dict[str, Any]]:
        for wire in self._wires:
            wire.close()
        for running in self._servers:
            running.close()
        return [error for running in self._servers for error in running.errors]


@pytest.fixture(params=["uvloop", "asyncio"])
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """Yield what makes servers and clients; afterwards nothing may have gone wrong unseen."""
    bench = Bench(uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop)
    with caplog.at_level(logging.WARNING):
        yield bench
        errors = bench.clear()
    assert errors == []
    if not bench.expects_log:
        assert [record.getMessage() for record in caplog.records] == []


@pytest.fixture
def wait() -> Callable[..., None]:
    return wait_until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Overlook sockets that asyncio's accept loop drops when its loop ends in the same instant.

    They are reported by the garbage collector in whatever test runs then; uvloop has no such gap, and what the server
    itself leaves open is counted by the tests.
    """
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
