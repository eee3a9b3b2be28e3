"""The egress guard, on real sockets."""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.infra import http
from mockops.infra.http import EgressDenied, EgressPolicy, FetchFailed, UrlInvalid, check_address, fetch, fetcher

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = EgressPolicy(allow_loopback=True, timeout_s=5)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        status, headers, body = server.answers[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.asked, made.answers = [], {}
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@contextmanager
def names(**hosts: list[str]) -> Iterator[list[str]]:
    """Resolve names to addresses; yields the names asked for."""
    asked = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *_: Any, **__: Any) -> Any:
        asked.append(host)
        key = host.partition(".")[0]
        if key not in hosts:
            return real(host, port, type=socket.SOCK_STREAM)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts[key]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http.socket, "getaddrinfo", resolve)
        yield asked


def test_a_body_is_fetched_with_its_query(server: Any) -> None:
    server.answers["/a?b=1"] = (200, {"Content-Length": "5"}, b"hello")
    assert fetch(f"{server.url}/a?b=1#fragment", LOCAL) == b"hello"
    assert fetcher()(f"{server.url}/a?b=1") == b"hello"


def test_loopback_is_refused_unless_allowed(server: Any) -> None:
    with pytest.raises(EgressDenied, match="loopback"):
        fetch(f"{server.url}/a")
    assert server.asked == []


def test_a_redirect_passes_the_guard_again(server: Any) -> None:
    server.answers["/a"] = (302, {"Location": "/b", "Content-Length": "0"}, b"")
    server.answers["/b"] = (200, {"Content-Length": "2"}, b"ok")
    server.answers["/meta"] = (302, {"Location": "http://169.254.169.254/latest", "Content-Length": "0"}, b"")
    server.answers["/file"] = (302, {"Location": "file:///etc/passwd", "Content-Length": "0"}, b"")
    server.answers["/loop"] = (302, {"Location": "/loop", "Content-Length": "0"}, b"")
    assert fetch(f"{server.url}/a", LOCAL) == b"ok"
    with pytest.raises(EgressDenied, match="link-local"):
        fetch(f"{server.url}/meta", LOCAL)
    with pytest.raises(EgressDenied, match="only http and https"):
        fetch(f"{server.url}/file", LOCAL)
    with pytest.raises(FetchFailed, match="redirects more than"):
        fetch(f"{server.url}/loop", LOCAL)


def test_the_address_checked_is_the_address_connected_to(server: Any) -> None:
    server.answers["/a"] = (200, {"Content-Length": "2"}, b"ok")
    with names(rebinding=["127.0.0.1"]) as asked:
        assert fetch(f"http://rebinding.test:{server.server_port}/a", LOCAL) == b"ok"
    assert asked.count("rebinding.test") == 1


def test_a_name_with_one_forbidden_address_is_refused(server: Any) -> None:
    with names(mixed=["127.0.0.1", "169.254.169.254"]), pytest.raises(EgressDenied, match="link-local"):
        fetch(f"http://mixed.test:{server.server_port}/a", LOCAL)
    assert server.asked == []


def test_what_answers_too_much_or_not_enough_is_refused(server: Any) -> None:
    server.answers["/big"] = (200, {}, b"x" * 2000)
    server.answers["/cut"] = (200, {"Content-Length": "100"}, b"x")
    server.answers["/gone"] = (404, {"Content-Length": "0"}, b"")
    with pytest.raises(FetchFailed, match="more than 1,000 bytes"):
        fetch(f"{server.url}/big", EgressPolicy(allow_loopback=True, max_bytes=1000))
    with pytest.raises(FetchFailed, match="before the end"):
        fetch(f"{server.url}/cut", LOCAL)
    with pytest.raises(FetchFailed, match="answered 404"):
        fetch(f"{server.url}/gone", LOCAL)


def test_what_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(FetchFailed, match=r"within 0\.2 s"):
            fetch(url, EgressPolicy(allow_loopback=True, timeout_s=0.2))
    with pytest.raises(FetchFailed, match="cannot be fetched"):
        fetch(url, LOCAL)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a:99999/", "http://a b/", "http://a/\r\nX: y"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises((UrlInvalid, EgressDenied)):
        fetch(url, LOCAL)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com", "gopher://x", "api.yaml"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(EgressDenied, match="only http and https"):
        fetch(url, LOCAL)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "100.100.100.200",
        "fd00:ec2::254",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_some_addresses_are_never_allowed(address: str) -> None:
    everything = EgressPolicy(allow_loopback=True, allow_private=True)
    assert check_address(ipaddress.ip_address(address), everything)


@given(st.ip_addresses())
def test_without_permission_only_global_addresses_are_reached(address: Any) -> None:
    if check_address(address, EgressPolicy()) is None:
        assert address.is_global
        assert not address.is_link_local


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd12::1", "100.64.0.1"])
def test_private_addresses_need_permission(address: str) -> None:
    assert check_address(ipaddress.ip_address(address), EgressPolicy())
    assert check_address(ipaddress.ip_address(address), EgressPolicy(allow_private=True)) is None
