"""`mockops serve` under attack, as a process: it says what is wrong, and lives on."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import time
from urllib.parse import urlsplit

import pytest

FILTERS = """
openapi: 3.1.0
info: {title: Filters, version: "1"}
paths:
  /word:
    get: {responses: {"200": {description: A word.}}}
  /search:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Filter"}}}}
      responses: {"200": {description: Found.}}
components:
  schemas:
    Filter:
      oneOf:
        - {$ref: "#/components/schemas/And"}
        - {$ref: "#/components/schemas/Or"}
        - {type: object, required: [field], properties: {field: {type: string}}}
    And: &operands
      type: object
      required: [op, operands]
      properties: {operands: {type: array, items: {$ref: "#/components/schemas/Filter"}}, op: {const: and}}
    Or:
      <<: *operands
"""


@pytest.fixture
def filters(tmp_path):
    path = tmp_path / "filters.yaml"
    path.write_text(FILTERS)
    return path


def test_a_request_that_nests_alternatives_holds_up_nobody(serve, filters):
    served = serve(filters)
    attack = json.dumps({"field": 1})
    for _ in range(60):
        attack = f'{{"op":"and","operands":[{attack}]}}'
    before = time.monotonic()
    refused = served.ask("/search", method="POST", body=json.loads(attack))
    assert refused.status in (400, 422)
    assert served.ask("/word").status == 200
    assert time.monotonic() - before < 10
    assert served.stop() == 0
    assert "Traceback" not in served.err.text


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process")
def test_when_there_are_no_files_left_it_says_so_and_goes_on_later(serve, filters, eventually):
    import resource

    served = serve(filters)
    address = urlsplit(served.url)
    assert served.ask("/word").status == 200
    resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    with contextlib.ExitStack() as crowd:
        for _ in range(100):
            crowd.enter_context(socket.create_connection((address.hostname, address.port)))
        served.err.wait("connections are open, as many as this process may have")
        assert served.process.poll() is None

    def answers_again() -> bool:
        try:
            return served.ask("/word").status == 200
        except ConnectionError:  # out of files, the loop may close what waits to be accepted
            return False

    eventually(answers_again)
    assert served.stop() == 0


def test_a_corrupt_cache_is_no_cache(serve, filters, environment, tmp_path, monkeypatch):
    monkeypatch.setitem(environment, "MOCKOPS_CACHE_DIR", str(tmp_path / "cache"))
    assert serve(filters).ask("/word").status == 200
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])
    served = serve(filters)
    assert served.ask("/word").status == 200
    assert served.stop() == 0
    assert "Traceback" not in served.err.text
