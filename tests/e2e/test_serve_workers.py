"""Several processes on one port look like one: journal, counters, stubs, reloads; and die like one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
import trustme

PETSTORE = Path(__file__).parents[2] / "examples" / "petstore.yaml"
WORKERS = 3


def followers(served) -> list[psutil.Process]:
    return [each for each in psutil.Process(served.process.pid).children() if each.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def crew(serve):
    served = serve(PETSTORE, "--workers", str(WORKERS))
    served.out.wait(f"workers: {WORKERS} processes")
    return served


def spread(served, path: str, times: int = 40) -> list[int]:
    """Ask on many connections, so that every process gets some; return the statuses."""
    return [served.ask(path).status for _ in range(times)]


def count(served) -> int:
    return served.admin_ask("/api/v1/requests/count", method="POST", body={}).json["count"]


def test_what_was_answered_anywhere_is_seen_at_once(crew):
    answered = {}
    for number in range(60):
        answer = crew.ask(f"/pets/{number + 1}")
        answered[answer.headers["mockops-request-id"]] = number + 1
        if number % 20 == 0:
            assert count(crew) == number + 1
    assert len({each.partition("-")[0] for each in answered}) == WORKERS, "every process answered some"
    seen = crew.admin_ask("/api/v1/requests?limit=100").json["requests"]
    assert [answered[each["id"]] for each in seen] == list(range(60, 0, -1)), "newest first, wherever it was answered"
    numbers = [each["number"] for each in seen]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 60
    assert crew.admin_ask("/api/v1/requests", method="DELETE").status in (200, 204)
    assert count(crew) == 0
    crew.ask("/pets")
    assert count(crew) == 1
    metrics = crew.admin_ask("/metrics").body.decode()
    total = sum(
        int(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith("mockops_requests_total")
    )
    assert total == 61, "metrics never go back"


def test_a_stub_added_or_removed_holds_everywhere_at_once(crew):
    for round_number in range(3):
        stub = {"id": "hi", "match": {"method": "GET", "path": "/hello"}, "respond": {"text": f"hi {round_number}"}}
        assert crew.admin_ask("/api/v1/stubs", method="POST", body=stub).status == 201
        assert set(spread(crew, "/hello")) == {200}
        assert crew.admin_ask("/api/v1/stubs/hi").json["hits"] >= 40
        stub["respond"] = {"status": 418}
        assert crew.admin_ask("/api/v1/stubs/hi", method="PUT", body=stub).status == 200
        assert set(spread(crew, "/hello")) == {418}
        assert crew.admin_ask("/api/v1/stubs/hi", method="DELETE").status == 204
        assert set(spread(crew, "/hello")) == {404}
    crew.admin_ask("/api/v1/stubs", method="POST", body=stub)
    assert crew.admin_ask("/api/v1/reset", method="POST").status == 204
    assert set(spread(crew, "/hello")) == {404}


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ({"times": 1}, "times"),
        ({"weight": 1}, "weight"),
        ({"set_state": {"a": "b"}}, "set_state"),
        ({"match": {"path": "/x", "state": {"a": "b"}}}, "match.state"),
    ],
)
def test_a_stub_that_remembers_is_refused(shared, part, word):
    stub = {"match": {"method": "GET", "path": "/x"}, "respond": {"text": "x"}, **part}
    plain = {"id": "plain", "match": {"method": "GET", "path": "/x"}, "respond": {"text": "x"}}
    answer = shared.admin_ask("/api/v1/stubs", method="POST", body=[plain, stub])
    assert answer.status == 409
    assert answer.json["code"] == "gateway.needs_one_worker"
    assert f"`{word}`" in answer.json["detail"]
    assert "--workers 1" in answer.json["detail"]
    assert shared.admin_ask("/api/v1/stubs").json["total"] == 0, "all or none"
    assert set(spread(shared, "/x", 12)) == {404}


@pytest.fixture(scope="module")
def shared(serve_once):
    served = serve_once(PETSTORE, "--workers", "2")
    served.out.wait("workers: 2 processes")
    return served


def test_a_killed_follower_is_replaced_and_knows_everything(crew, eventually):
    stub = {"match": {"method": "GET", "path": "/hello"}, "respond": {"text": "hi"}}
    crew.admin_ask("/api/v1/stubs", method="POST", body=stub)
    before = spread(crew, "/pets")
    assert count(crew) == len(before)  # told, so not lost with the process
    victim = followers(crew)[0]
    started = time.monotonic()
    victim.kill()
    crew.err.wait("another one is started")
    eventually(lambda: len(followers(crew)) == WORKERS - 1 and victim.pid not in {each.pid for each in followers(crew)})
    assert time.monotonic() - started < 5
    eventually(
        lambda: len({crew.ask("/pets").headers["mockops-request-id"].partition("-")[0] for _ in range(30)}) == WORKERS
    )
    assert set(spread(crew, "/hello")) == {200}
    assert count(crew) > len(before)


def test_a_supervisor_that_signals_all_processes_loses_no_answer(serve, tmp_path):
    (tmp_path / "stubs").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: slow\n")
    slow = "id: slow\nmatch: {path: /slow}\nrespond: {text: patience}\ndelay: 1s\n"
    (tmp_path / "stubs" / "slow.yaml").write_text(slow)
    served = serve(tmp_path, "--workers", "2")
    port = int(served.out.wait(r"http://127\.0\.0\.1:(\d+)")[1])
    served.out.wait("workers: 2 processes")
    waiting = []
    head = b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in range(6):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(b"GET /nothing" + head + b"GET /slow" + head)
        first = http.client.HTTPResponse(connection)
        first.begin()
        first.read()
        waiting.append(connection)
    for process in (*followers(served), psutil.Process(served.process.pid)):
        process.terminate()
    for connection in waiting:
        with connection, http.client.HTTPResponse(connection) as answer:
            answer.begin()
            assert answer.read() == b"patience"
    assert served.process.wait(30) == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_followers_do_not_outlive_their_leader(crew, how):
    left = followers(crew)
    assert len(left) == WORKERS - 1
    os.kill(crew.process.pid, how)
    assert crew.process.wait(30) == (0 if how is signal.SIGTERM else -how)
    assert psutil.wait_procs(left, timeout=10)[1] == []


def test_a_stopped_follower_holds_nobody_up_for_long(crew):
    stuck = followers(crew)[0]
    stuck.suspend()
    try:
        started = time.monotonic()
        assert crew.admin_ask("/health").status == 200
        assert time.monotonic() - started < 1
        assert crew.admin_ask("/state").status == 200
        assert time.monotonic() - started < 6
        crew.err.wait("did not answer within")
    finally:
        stuck.resume()


def test_what_remembers_is_refused_at_the_start_all_at_once(serve, tmp_path):
    served = serve("examples/shop", "--workers", "2")
    assert served.process.wait(30) == 1
    for word in (
        "`times`",
        "`weight`",
        "'checkout-declined' with states",
        "'newcomer' with a lifecycle",
        "--workers 1",
    ):
        assert word in served.err.text
    served = serve(PETSTORE, "--workers", "2", "--stateful")
    assert served.process.wait(30) == 1
    assert "--stateful" in served.err.text


def test_an_edit_that_remembers_is_not_served(serve, tmp_path, write_contract):
    (tmp_path / "stubs").mkdir()
    (tmp_path / "workspace.yaml").write_text("name: words\n")
    write_contract(tmp_path / "contract.yaml", "word")
    served = serve(tmp_path, "--watch", "--workers", "2")
    assert served.ask("/word").json == "word"
    (tmp_path / "stubs" / "once.yaml").write_text("id: once\nmatch: {path: /word}\nrespond: {text: x}\ntimes: 1\n")
    served.err.wait("stub 'once' with `times`")
    assert {served.ask("/word").json for _ in range(10)} == {"word"}


def test_all_of_them_speak_tls(serve, tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    served = serve(PETSTORE, "--workers", "2", "--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    served.out.wait("workers: 2 processes")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    ids = set()
    for _ in range(20):
        with urllib.request.urlopen(served.url + "/pets", context=context, timeout=30) as answer:
            assert json.loads(answer.read())
            ids.add(answer.headers["MockOps-Request-Id"].partition("-")[0])
    assert len(ids) == 2
