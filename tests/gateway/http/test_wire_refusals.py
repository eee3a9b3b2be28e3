"""What is not HTTP/1.1 is refused, explained, and never takes part of the next request with it (RFC 9112 11.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"
EVIL = b"GET /evil HTTP/1.1\r\nHost: here\r\n\r\n"


def request(*lines: bytes, body: bytes = b"") -> bytes:
    return b"".join(line + b"\r\n" for line in (b"POST /p HTTP/1.1", b"Host: here", *lines)) + b"\r\n" + body


LENGTHS = [b"-3", b"+3", b"0x3", b"03", b"00", b"3, 3", b"3 3", b"3,4", b"", b"three", b"3.0", b"\x0b3", b"9" * 30]
CODINGS = [b"xchunked", b"chunked, identity", b"identity, chunked", b"gzip, chunked", b"identity", b"", b"chunked;q=1"]
CODINGS += [b", chunked", b'"chunked"', b"\x0bchunked", b"chunked\x00", b"chunkedchunked", b"chunked, chunked"]

SMUGGLING = {
    "length and coding": request(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "coding and length": request(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n"),
    "length twice": request(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"),
    "lengths differ": request(b"Content-Length: 3", b"Content-Length: 30", body=b"abc"),
    "coding twice": request(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "two codings": request(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "folded": request(b"X: a", b" b"),
    "folded coding": request(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"),
    "tab before a field": request(b"\tX: a"),
    "space before the colon": request(b"Content-Length : 3", body=b"abc"),
    "space in a name": request(b"Content Length: 3", body=b"abc"),
    "no colon": request(b"Content-Length", body=b"abc"),
    "empty name": request(b": a"),
    "bare LF": b"GET /p HTTP/1.1\nHost: here\n\n",
    "bare LF after a field": b"GET /p HTTP/1.1\r\nHost: here\nX: y\r\n\r\n",
    "bare LF at the end": b"GET /p HTTP/1.1\r\nHost: here\r\n\n",
    "bare CR": b"GET /p HTTP/1.1\r\nHost: here\rX: y\r\n\r\n",
    "bare CR at the end": b"GET /p HTTP/1.1\r\nHost: here\r\n\rX",
    "NUL in a value": request(b"X: a\x00b"),
    "control character": request(b"X: a\x01b"),
    "NUL in a name": request(b"X\x00: a"),
    "non-ASCII name": request("Ü: a".encode()),
    "no host": b"GET /p HTTP/1.1\r\nX: y\r\n\r\n",
    "two hosts": request(b"Host: there"),
    "the same host twice": request(b"Host: here"),
    "a host with a path": b"GET /p HTTP/1.1\r\nHost: here/there\r\n\r\n",
    "a host with a space": b"GET /p HTTP/1.1\r\nHost: here, there\r\n\r\n",
    "a host with a user": b"GET /p HTTP/1.1\r\nHost: me@here\r\n\r\n",
    "two hosts in 1.0": b"GET /p HTTP/1.0\r\nHost: here\r\nHost: here\r\n\r\n",
    "coding in 1.0": b"POST /p HTTP/1.0\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk too long": request(b"Transfer-Encoding: chunked", body=b"2\r\nabc\r\n0\r\n\r\n"),
    "chunk too short": request(b"Transfer-Encoding: chunked", body=b"4\r\nabc\r\n0\r\n\r\n"),
    "chunk size negative": request(b"Transfer-Encoding: chunked", body=b"-3\r\nabc\r\n0\r\n\r\n"),
    "chunk size with 0x": request(b"Transfer-Encoding: chunked", body=b"0x3\r\nabc\r\n0\r\n\r\n"),
    "chunk size empty": request(b"Transfer-Encoding: chunked", body=b"\r\nabc\r\n0\r\n\r\n"),
    "chunk size huge": request(b"Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\nabc\r\n0\r\n\r\n"),
    "chunk with bare LF": request(b"Transfer-Encoding: chunked", body=b"3\nabc\n0\n\n"),
    "chunk extension with bare LF": request(b"Transfer-Encoding: chunked", body=b"3;a\nabc\r\n0\r\n\r\n"),
    "length among the trailers": request(b"Transfer-Encoding: chunked", body=b"0\r\nContent-Length: 5\r\n\r\n"),
    **{f"length {value!r}": request(b"Content-Length: " + value, body=b"abc") for value in LENGTHS},
    **{f"coding {value!r}": request(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n") for value in CODINGS},
}

MALFORMED = {
    "no method": b" / HTTP/1.1\r\nHost: here\r\n\r\n",
    "unknown method": b"FETCH / HTTP/1.1\r\nHost: here\r\n\r\n",
    "lower-case method": b"get / HTTP/1.1\r\nHost: here\r\n\r\n",
    "no version": b"GET /\r\nHost: here\r\n\r\n",
    "a space in the URL": b"GET /a b HTTP/1.1\r\nHost: here\r\n\r\n",
    "NUL in the URL": b"GET /\x00 HTTP/1.1\r\nHost: here\r\n\r\n",
    "relative URL": b"GET a HTTP/1.1\r\nHost: here\r\n\r\n",
    "tabs": b"GET\t/\tHTTP/1.1\r\nHost: here\r\n\r\n",
    "wrong protocol": b"GET / HTTQ/1.1\r\nHost: here\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\nHost: here\r\n\r\n",
    "binary": bytes(range(256)) * 8,
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("bad", [pytest.param(bad, id=name) for name, bad in {**SMUGGLING, **MALFORMED}.items()])
def test_bad_requests_are_refused_and_nothing_after_them_is_one(bench: Any, bad: bytes) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(GET + bad + EVIL)
    assert wire.reply().told["url"] == "/a"
    reply = wire.reply()
    assert reply.status in (400, 413, 505)
    assert (reply.status == 413) == (b"9" * 30 in bad) or reply.status == 400
    assert reply.headers["connection"] == "close"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.told["detail"]
    assert wire.rest() == b""
    assert [seen.url for seen in running.handler.seen] == [b"/a"]


@pytest.mark.parametrize("bad", [pytest.param(SMUGGLING[name], id=name) for name in ("two hosts", "length and coding")])
def test_a_refusal_comes_after_the_answers_before_it(bench: Any, bad: bytes) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(GET.replace(b"/a", b"/held") + GET + bad + EVIL)
    running.release()
    assert wire.reply().body == b"held"
    assert wire.reply().told["url"] == "/a"
    assert wire.reply().status == 400
    assert wire.rest() == b""


@pytest.mark.parametrize("version", [b"0.9", b"2.0"])
@pytest.mark.parametrize("field", [b"X: y", b"Connection: keep-alive"])
def test_other_versions_are_refused(bench: Any, version: bytes, field: bytes) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(b"GET /p HTTP/" + version + b"\r\nHost: here\r\n" + field + b"\r\n\r\n")
    assert wire.reply().status == 505
    assert wire.rest() == b""
    assert running.handler.seen == []


def test_other_protocols_are_told_what_this_is(bench: Any) -> None:
    running = bench.serve()
    for hello, word in (
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), "HTTP/2"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), "TLS"),
    ):
        wire = bench.connect(running).send(hello)
        reply = wire.reply()
        assert reply.status == 400
        assert word in reply.told["detail"]
        assert wire.rest() == b""


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_host_may_be_empty_or_odd(bench: Any, version: bytes) -> None:
    running = bench.serve()
    for host in (b"", b"[::1]:80", b"a_b.localhost:8080", b"b\xc3\xbccher.localhost", b"1.2.3.4"):
        head = b"GET /p HTTP/" + version + b"\r\nHost: " + host + b"\r\n\r\n"
        assert bench.ask(running, head).status == 200


PIECES = [
    *(b"GET ", b"POST ", b"CONNECT ", b"/a ", b"HTTP/1.1", b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"0", b"5", b":", b" "),
    *(b"Host: a\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
    *(b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"Expect: 100-continue\r\n", b"hello", b"\x00", b"\xff", GET),
    *(b"GET /delay/1 HTTP/1.1\r\n", b"GET /again HTTP/1.1\r\n", b"POST /a HTTP/1.0\r\n", b"PRI * HTTP/2.0\r\n\r\n"),
]
NOISE = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [
                b"GET ",
                b"POST ",
                b"/a ",
                b"HTTP/1.1",
                b"\r\n",
                b"\r",
                b"\n",
                b"Host: a\r\n",
                b"\r\n\r\n",
                b"0",
                b"5",
                b":",
                b"Content-Length: 5\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Upgrade: h2c\r\nConnection: upgrade\r\n",
                b"hello",
                b" ",
                b"\x00",
                b"\xff",
                b"Expect: 100-continue\r\n",
                b"Connection: close\r\n",
                GET,
                b"CONNECT ",
                b"GET /delay/1 HTTP/1.1\r\n",
                b"GET /again HTTP/1.1\r\n",
                b"POST /a HTTP/1.0\r\n",
                b"PRI * HTTP/2.0\r\n\r\n",
            ]
        ),
        max_size=25,
    ).map(b"".join),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=NOISE, cut=st.integers(0, 300))
@example(noise=GET * 50 + b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", cut=70)
def test_no_noise_harms_the_server(bench: Any, noise: bytes, cut: int) -> None:
    if not hasattr(bench, "standing"):
        bench.standing = bench.serve()
    running = bench.standing
    wire = bench.connect(running)
    try:
        wire.send(noise[:cut])
        running.settle()
        wire.send(noise[cut:]).finish()
        wire.rest()
    except (ConnectionResetError, BrokenPipeError):
        pass
    wire.close()
    assert bench.ask(running, GET).status == 200
    assert running.errors == []


def test_what_ends_within_a_request_is_told_so(bench: Any, wait: Any) -> None:
    running = bench.serve()
    for part in (b"GE", GET[:-2], request(b"Content-Length: 5", body=b"ab"), request(b"Transfer-Encoding: chunked")):
        wire = bench.connect(running).send(part).finish()
        reply = wire.reply()
        assert reply.status == 400
        assert json.loads(reply.body)["code"] == "gateway.request_incomplete"
        assert wire.rest() == b""
    for part in (GET[:-2], request(b"Content-Length: 5", body=b"ab")):
        bench.connect(running).send(part).close()
    assert bench.ask(running, GET).status == 200  # accepted after those above
    wait(lambda: running.connections == 0)
    assert len(running.handler.seen) == 1


def test_a_connection_without_a_word_is_closed_without_a_word(bench: Any) -> None:
    assert bench.connect(bench.serve()).finish().rest() == b""
