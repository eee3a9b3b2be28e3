"""Pages that embed what is here, and connections that only hold on."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from mockops.wiring import api_server

if TYPE_CHECKING:
    from live_control import LiveControl


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_cannot_embed_anything(control: LiveControl, site: str) -> None:
    for path in (
        "/gateway/v1/snapshots?gateway=fake&boot=1",
        "/api/v1/events/stream",
        "/api/v1/gateways",
        "/api/v1/gateways/applied?revision=1&wait=60",
    ):
        metadata = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        refused = httpx.get(control.url + path, headers=metadata)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.origin_refused")
    assert httpx.get(control.url + "/api/v1/gateways").json()["items"] == []
    assert not control.live.leases.live(control.caller.org_id)


@pytest.mark.parametrize(("site", "mode"), [("cross-site", "navigate"), ("none", "navigate"), ("same-origin", "cors")])
def test_links_and_our_own_pages_are_answered(control: LiveControl, site: str, mode: str) -> None:
    reply = httpx.get(control.url + "/docs", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode})
    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("[::1]:7070", 200),
        ("localhost.evil.com", 403),
        ("127.0.0.1.nip.io", 403),
        ("127.0.0.1@evil.com", 403),
        ("evil.com", 403),
        ("0.0.0.0", 403),
    ],
)
def test_targets_and_forwarded_names_change_nothing(control: LiveControl, host: str, status: int) -> None:
    for target in ("/health", "http://localhost/health"):
        more = "X-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n"
        answer = talk(control, f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n")
        assert answer.startswith(f"HTTP/1.1 {status} "), answer[:200]
    assert talk(control, "GET /health HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 403 ")


def talk(control: LiveControl, text: str) -> str:
    """Send something; return all that comes until the other side closes."""
    parts = urlsplit(control.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(text.encode())
        found = b""
        while chunk := connection.recv(1 << 16):
            found += chunk
        return found.decode()


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("", ""),
        ("GET /health HTTP/1.1\r\nHost: localh", "HTTP/1.1 408 "),
        ("POST /api/v1/orgs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", ""),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea", "HTTP/1.1 200 "),
    ],
)
def test_who_only_holds_on_is_let_go(
    control: LiveControl, monkeypatch: pytest.MonkeyPatch, sent: str, answer: str
) -> None:
    monkeypatch.setattr(api_server, "_HEAD_S", 0.2)
    monkeypatch.setattr(api_server, "_STALL_S", 0.2)
    assert talk(control, sent).startswith(answer)


def test_waiting_and_pausing_between_requests_is_no_stall(
    control: LiveControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_server, "_HEAD_S", 0.2)
    monkeypatch.setattr(api_server, "_STALL_S", 0.2)
    with httpx.Client(base_url=control.url) as client:
        poll = {"gateway": "g", "boot": "1", "wait": "1", "cursor": str(control.database.read_position())}
        assert client.get("/gateway/v1/snapshots", params=poll).status_code == 200
        assert client.get("/health").status_code == 200
