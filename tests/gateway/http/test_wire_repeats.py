"""What is remembered of former reads is exact and bounded."""

from __future__ import annotations

from mockops.gateway.http.message import Answer, RawRequest
from mockops.gateway.http.repeats import Repeats

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"


def answer(size: int = 10) -> Answer:
    return Answer(status=200, headers=(), body=b"x" * size)


def request(body: bytes = b"") -> RawRequest:
    return RawRequest(method=b"POST", url=b"/", headers=[], body=body)


def test_only_reads_of_exactly_one_request_are_remembered() -> None:
    repeats = Repeats()
    repeats.learn(HEAD + b"hi", request(b"hi"), answer())
    assert list(repeats) == [HEAD + b"hi"]
    for data, body in ((HEAD + b"hiG", b"hi"), (b"\r\n\r\n" + HEAD, b""), (HEAD + b"\r\n", b"")):
        repeats.learn(data, request(body), answer())
    assert len(repeats) == 1


def test_large_requests_and_answers_are_not_remembered() -> None:
    repeats = Repeats()
    repeats.learn(b"x" * 3000 + b"\r\n\r\n", request(), answer())
    repeats.learn(HEAD, request(), answer(10_000))
    assert not repeats


def test_memory_is_bounded() -> None:
    repeats = Repeats(max_bytes=100_000)
    for number in range(1000):
        repeats.learn(b"GET /%d HTTP/1.1\r\n\r\n" % number, request(), answer(1000))
        assert len(repeats) < 50
    assert repeats
