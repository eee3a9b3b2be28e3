"""Closing: no new connection, no answer lost that could still be given."""

from __future__ import annotations

import errno
import socket
import time
from typing import Any

import pytest

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode()


def test_idle_connections_are_closed_and_new_ones_refused(bench: Any) -> None:
    running = bench.serve()
    silent, spoken = bench.connect(running), bench.connect(running).send(GET)
    spoken.reply()
    closing = running.start(running.server.close(drain_s=5))
    assert silent.rest() == b""
    assert spoken.rest() == b""
    closing.result(5)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(running.address, timeout=2)


def test_answers_under_way_are_given_and_say_that_they_are_the_last(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wires = {path: bench.connect(running).send(get(path)) for path in ("/delay/100", "/future/100", "/dribble/100")}
    held = bench.connect(running).send(get("/held") + GET)
    wait(lambda: len(running.handler.seen) == 4)
    closing = running.start(running.server.close(drain_s=10))
    wait(lambda: running.server.is_draining)
    for path, wire in wires.items():
        reply = wire.reply()
        assert reply.told["url"] == path
        if "dribble" not in path:
            assert reply.headers["connection"] == "close"
        assert wire.rest() == b""
    running.release()
    assert "connection" not in held.reply().headers
    last = held.reply()
    assert last.told["url"] == "/a"
    assert last.headers["connection"] == "close"
    assert held.rest() == b""
    closing.result(5)


def test_a_request_half_sent_may_be_finished(bench: Any, wait: Any) -> None:
    running = bench.serve()
    bench.ask(running, get("/again"))
    data = get("/again")
    wire = bench.connect(running).send(data[:20])
    running.settle()
    closing = running.start(running.server.close(drain_s=10))
    wait(lambda: running.server.is_draining)
    assert wire.send(data[20:]).reply().headers["connection"] == "close"
    assert wire.rest() == b""
    closing.result(5)


def test_what_takes_longer_than_the_drain_is_cut(bench: Any, wait: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running).send(get("/held"))
    hold = bench.connect(running).send(get("/fault/timeout"))
    wait(lambda: len(running.handler.seen) == 2)
    start = time.monotonic()
    running.run(running.server.close(drain_s=0.1))
    assert 0.09 < time.monotonic() - start < 2
    assert running.connections == 0
    assert wire.rest() == b""
    assert hold.rest() == b""


def test_the_drain_timeout_is_a_limit(bench: Any, wait: Any) -> None:
    running = bench.serve(drain_timeout_s=0.05)
    bench.connect(running).send(get("/held"))
    wait(lambda: running.handler.held)
    running.run(running.server.close())
    assert running.connections == 0


def test_closing_twice_or_before_listening_is_no_mistake(bench: Any) -> None:
    from mockops.core.clock import SystemClock
    from mockops.gateway.http.server import Server

    running = bench.serve()
    running.run(running.server.close())
    running.run(running.server.close())
    running.run(Server(running.handler, clock=SystemClock()).close())


def test_a_port_in_use_is_an_error(bench: Any) -> None:
    from mockops.core.clock import SystemClock
    from mockops.gateway.http.server import Server

    running = bench.serve()
    other = Server(running.handler, clock=SystemClock())
    with pytest.raises(OSError, match="in use") as caught:
        running.run(other.listen(*running.address))
    assert caught.value.errno == errno.EADDRINUSE
    assert other._ticker is None


def test_several_servers_can_share_a_port(bench: Any) -> None:
    from mockops.core.clock import SystemClock
    from mockops.gateway.http.server import Server

    running = bench.serve()
    first, second = (Server(running.handler, clock=SystemClock()) for _ in range(2))
    host, port = running.run(first.listen("127.0.0.1", 0, share_port=True))
    assert running.run(second.listen(host, port, share_port=True)) == (host, port)
    for server in (first, second):
        running.run(server.close())
