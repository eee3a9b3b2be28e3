"""The client of control, held against servers that answer in every way a server may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from mockops.gateway.upstream.client import OriginInvalid, UpstreamClient, client_context, read_origin
from mockops.gateway.upstream.connection import UpstreamFailed

Script = list[bytes | None]
"""What is sent for each request; None: the connection is closed instead."""


@asynccontextmanager
async def serving(
    script: Script, *, close_after: bool = False, tls: object = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve a script over any number of connections; give the port and the requests that came."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while script:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), 0
                )
                seen.append(head + await reader.readexactly(length))
                answer = script.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if close_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], seen
    finally:
        server.close()


def client_of(port: int, scheme: str = "http", host: str = "127.0.0.1", tls: object = None) -> UpstreamClient:
    return UpstreamClient(read_origin(f"{scheme}://{host}:{port}/base/"), tls=tls)


async def get(client: UpstreamClient, *, timeout_s: float = 5.0, max_bytes: int = 1000) -> tuple[int, bytes]:
    response = await client.request("GET", "/x?y=1", timeout_s=timeout_s, max_bytes=max_bytes)
    return response.status, response.body


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("answer", "closes", "expected"),
    [
        (PLAIN, False, (200, b"ok")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", False, (200, b"ok")),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", True, (200, b"to the end")),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN, False, (200, b"ok")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", False, (204, b"")),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True, (503, b"")),
    ],
)
async def test_answers_of_every_framing(answer: bytes, closes: bool, expected: tuple[int, bytes]) -> None:
    async with serving([answer], close_after=closes) as (port, seen):
        client = client_of(port)
        assert await get(client) == expected
        client.close()
    assert seen[0].startswith(b"GET /base/x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"SSH-2.0-hello\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, "more than 1,000 bytes"),
    ],
)
async def test_what_is_no_answer_is_told(answer: bytes, reason: str) -> None:
    async with serving([answer], close_after=True) as (port, _):
        with pytest.raises(UpstreamFailed, match=reason):
            await get(client_of(port))


async def test_a_connection_is_kept_and_one_closed_meanwhile_is_replaced() -> None:
    async with serving([PLAIN, PLAIN, None, PLAIN]) as (port, seen):
        client = client_of(port)
        assert await get(client) == await get(client) == (200, b"ok")
        assert await get(client) == (200, b"ok"), "sent again on a fresh connection"
        assert len(seen) == 4
        client.close()


async def test_a_fresh_connection_that_is_closed_is_not_tried_again() -> None:
    async with serving([None, PLAIN]) as (port, seen):
        with pytest.raises(UpstreamFailed, match="closed the connection"):
            await get(client_of(port))
        assert len(seen) == 1


async def test_a_silent_server_is_given_up() -> None:
    async with serving([b"", PLAIN]) as (port, _):
        with pytest.raises(UpstreamFailed, match=r"no answer within 0\.1 s"):
            await get(client_of(port), timeout_s=0.1)


async def test_nobody_there_is_told(unused_tcp_port: int) -> None:
    with pytest.raises(UpstreamFailed):
        await get(client_of(unused_tcp_port))


async def test_tls_is_verified_against_a_ca_of_ones_own(tmp_path: Path) -> None:
    import ssl

    ca, stranger = trustme.CA(), trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(server)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    stranger.cert_pem.write_to_path(str(tmp_path / "stranger.pem"))
    async with serving([PLAIN, PLAIN], tls=server) as (port, _):
        client = client_of(port, "https", "localhost", client_context(tmp_path / "ca.pem"))
        assert await get(client) == (200, b"ok")
        client.close()
        with pytest.raises(UpstreamFailed, match="certificate"):
            await get(client_of(port, "https", "localhost", client_context(tmp_path / "stranger.pem")))
        with pytest.raises(UpstreamFailed, match="certificate"):
            await get(client_of(port, "https", "127.0.0.1", client_context(tmp_path / "ca.pem")))
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(OriginInvalid):
        client_context(tmp_path / "no.pem")


@pytest.mark.parametrize("url", ["", "control", "ftp://x", "http://", "http://x:y", "http://u:p@x", "http://x/?a=1"])
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(OriginInvalid):
        read_origin(url)


@pytest.mark.parametrize(
    ("url", "authority", "shown"),
    [
        ("http://c", "c", "http://c"),
        ("https://c:443/", "c", "https://c"),
        ("http://[::1]:7070/a/", "[::1]:7070", "http://[::1]:7070/a"),
    ],
)
def test_where_a_url_leads(url: str, authority: str, shown: str) -> None:
    origin = read_origin(url)
    assert (origin.authority, origin.url) == (authority, shown)
