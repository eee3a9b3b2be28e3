"""Faults as a real client meets them, and answers that arrive slowly."""

from __future__ import annotations

import os
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from mockops.gateway.tls import server_context

if TYPE_CHECKING:
    from pathlib import Path

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode()


class Served:
    """A server, plain or with TLS, and how to connect to it."""

    def __init__(self, bench: Any, folder: Path | None, **limits: Any) -> None:
        self._bench = bench
        self._client: ssl.SSLContext | None = None
        server = None
        if folder is not None:
            authority = trustme.CA.from_pem((folder / "ca.pem").read_bytes(), (folder / "ca-key.pem").read_bytes())
            server = server_context(folder / "cert.pem", folder / "key.pem")
            self._client = ssl.create_default_context()
            authority.configure_trust(self._client)
        self.running = bench.serve(tls=server, **limits)

    def connect(self) -> Any:
        return self._bench.connect(self.running, tls=self._client)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.private_key_pem.write_to_path(folder / "ca-key.pem")
    return folder


@pytest.fixture(params=["plain", "tls"])
def served(request: pytest.FixtureRequest, bench: Any, files: Path) -> Served:
    return Served(bench, files if request.param == "tls" else None)


def read_to_the_end(wire: Any) -> None:
    """Read below TLS: Python's ssl module reports a reset as an unexpected end."""
    with socket.socket(fileno=os.dup(wire.sock.fileno())) as raw:
        raw.settimeout(10)
        while raw.recv(65536):
            pass


@pytest.mark.parametrize("delay", ["", "/10"])
def test_reset_is_a_reset(served: Served, delay: str) -> None:
    wire = served.connect().send(get(f"/fault/reset{delay}"))
    with pytest.raises(ConnectionResetError):
        read_to_the_end(wire)


def test_reset_after_an_answer_and_with_bytes_unread(served: Served) -> None:
    wire = served.connect()
    assert wire.send(GET).reply().status == 200
    wire.send(get("/fault/reset") + GET * 10)
    with pytest.raises(ConnectionResetError):
        read_to_the_end(wire)


def test_empty_reply_is_an_orderly_end_without_a_byte(served: Served) -> None:
    assert served.connect().send(get("/fault/empty_reply")).rest() == b""


def test_malformed_chunk_is_a_head_and_no_chunk(served: Served) -> None:
    head, _, body = served.connect().send(get("/fault/malformed_chunk")).rest().partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert b"Transfer-Encoding: chunked" in lines
    assert not any(line.lower().startswith(b"content-length") for line in lines)
    assert any(line.startswith(b"MockOps-Request-Id: ") and len(line) > 25 for line in lines)
    with pytest.raises(ValueError, match="invalid literal"):
        int(body.partition(b"\r\n")[0], 16)


def test_garbage_is_no_http(served: Served) -> None:
    garbage = served.connect().send(get("/fault/garbage_then_close")).rest()
    assert len(garbage) > 100
    assert not garbage.startswith(b"HTTP/")


def test_a_truncated_body_is_shorter_than_announced(served: Served) -> None:
    head, _, body = served.connect().send(get("/fault/truncate_body")).rest().partition(b"\r\n\r\n")
    (length,) = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert 0 < len(body) < int(length.split()[1])
    assert b"\r\nMockOps-Request-Id: " in head


def test_faults_come_after_the_answers_before_them(served: Served) -> None:
    wire = served.connect().send(GET + get("/delay/5") + get("/fault/garbage_then_close") + GET)
    assert wire.reply().told["url"] == "/a"
    assert wire.reply().told["url"] == "/delay/5"
    assert not wire.rest().startswith(b"HTTP/")
    assert len(served.running.handler.seen) == 3
    assert len(served.running.handler.notes) == 3


def test_timeout_is_silent_until_the_client_leaves(served: Served, wait: Any) -> None:
    wire = served.connect().send(get("/fault/timeout") + GET)
    wait(lambda: served.running.handler.notes)
    wire.sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.sock.recv(1)
    assert served.running.connections == 1
    wire.close()
    wait(lambda: served.running.connections == 0)
    assert len(served.running.handler.seen) == 1


def test_timeout_does_not_hold_for_ever(bench: Any) -> None:
    served = Served(bench, None, max_hold_s=0.05)
    assert served.connect().send(get("/fault/timeout")).rest() == b""


def test_a_truncated_answer_without_a_body_lacks_its_end(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get("/held"))
    running.release(body=b"", fault="truncate_body")
    answer = wire.rest()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in answer


def test_reset_over_ipv6(bench: Any) -> None:
    running = bench.serve()
    try:
        host, port = running.run(running.server.listen("::1", 0))
    except OSError:
        pytest.skip("there is no IPv6 here")
    sock = socket.create_connection((host, port))
    sock.sendall(get("/fault/reset"))
    with pytest.raises(ConnectionResetError):
        sock.recv(1)
    sock.close()


def test_delays_are_as_long_as_said(served: Served) -> None:
    wire = served.connect()
    start = time.monotonic()
    assert wire.send(get("/delay/120")).reply().status == 200
    assert 0.11 < time.monotonic() - start < 2


@pytest.mark.parametrize("size", [1, 51, 1_000_000])
def test_a_dribbled_body_arrives_whole_over_the_time_said(bench: Any, size: int) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get("/held") + GET)
    body = bytes(number % 251 for number in range(size))
    start = time.monotonic()
    running.release(body=body, dribble_s=0.2)
    while b"\r\n\r\n" not in wire.unread:
        wire._more()
    assert time.monotonic() - start < 0.19
    reply = wire.reply()
    assert reply.body == body
    assert 0.19 < time.monotonic() - start < 3
    assert wire.reply().told["url"] == "/a"


def test_a_dribbled_body_waits_for_a_slow_reader(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running, receive_bytes=4096).send(get("/held") + GET)
    running.release(body=b"x" * 30_000_000, dribble_s=0.05)
    assert len(wire.reply().body) == 30_000_000
    assert wire.reply().told["url"] == "/a"
