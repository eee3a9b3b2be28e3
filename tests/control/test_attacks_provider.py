"""Strangers' tokens must not make us ask an identity provider that does not answer again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from mockops.control.auth.provider import Provider, ProviderDown
from mockops.control.auth.settings import Oidc

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock

TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.c2ln"


class Broken(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def broken() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Broken,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_provider_that_fails_is_left_alone_for_a_while(broken: tuple[str, list[str]], clock: FrozenClock) -> None:
    url, asked = broken
    provider = Provider(Oidc(issuer=url, client_id="mockops"), clock=clock)
    for _ in range(20):
        with pytest.raises(ProviderDown, match="500"):
            provider.verify(TOKEN)
    assert len(asked) == 1
    clock.advance(6)
    with pytest.raises(ProviderDown, match="500"):
        provider.verify(TOKEN)
    assert len(asked) == 2
