"""Requests and answers as clients of every kind send and expect them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"


def get(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: here", *lines, "", ""]).encode()


def post(path: str, body: bytes, *lines: str) -> bytes:
    return get(path, *lines, f"Content-Length: {len(body)}", method="POST") + body


def chunked(path: str, body: bytes, *lines: str) -> bytes:
    return get(path, *lines, "Transfer-Encoding: chunked", method="POST") + body


def test_a_connection_serves_one_request_after_the_other(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    ids = set()
    for number in range(5):
        reply = wire.send(get(f"/{number}")).reply()
        assert reply.status == 200
        assert reply.told["url"] == f"/{number}"
        assert "connection" not in reply.headers
        assert reply.headers["date"].endswith("GMT")
        ids.add(reply.headers["mockops-request-id"])
    assert len(ids) == 5
    assert running.connections == 1


def test_repeatable_answers_come_from_the_handler_once(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    replies = [wire.send(get("/again/1", "Accept: a/b")).reply() for _ in range(4)]
    assert {reply.body for reply in replies} == {replies[0].body}
    assert len(running.handler.seen) == 1
    (answer,) = running.handler.answers.values()
    assert answer.cell is not None
    assert answer.cell.count == 4
    assert wire.send(get("/again/1", "Accept: c/d")).reply().told["headers"][1] == ["Accept", "c/d"]


def test_a_repeatable_answer_is_noted_with_its_own_request_where_requests_are_wanted(bench: Any) -> None:
    running = bench.serve()
    running.handler.wants_requests = True
    wire = bench.connect(running)
    for number in range(4):
        wire.send(get("/again", f"X-Number: {number}")).reply()
    for _number in range(4):
        wire.send(get("/again", "X-Number: same")).reply()
    noted = [dict(note[2].headers)[b"X-Number"] for note in running.handler.notes]
    assert noted == [b"0", b"1", b"2", b"3", *[b"same"] * 4]
    moments = [note[2].received_s for note in running.handler.notes]
    assert moments == sorted(set(moments))


def test_a_repeated_read_means_the_same_only_between_requests(bench: Any) -> None:
    running = bench.serve()
    again = get("/again")
    for _ in range(5):
        bench.connect(running).send(again).reply()
    wire = bench.connect(running).send(post("/p", again)[: -len(again)])
    running.settle()
    assert wire.send(again).reply().told["body"] == again.decode()
    assert wire.send(again).reply().told["url"] == "/again"
    wire.send(b"G")
    running.settle()
    assert wire.send(again).reply().status == 400


@pytest.mark.parametrize("tail", [b"G", b"GET / HTTP/1.1\r\n", b"\r\n"])
def test_a_read_that_holds_more_than_one_request_is_parsed_each_time(bench: Any, tail: bytes) -> None:
    running = bench.serve()
    bench.ask(running, get("/again"))
    for _ in range(5):
        wire = bench.connect(running).send(get("/again") + tail)
        assert wire.reply().status == 200
        running.settle()
        wire.send(GET[len(tail) :] if GET.startswith(tail) else b"Host: a\r\n\r\n" if tail[:1] == b"G" else GET)
        assert wire.reply().status == 200


def test_repeated_reads_follow_what_the_handler_learns_and_forgets(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    data = get("/again", "X-New: 1")
    for _ in range(5):
        wire.send(data).reply()
    assert len(running.handler.seen) == 1

    def learn() -> None:
        running.handler.kinds.learn(("x-new",))
        running.handler.answers.clear()

    running.call(learn)
    wire.send(get("/again")).reply()
    assert ["X-New", "1"] in wire.send(data).reply().told["headers"]
    assert len(running.handler.seen) == 3


def test_clients_that_never_repeat_themselves_are_served_all_the_same(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    for number in range(600):
        assert wire.send(get("/again", f"traceparent: {number}")).reply().status == 200
    assert len(running.handler.seen) == 1
    assert len(running.server.repeats) < 30
    for _ in range(600):
        assert wire.send(get("/again")).reply().status == 200
    (connection,) = running.server.connections
    assert connection._luck > 1


def test_a_guarded_answer_goes_only_to_bodies_it_is_meant_for(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    wire.send(post("/again", b"good")).reply()
    (answer,) = running.handler.answers.values()
    answer.guard = lambda body: body == b"good"
    for _ in range(3):
        assert wire.send(post("/again", b"good")).reply().told["body"] == "good"
    assert len(running.handler.seen) == 1
    assert wire.send(post("/again", b"bad!")).reply().told["body"] == "bad!"
    assert len(running.handler.seen) == 2


def test_pipelined_requests_are_answered_in_order_whatever_they_wait_for(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    paths = [
        "/delay/30",
        "/0",
        "/future/20",
        "/again/x",
        "/delay/1",
        "/again/x",
        "/held",
        "/again/x",
        "/dribble/20",
        "/1",
    ]
    wire.send(b"".join(get(path) for path in paths))
    for path in paths:
        if path == "/held":
            running.release()
            assert wire.reply().body == b"held"
        else:
            assert wire.reply().told["url"] == path


def test_each_answer_is_noted_once(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    paths = ["/delay/5", "/0", "/future/5", "/dribble/5", "/bytes/1000000", "/fault/empty_reply"]
    wire.send(b"".join(get(path) for path in paths)).rest()
    assert [note[2].url.decode() for note in running.handler.notes] == paths


def test_the_answer_to_head_says_the_length_and_sends_nothing(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    wire.send(get("/a", method="HEAD") + get("/again", method="HEAD") * 2 + get("/bytes/500000", method="HEAD") + GET)
    assert int(wire.reply(to_head=True).headers["content-length"]) > 0
    wire.reply(to_head=True)
    wire.reply(to_head=True)
    assert wire.reply(to_head=True).headers["content-length"] == "500000"
    assert wire.reply().told["method"] == "GET"


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body_and_no_length(bench: Any, status: int) -> None:
    wire = bench.connect(bench.serve()).send(get(f"/status/{status}") + GET)
    reply = wire.reply()
    assert reply.status == status
    assert "content-length" not in reply.headers
    assert wire.reply().told["url"] == "/a"


def test_http_1_0_is_answered_and_closed(bench: Any) -> None:
    wire = bench.connect(bench.serve()).send(b"GET /old HTTP/1.0\r\n\r\n")
    reply = wire.reply()
    assert reply.told["url"] == "/old"
    assert reply.headers["connection"] == "close"
    assert wire.rest() == b""


def test_http_1_0_stays_open_when_the_client_asks(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    for path in ("/a", "/again", "/again", "/bytes/300000"):
        reply = wire.send(get(path, "Connection: Keep-Alive", version="1.0")).reply()
        assert reply.headers["connection"] == "keep-alive"


@pytest.mark.parametrize("path", ["/a", "/delay/5", "/future/5", "/dribble/5", "/bytes/300000", "/again"])
def test_connection_close_is_honoured_and_said(bench: Any, path: str) -> None:
    running = bench.serve()
    bench.ask(running, get(path))
    wire = bench.connect(running).send(get(path, "Connection: close"))
    assert wire.reply().headers["connection"] == "close"
    assert wire.rest() == b""


@pytest.mark.parametrize("path", ["/a", "/delay/20"])
def test_nothing_after_connection_close_is_a_request(bench: Any, path: str) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get(path, "Connection: close") + GET)
    assert wire.reply().headers["connection"] == "close"
    assert wire.rest() == b""
    assert len(running.handler.seen) == 1


def test_chunked_bodies_lose_extensions_and_trailers(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    body = b'5;name=value;q="a;b"\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\nHost: evil\r\nUpgrade: h2c\r\n\r\n'
    wire.send(chunked("/c", body) + GET)
    told = wire.reply().told
    assert told["body"] == "hello!"
    assert told["headers"] == [["Host", "here"], ["Transfer-Encoding", "chunked"]]
    assert wire.reply().told["url"] == "/a"


def test_a_body_of_tiny_chunks_arrives(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    wire.send(chunked("/c", b"2\r\nab\r\n" * 20_000 + b"0\r\n\r\n"))
    assert wire.reply().told["body"] == "ab" * 20_000


def test_large_bodies_arrive(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    assert len(wire.send(post("/c", b"y" * 3_000_000)).reply().told["body"]) == 3_000_000
    assert wire.send(GET).reply().told["body"] == ""


def test_continue_is_said_before_the_body_comes(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    for framing, body in (("Content-Length: 5", b"hello"), ("Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n")):
        wire.send(get("/c", framing, "Expect: 100-Continue", method="POST"))
        assert wire.reply().status == 100
        assert wire.send(body).reply().told["body"] == "hello"


def test_continue_never_overtakes_an_earlier_answer(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    wire.send(get("/held") + get("/c", "Content-Length: 5", "Expect: 100-continue", method="POST"))
    wait(lambda: running.handler.held)
    running.release()
    assert wire.reply().body == b"held"
    assert wire.reply().status == 100
    assert wire.send(b"hello").reply().told["body"] == "hello"


def test_continue_is_not_said_once_the_body_is_here(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    wire.send(get("/held") + post("/c", b"hello", "Expect: 100-continue") + GET)
    running.release()
    assert wire.reply().body == b"held"
    replies = [wire.reply() for _ in range(2)]
    while replies[-1].told["url"] != "/a":
        replies.append(wire.reply())
    assert [reply.status for reply in replies if reply.status != 100] == [200, 200]
    assert replies[-2].told["body"] == "hello"


def test_http_1_0_expects_nothing(bench: Any) -> None:
    request = get("/c", "Content-Length: 2", "Expect: 100-continue", method="POST", version="1.0") + b"hi"
    assert bench.ask(bench.serve(), request).told["body"] == "hi"


def test_unknown_expectations_are_refused_before_the_body(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    reply = wire.send(get("/c", "Content-Length: 5", "Expect: a-miracle", method="POST")).reply()
    assert reply.status == 417
    assert wire.rest() == b""


JAVA = (
    "Connection: Upgrade, HTTP2-Settings",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    "Upgrade: h2c",
)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "request_bytes",
    [
        get("/j", *JAVA),
        post("/j", b"hello", *JAVA),
        chunked("/j", b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", *JAVA),
        get("/j", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    ],
)
def test_an_offer_to_upgrade_is_ignored_and_nothing_is_lost(bench: Any, request_bytes: bytes, whole: bool) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    if whole:
        wire.send(request_bytes + request_bytes + GET)
    else:
        for at in range(len(request_bytes)):
            wire.send(request_bytes[at : at + 1])
        wire.send(request_bytes + GET)
    for _ in range(2):
        told = wire.reply().told
        assert told["url"] == "/j"
        assert told["body"] == ("hello" if b"POST" in request_bytes else "")
        sent = [line.split(": ") for line in request_bytes.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]]
        assert told["headers"] == sent
    assert wire.reply().told["url"] == "/a"


def test_an_offer_to_upgrade_may_close_or_expect(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    wire.send(get("/j", "Upgrade: h2c", "Connection: Upgrade, close", "Content-Length: 2", "Expect: 100-continue"))
    assert wire.reply().status == 100
    reply = wire.send(b"hi" + GET).reply()
    assert reply.told["body"] == "hi"
    assert reply.headers["connection"] == "close"
    assert wire.rest() == b""


def test_many_offers_to_upgrade_in_one_read(bench: Any) -> None:
    wire = bench.connect(bench.serve())
    wire.send(get("/j", *JAVA) * 500 + GET)
    for _ in range(500):
        assert wire.reply().told["url"] == "/j"
    assert wire.reply().told["url"] == "/a"


def test_connect_is_refused(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(b"CONNECT here:443 HTTP/1.1\r\nHost: here:443\r\n\r\n" + GET)
    assert wire.reply().status == 405
    assert wire.rest() == b""
    assert running.handler.seen == []


@pytest.mark.parametrize("target", ["http://there:80/path?q=1", "/a?b=c&d=%20", "/%2F//..", "/a#b"])
def test_targets_reach_the_handler_as_sent(bench: Any, target: str) -> None:
    assert bench.ask(bench.serve(), get(target)).told["url"] == target


def test_options_of_the_server(bench: Any) -> None:
    assert bench.ask(bench.serve(), get("*", method="OPTIONS")).told["url"] == "*"


def test_blank_lines_between_requests_do_no_harm(bench: Any) -> None:
    wire = bench.connect(bench.serve()).send(b"\r\n\r\n" + GET + b"\r\n" + GET)
    assert wire.reply().told["url"] == "/a"
    assert wire.reply().told["url"] == "/a"


def test_a_client_that_closes_its_side_still_gets_its_answers(bench: Any) -> None:
    wire = bench.connect(bench.serve()).send(GET + get("/delay/20") + get("/future/10") + GET).finish()
    assert [wire.reply().told["url"] for _ in range(4)] == ["/a", "/delay/20", "/future/10", "/a"]
    assert wire.rest() == b""


def test_a_client_that_closes_its_side_gets_a_large_body(bench: Any) -> None:
    wire = bench.connect(bench.serve()).send(get("/bytes/5000000")).finish()
    assert len(wire.reply().body) == 5_000_000
    assert wire.rest() == b""


def test_a_handler_that_fails_is_logged_and_answered(bench: Any) -> None:
    bench.expects_log = True
    running = bench.serve()
    wire = bench.connect(running).send(get("/boom"))
    assert wire.reply().status == 500
    assert wire.rest() == b""


def test_a_future_that_fails_is_logged_and_answered(bench: Any, wait: Any) -> None:
    bench.expects_log = True
    running = bench.serve()
    for number, end in enumerate(
        (lambda future: future.set_exception(ValueError("boom")), lambda future: future.cancel())
    ):
        wire = bench.connect(running).send(get("/held") + GET)
        wait(lambda number=number: len(running.handler.held) > number)
        running.call(lambda number=number, end=end: end(running.handler.held[number]))
        assert wire.reply().status == 500
        assert wire.rest() == b""


@pytest.mark.parametrize("path", ["/a", "/delay/10"])
def test_a_mistake_in_the_gateway_ends_the_connection(bench: Any, caplog: pytest.LogCaptureFixture, path: str) -> None:
    bench.expects_log = True
    running = bench.serve()
    running.handler.note_error = ValueError("boom")
    wire = bench.connect(running).send(get(path))
    assert wire.rest() == b""
    assert any(record.exc_info is not None for record in caplog.records)
    running.handler.note_error = None
    assert bench.ask(running, GET).status == 200


def test_a_future_may_say_how_its_answer_leaves(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get("/held") + get("/held") + get("/held"))
    running.release(0, delay_s=0.02)
    assert wire.reply().body == b"held"
    running.release(1, body=b"slowly", dribble_s=0.02)
    assert wire.reply().body == b"slowly"
    running.release(2, fault="empty_reply")
    assert wire.rest() == b""


def test_an_answer_the_client_did_not_wait_for_is_noted(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get("/delay/60000"))
    wait(lambda: running.handler.seen)
    assert running.handler.notes == []
    wire.close()
    bench.connect(running).send(GET).reply()
    running.close()
    assert sorted(note[2].url for note in running.handler.notes) == [b"/a", b"/delay/60000"]


def test_a_future_nobody_waits_for_is_cancelled(bench: Any, wait: Any) -> None:
    running = bench.serve()
    bench.connect(running).send(get("/held"))
    wait(lambda: running.handler.held)
    running.close()
    assert running.handler.held[0].cancelled()


SCRIPT = (
    GET
    + post("/p", b"hello")
    + chunked("/c", b"5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")
    + get("/again")
    + get("/again")
    + get("/j", *JAVA)
    + post("/j", b"hello", *JAVA)
    + get("/head", method="HEAD")
    + get("/delay/1")
    + get("/last", "Connection: close")
)


def normal(answers: bytes) -> list[bytes]:
    """Take off what may differ: ids and dates."""
    lines = answers.split(b"\r\n")
    return [line for line in lines if not line.startswith((b"MockOps-Request-Id", b"Date"))]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, len(SCRIPT) - 1), max_size=30))
def test_however_requests_are_chopped_the_answers_are_the_same(bench: Any, cuts: list[int]) -> None:
    running, expected = _standing(bench)
    wire = bench.connect(running)
    edges = [0, *sorted(set(cuts)), len(SCRIPT)]
    for start, end in itertools.pairwise(edges):
        wire.send(SCRIPT[start:end])
        running.settle()
    assert normal(wire.rest()) == expected
    wire.close()


def test_cut_at_every_single_place_the_answers_are_the_same(bench: Any) -> None:
    running, expected = _standing(bench)
    for at in range(1, len(SCRIPT)):
        wire = bench.connect(running)
        wire.send(SCRIPT[:at])
        running.settle()
        wire.send(SCRIPT[at:])
        assert normal(wire.rest()) == expected, at
        wire.close()


def test_byte_by_byte_the_answers_are_the_same(bench: Any) -> None:
    running, expected = _standing(bench)
    wire = bench.connect(running)
    for at in range(len(SCRIPT)):
        wire.send(SCRIPT[at : at + 1])
        running.settle()
    assert normal(wire.rest()) == expected


def _standing(bench: Any) -> tuple[Any, list[bytes]]:
    """Return one server for all examples of a test, and what it answers to the script in one piece."""
    if not hasattr(bench, "standing"):
        running = bench.serve()
        expected = normal(bench.connect(running).send(SCRIPT).rest())
        assert sum(line.startswith(b"HTTP/1.1 200") or b"}HTTP/1.1 200" in line for line in expected) >= 10
        bench.standing = (running, expected)
    return bench.standing
