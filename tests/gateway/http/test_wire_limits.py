"""Whatever a client sends or leaves undone, what it costs is bounded, and others are served."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode()


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def push(wire: Any, data: bytes) -> None:
    """Send as much as the server takes."""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        wire.send(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (get("/a", "X: " + "y" * 1_000_000), 431),
        (get("/a", *[f"X-{number}: y" for number in range(100_000)]), 431),
        (b"GET /a HTTP/1.1\r\nHost: here\r\n" + b"a:\r\n" * 100_000, 431),
        (get("/" + "u" * 1_000_000), 414),
        (b"GET /" + b"u" * 200_000, 414),
        (get("/a", "X: " + "y" * 66_000), 431),
        (get("/a", "Transfer-Encoding: chunked", method="POST") + b"1;" + b"e" * 1_000_000, 431),
        (get("/a", "Transfer-Encoding: chunked", method="POST") + b"0\r\n" + b"X: y\r\n" * 100_000, 431),
    ],
)
def test_heads_past_the_limit_are_refused(bench: Any, data: bytes, status: int) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    push(wire, data)
    reply = wire.reply()
    assert reply.status == status
    assert reply.headers["connection"] == "close"
    assert wire.rest() == b""
    assert running.handler.seen == []
    assert bench.ask(running, GET).status == 200


def test_heads_up_to_the_limit_are_taken(bench: Any) -> None:
    running = bench.serve()
    wire = bench.connect(running)
    for _ in range(3):
        assert wire.send(get("/a", "X: " + "y" * 60_000)).reply().status == 200
        assert wire.send(get("/" + "u" * 60_000)).reply().status == 200


@pytest.mark.parametrize("size", [900, 1100])
def test_a_small_limit_is_exact_also_in_a_pipeline(bench: Any, size: int) -> None:
    running = bench.serve(max_head_bytes=1000)
    wire = bench.connect(running)
    wire.send(GET * 200 + get("/a", "X: " + "y" * size)[:-1])
    for _ in range(200):
        wire.reply()
    running.settle()
    wire.send(b"\n")
    assert wire.reply().status == (200 if size == 900 else 431)


@pytest.mark.parametrize("earlier", [b"", get("/delay/20")])
def test_a_body_announced_too_large_is_refused_before_it_comes(bench: Any, earlier: bytes) -> None:
    wire = bench.connect(bench.serve(max_body_bytes=1000))
    wire.send(earlier + get("/p", "Content-Length: 1001", "Expect: 100-continue", method="POST"))
    if earlier:
        assert wire.reply().status == 200
    assert wire.reply().status == 413
    assert wire.rest() == b""


def test_a_body_of_exactly_the_limit_is_taken(bench: Any) -> None:
    running = bench.serve(max_body_bytes=1000)
    wire = bench.connect(running)
    wire.send(get("/p", "Content-Length: 1000", method="POST") + b"x" * 1000)
    assert len(wire.reply().told["body"]) == 1000
    wire.send(get("/p", "Transfer-Encoding: chunked", method="POST") + b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")
    assert len(wire.reply().told["body"]) == 1000


@pytest.mark.parametrize("framing", ["Content-Length: 20000000", "Transfer-Encoding: chunked"])
def test_a_client_that_keeps_sending_reads_the_413(bench: Any, framing: str) -> None:
    running = bench.serve(max_body_bytes=100_000)
    wire = bench.connect(running)
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n" if "chunked" in framing else b"x" * 65536
    wire.send(get("/p", framing, method="POST") + piece * 300)  # all of it is taken: 20 MB
    assert wire.reply().status == 413
    assert wire.rest() == b""


def test_a_client_that_never_stops_sending_is_cut_off(bench: Any) -> None:
    running = bench.serve(max_body_bytes=1000, max_linger_s=0.2)
    wire = bench.connect(running)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        wire.send(get("/p", "Transfer-Encoding: chunked", method="POST"))
        while True:
            wire.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def test_a_refused_client_that_falls_silent_is_closed(bench: Any, wait: Any) -> None:
    running = bench.serve(linger_timeout_s=0.1)
    wire = bench.connect(running).send(b"nonsense\r\n\r\n")
    assert wire.reply().status == 400
    wait(lambda: running.connections == 0)


@pytest.mark.parametrize("start", [b"G", GET[:-2], GET + b"G"])
def test_a_head_that_takes_too_long_is_told_so(bench: Any, start: bytes) -> None:
    wire = bench.connect(bench.serve(head_timeout_s=0.1)).send(start)
    if start.startswith(GET):
        assert wire.reply().status == 200
    assert wire.reply().status == 408
    assert wire.rest() == b""


def test_a_head_gains_no_time_by_dripping(bench: Any) -> None:
    running = bench.serve(head_timeout_s=0.15)
    wire = bench.connect(running).send(GET + b"GET / HTTP/1.1\r\nX: ")
    assert wire.reply().status == 200
    wire.sock.settimeout(0.01)
    for _ in range(1000):
        push(wire, b"x")
        try:
            wire.unread = wire.sock.recv(1 << 16)
            break
        except TimeoutError:
            continue
    assert wire.reply().status == 408


def test_a_body_that_stops_is_told_so_and_one_that_goes_on_is_not(bench: Any) -> None:
    running = bench.serve(body_timeout_s=0.2, head_timeout_s=0.2)
    wire = bench.connect(running).send(get("/p", "Content-Length: 20", method="POST"))
    pause = threading.Event()
    for _ in range(20):
        wire.send(b"x")
        pause.wait(0.02)
    assert wire.reply().status == 200
    wire.send(get("/p", "Content-Length: 20", method="POST") + b"x")
    assert wire.reply().status == 408
    assert wire.rest() == b""


def test_a_connection_between_requests_is_closed_in_time(bench: Any) -> None:
    running = bench.serve(idle_timeout_s=0.1)
    assert bench.connect(running).rest() == b""
    assert bench.connect(running).send(b"\r\n").rest() == b""
    wire = bench.connect(running).send(GET)
    assert wire.reply().status == 200
    assert wire.rest() == b""


def test_no_timeout_strikes_while_an_answer_is_waited_for_nor_right_after(bench: Any) -> None:
    running = bench.serve(idle_timeout_s=0.15, head_timeout_s=0.15, write_timeout_s=0.15)
    wire = bench.connect(running)
    assert wire.send(get("/delay/350") + GET[:10]).reply().status == 200
    assert wire.send(GET[10:]).reply().status == 200
    assert wire.send(get("/dribble/350")).reply().status == 200


def test_a_client_that_never_reads_is_cut_off_and_others_are_served(bench: Any, wait: Any) -> None:
    running = bench.serve(write_timeout_s=0.5)
    running.handler.bodies[50_000_000] = b"x" * 50_000_000
    lazy = bench.connect(running, receive_bytes=4096).send(get("/bytes/50000000"))
    wait(lambda: running.handler.seen)
    assert bench.ask(running, GET).status == 200
    wait(lambda: running.connections == 0)
    lazy.close()


def test_a_client_that_never_reads_its_many_answers_is_not_read_from(bench: Any, wait: Any) -> None:
    running = bench.serve(write_timeout_s=0.5)
    bench.connect(running).send(get("/again", "X: " + "y" * 10_000)).reply()
    lazy = bench.connect(running, receive_bytes=4096)
    lazy.sock.settimeout(3)
    with pytest.raises((TimeoutError, ConnectionResetError, BrokenPipeError)):
        while True:
            lazy.send(get("/again", "X: " + "z" * 10) * 1000)
    wait(lambda: running.connections <= 1)


def test_a_slow_reader_gets_all_of_a_large_body_in_bounded_memory(bench: Any) -> None:
    running = bench.serve(write_timeout_s=1.0)
    size = 50_000_000
    running.handler.bodies[size] = b"x" * size
    wires = [bench.connect(running, receive_bytes=65536).send(get(f"/bytes/{size}")) for _ in range(3)]
    firsts = [wire.sock.recv(1000) for wire in wires]
    gc.collect()
    before = rss_bytes()
    pause = threading.Event()
    most = 0
    left = [size - len(first.partition(b"\r\n\r\n")[2]) for first in firsts]
    buffer = bytearray(1 << 20)
    rounds = 0
    while any(left):
        for index, wire in enumerate(wires):
            if left[index]:
                left[index] -= wire.sock.recv_into(buffer)
        rounds += 1
        if rounds % 200 == 0:
            most = max(most, rss_bytes())
            pause.wait(0.001)
    assert left == [0, 0, 0]
    assert most - before < 20_000_000


def test_ten_thousand_requests_behind_a_late_answer(bench: Any, wait: Any) -> None:
    running = bench.serve()
    gc.collect()
    before = rss_bytes()
    wire = bench.connect(running)
    total = 10_000
    data = get("/held") + b"".join(get(f"/{number}", "X: " + "y" * 400) for number in range(total))
    sender = threading.Thread(target=wire.send, args=(data,))
    sender.start()
    wait(lambda: running.handler.held)
    for _ in range(50):
        running.settle()
    assert len(running.handler.seen) == 1
    assert rss_bytes() - before < len(data) + 20_000_000
    running.release()
    assert wire.reply().body == b"held"
    for number in range(total):
        assert wire.reply().told["url"] == f"/{number}"
    sender.join()


def test_tiny_pipelined_requests_are_not_all_parsed_ahead(bench: Any, wait: Any) -> None:
    running = bench.serve()
    tiny = b"GET / HTTP/1.1\r\nHost:\r\n\r\n"
    wire = bench.connect(running).send(get("/held") + tiny * 8000)
    wait(lambda: running.handler.held)
    running.settle()
    (connection,) = running.server.connections
    assert len(connection._queue) < 1000
    running.release()
    assert wire.reply().body == b"held"
    for _ in range(8000):
        assert wire.reply().told["url"] == "/"


def test_one_connection_too_many_is_closed_at_once(bench: Any, wait: Any) -> None:
    running = bench.serve(max_connections=3)
    wires = [bench.connect(running).send(GET) for _ in range(3)]
    for wire in wires:
        assert wire.reply().status == 200
    with pytest.raises((ConnectionResetError, AssertionError, BrokenPipeError)):
        bench.ask(running, GET)
    wires[0].close()
    wait(lambda: running.connections == 2)
    assert bench.ask(running, GET).status == 200


def test_two_thousand_answers_wait_at_the_same_time(bench: Any, wait: Any) -> None:
    running = bench.serve()
    total = 2000
    wires = []
    for _ in range(total):
        sock = socket.create_connection(running.address)
        sock.sendall(get("/delay/400"))
        wires.append(sock)
    for sock in wires:
        sock.settimeout(20)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    assert len(running.handler.notes) == total
    for sock in wires:
        sock.close()
    wait(lambda: running.connections == 0)


def test_looking_at_ten_thousand_connections_does_not_hold_up_the_loop(bench: Any) -> None:
    from mockops.gateway.http import connection as module
    from mockops.gateway.http import server as server_module

    running = bench.serve(idle_timeout_s=1000.0)

    def fill() -> None:
        crowd = [module.Connection(running.server) for _ in range(10_000)]
        running.server.connections.update(crowd)
        running.server._tick()

    looked = []
    running.call(fill)
    assert len(running.server._unswept) <= 10_000 - server_module._SWEEP_SLICE
    for _ in range(60):
        looked.append(len(running.server._unswept))
        running.settle()
    assert looked[-1] == 0
    running.call(running.server.connections.clear)


def test_memory_stays_bounded_under_abuse(bench: Any) -> None:
    running = bench.serve()

    def abuse() -> None:
        for data in (
            get("/a", "X: " + "y" * 300_000),
            get("/" + "u" * 300_000),
            b"\x00" * 100_000,
            get("/p", "Transfer-Encoding: chunked", method="POST") + b"1\r\nx\r\n" * 20_000,
            get("/p", "Content-Length: 9000000", method="POST") + b"x" * 500_000,
            GET * 2000,
        ):
            wire = bench.connect(running)
            push(wire, data)
            wire.close()

    abuse()
    gc.collect()
    before = rss_bytes()
    for _ in range(10):
        abuse()
    running.handler.seen.clear()
    running.handler.notes.clear()
    assert bench.ask(running, GET).status == 200
    gc.collect()
    assert rss_bytes() - before < 40_000_000
