"""Requests that mean harm: each is answered or refused in little time, and leaves little behind."""

from __future__ import annotations

import gzip
import logging
import time
import tracemalloc
from pathlib import Path

import pytest

from mockops.contracts.service.load import load_contract
from mockops.core.clock import SystemClock
from mockops.core.exchange import MAX_FORM_ESCAPES, MAX_FORM_FIELDS, MAX_JSON_VALUES, NotJson, Request
from mockops.gateway.counters import Counters
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.message import Answer, RawRequest
from mockops.mocking.importers.stubs import stub_from_json
from mockops.publishing.model import Snapshot, TargetSnapshot

CONTRACT = """
openapi: 3.1.0
info: {title: Everything, version: "1"}
paths:
  /json:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {items: {type: array, uniqueItems: true}}}
      responses: {"200": {description: Fine.}}
  /form:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: string}}}}
          multipart/form-data: {schema: {type: object, properties: {a: {type: string}}}}
          application/xml: {schema: {type: object}}
      responses: {"200": {description: Fine.}}
  /find:
    get:
      parameters:
        - {name: tag, in: query, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          description: Fine.
          content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}
"""
SECONDS = 1.0
"""Far more than any takes, far less than each took."""
QUOTES = b'"\\' * 20_000
JSON, FORM, XML = b"application/json", b"application/x-www-form-urlencoded", b"application/xml"
MULTIPART = b"multipart/form-data; boundary=B"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = Path(tmp_path_factory.mktemp("hostile")) / "everything.yaml"
    path.write_text(CONTRACT)
    return load_contract(path).contract.to_bytes()


@pytest.fixture
def handler(compiled: bytes) -> MockHandler:
    stubs = tuple(
        stub_from_json({"id": f"b{n}", "match": {"path": "/json", "body": {"jsonpath": {"$.x": n}}}, "respond": {}})
        for n in range(40)
    )
    gateway = Gateway(clock=SystemClock(), journal_bytes=0)
    gateway.apply(Snapshot(targets=(TargetSnapshot(name="all", contract=compiled, stubs=stubs),)))
    handler = MockHandler(gateway)
    gateway.attach(handler)
    return handler


def ask(handler: MockHandler, url: bytes, body: bytes = b"", **headers: bytes) -> Answer:
    fields = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    method = b"POST" if body else b"GET"
    return handler.handle(RawRequest(method=method, url=url, headers=fields, body=body))


@pytest.mark.parametrize(
    ("url", "body", "headers", "status"),
    [
        (b"/json", b"[" * 100_000 + b"]" * 100_000, {"content_type": JSON}, 400),
        (b"/json", b'{"items":[' + b"[]," * 2_000_000 + b"1]}", {"content_type": JSON}, 400),
        (
            b"/json",
            gzip.compress(b"[" + b"{}," * 3_000_000 + b"1]"),
            {"content_type": JSON, "content_encoding": b"gzip"},
            400,
        ),
        (b"/json", b'{"a":"' + b"x" * 9_000_000, {"content_type": JSON}, 400),
        (b"/json", b"{}", {"content_type": JSON + b";a=" + QUOTES}, 200),
        (b"/form", b"a=" + b"%41" * 3_000_000, {"content_type": FORM}, 400),
        (b"/form", b"a=1&" * 2_000_000, {"content_type": FORM}, 200),
        (b"/form", b"x", {"content_type": b"multipart/form-data; boundary=" + QUOTES}, 400),
        (b"/form", b"--B\r\n" + b"-" * 9_000_000, {"content_type": MULTIPART}, 400),
        (b"/form", b"--B\r\n\r\n\r\n" * 500_000, {"content_type": MULTIPART}, 400),
        (b"/form", b"<r " + b" ".join(b'a%d=""' % n for n in range(500_000)) + b"/>", {"content_type": XML}, 400),
        (b"/find", b"", {"accept": b"a/b;c=" + QUOTES}, 406),
        (b"/find", b"", {"prefer": b"code=200;x=" + QUOTES}, 200),
        (b"/find?" + b"tag=1&" * 11_000, b"", {}, 200),
    ],
)
def test_what_is_built_to_take_long_does_not(
    handler: MockHandler, url: bytes, body: bytes, headers: dict[str, bytes], status: int
) -> None:
    ask(handler, url, b"{}" if body else b"", content_type=JSON)  # what is loaded on first use counts for nobody
    before = time.process_time()
    answer = ask(handler, url, body, **headers)
    assert time.process_time() - before < SECONDS
    assert answer.status == status, answer.body[:300]


def test_headers_that_are_never_the_same_leave_little_behind(handler: MockHandler) -> None:
    def send(number: int) -> None:
        word = b"%d" % number
        ask(handler, b"/json", b"{}", content_type=b"application/json;v=" + word + b"x" * 20_000)
        ask(handler, b"/json", b"{}", content_type=b"a/" + word + b"x" * 20_000)
        ask(handler, b"/find", accept=b"application/json, a/" + word + b"x" * 20_000)
        ask(handler, b"/find", prefer=b"wait=" + word + b"x" * 20_000)
        assert handler.kinds[b"x-" + word + b"x" * 20_000] == 0

    send(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, 101):
            send(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2 << 20  # five texts of 20 kB, a hundred times, would be ten megabytes


def test_media_types_are_counted_by_their_beginning(compiled: bytes) -> None:
    gateway = Gateway(clock=SystemClock(), journal_bytes=0)
    gateway.apply(Snapshot(targets=(TargetSnapshot(name="all", contract=compiled),)))
    handler = MockHandler(gateway)
    for number in range(20):
        ask(handler, b"/json", b"{}", content_type=b"application/" + b"x" * 20_000 + b"%d" % number)
    assert isinstance(gateway.counters, Counters)
    assert max(len(cell.dimensions.media_type) for cell in gateway.counters) == 100
    assert len(gateway.counters) == 1


def test_a_failure_is_logged_without_the_query(
    handler: MockHandler, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Answer:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(handler, "_handle", fail)
    with caplog.at_level(logging.ERROR):
        assert ask(handler, b"/find?api_key=hunter2").status == 500
    assert "/find" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_body_that_is_no_json_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(method="POST", path="/", body=b"[" * 10)
    for _ in range(2):
        with pytest.raises(NotJson):
            _ = request.json
    monkeypatch.setattr("mockops.core.exchange.decode_json", None)
    with pytest.raises(NotJson):
        _ = request.json


def test_bounds_are_told() -> None:
    values = Request(method="POST", path="/", body=b"[" + b"1," * (MAX_JSON_VALUES + 1) + b"1]")
    with pytest.raises(NotJson, match="more than 500,000 values"):
        _ = values.json
    assert Request(method="POST", path="/", body=b"a=1&" * MAX_FORM_FIELDS).form == ()
    assert Request(method="POST", path="/", body=b"a=" + b"%41" * (MAX_FORM_ESCAPES + 1)).form == ()
    assert Request(method="POST", path="/", body=b"a=%41&b=").form == (("a", "A"), ("b", ""))
