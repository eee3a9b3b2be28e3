"""The same over TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from mockops.gateway.tls import server_context

if TYPE_CHECKING:
    from pathlib import Path

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return folder


@pytest.fixture
def server_tls(files: Path) -> ssl.SSLContext:
    return server_context(files / "cert.pem", files / "key.pem")


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_requests_are_answered_over_tls(bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    running = bench.serve(tls=server_tls)
    client_tls.set_alpn_protocols(["h2", "http/1.1"])
    wire = bench.connect(running, tls=client_tls)
    assert wire.sock.selected_alpn_protocol() == "http/1.1"
    assert wire.sock.version() == "TLSv1.3"
    paths = ["/a", "/again", "/again", "/delay/10", "/future/10", "/dribble/10"]
    wire.send(b"".join(get(path) for path in paths))
    assert [wire.reply().told["url"] for _ in paths] == paths
    assert len(wire.send(get("/bytes/5000000")).reply().body) == 5_000_000
    body = b"y" * 2_000_000
    told = wire.send(get("/p", f"Content-Length: {len(body)}", method="POST") + body).reply().told
    assert len(told["body"]) == len(body)
    assert wire.send(get("/a", "Connection: close")).reply().headers["connection"] == "close"
    assert wire.rest() == b""


def test_tls_1_1_is_refused(bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    assert server_tls.minimum_version == ssl.TLSVersion.TLSv1_2
    client_tls.maximum_version = ssl.TLSVersion.TLSv1_2
    wire = bench.connect(bench.serve(tls=server_tls), tls=client_tls)
    assert wire.sock.version() == "TLSv1.2"
    assert wire.send(GET).reply().status == 200


def test_refusals_are_read_over_tls(bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    running = bench.serve(tls=server_tls, max_body_bytes=1000, linger_timeout_s=0.2)
    wire = bench.connect(running, tls=client_tls)
    wire.send(get("/p", "Transfer-Encoding: chunked", method="POST") + b"1000\r\n" + b"x" * 4096 + b"\r\n")
    for _ in range(200):
        wire.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    assert wire.reply().status == 413
    assert wire.rest() == b""


def test_client_certificates_are_required_where_asked_for(
    bench: Any, authority: trustme.CA, files: Path, client_tls: ssl.SSLContext
) -> None:
    running = bench.serve(tls=server_context(files / "cert.pem", files / "key.pem", files / "ca.pem"))
    stranger = trustme.CA().issue_cert("client@example.com")
    for _ in range(2):  # without a certificate, then with a stranger's; the alert may be lost in the reset
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            assert bench.connect(running, tls=client_tls).send(GET).rest() == b""
        stranger.configure_cert(client_tls)
    assert running.handler.seen == []
    authority.issue_cert("client@example.com").configure_cert(client_tls)
    assert bench.connect(running, tls=client_tls).send(GET).reply().status == 200


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02\x00\x01\x00", GET])
def test_a_handshake_that_never_comes_is_given_up(bench: Any, server_tls: ssl.SSLContext, hello: bytes) -> None:
    running = bench.serve(tls=server_tls, head_timeout_s=0.1)
    wire = bench.connect(running).send(hello)
    with contextlib.suppress(ConnectionResetError):
        wire.rest()
    assert running.connections == 0


def test_a_client_that_vanishes_does_no_harm(
    bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, wait: Any
) -> None:
    running = bench.serve(tls=server_tls)
    for path in ("/a", "/delay/20", "/bytes/5000000"):
        wire = bench.connect(running, tls=client_tls).send(get(path))
        raw = socket.socket(fileno=wire.sock.detach())
        raw.close()
    wait(lambda: running.connections == 0)
    assert bench.connect(running, tls=client_tls).send(GET).reply().status == 200


def test_draining_over_tls(bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, wait: Any) -> None:
    running = bench.serve(tls=server_tls, linger_timeout_s=0.2)
    idle = bench.connect(running, tls=client_tls)
    wire = bench.connect(running, tls=client_tls).send(get("/delay/100"))
    wait(lambda: running.handler.seen)
    closing = running.start(running.server.close(drain_s=5))
    assert idle.rest() == b""
    assert wire.reply().headers["connection"] == "close"
    assert wire.rest() == b""
    closing.result(5)


def test_a_slow_tls_reader_is_followed(bench: Any, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    running = bench.serve(tls=server_tls)
    wire = bench.connect(running, tls=client_tls, receive_bytes=8192).send(get("/bytes/20000000") + GET)
    assert len(wire.reply().body) == 20_000_000
    assert wire.reply().told["url"] == "/a"
