"""What a request gets that nothing answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.documents import read_document
from mockops.core.exchange import Request
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.rules.lookup import StubIndex
from mockops.mocking.rules.match import Subject
from mockops.mocking.rules.operations import OperationCache, Operations
from mockops.mocking.rules.unmatched import explain_unmatched

if TYPE_CHECKING:
    from mockops.mocking.model import Reply

CONTRACT = b"""
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /pets:
    get: {operationId: listPets, responses: {'200': {description: d}}}
    post: {responses: {'201': {description: d}}}
  /jobs: {post: {responses: {'201': {description: d}}}}
"""


@pytest.fixture(scope="module")
def operations() -> Operations:
    imported = import_contract(read_document(CONTRACT, "a.yaml"), pytest.fail)
    return Operations(compile_contract(imported), OperationCache())


def explained(operations: Operations, line: str, *stubs: dict[str, Any]) -> Reply:
    method, _, path = line.partition(" ")
    index = StubIndex([stub_from_json(stub) for stub in stubs], operations.entries)
    return explain_unmatched(operations, index, Subject(request=Request(method=method, path=path)))


@pytest.mark.parametrize(
    ("line", "status", "allow"),
    [
        ("DELETE /pets", 405, "GET, HEAD, OPTIONS, POST"),
        ("HEAD /jobs", 405, "OPTIONS, POST"),
        ("OPTIONS /pets", 204, "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_known_path_says_which_methods_it_has(operations: Operations, line: str, status: int, allow: str) -> None:
    reply = explained(operations, line)
    assert (reply.status, dict(reply.headers)["Allow"], reply.is_repeatable) == (status, allow, True)


def test_an_unknown_path_gets_the_three_nearest(operations: Operations) -> None:
    stub = {"id": "s", "name": "Far", "match": {"path": "/pet/{id}", "query": {"a": "1"}}, "respond": 204}
    told = json.loads(explained(operations, "GET /pet", stub).body)
    assert told["code"] == "mocking.no_match"
    assert len(told["near"]) == 3
    assert told["near"][0]["id"] == "GET /pets"
    assert "Nothing answers GET /pet. Nearest: GET /pets" in told["detail"]


def test_nothing_near_is_nothing_named() -> None:
    reply = explain_unmatched(
        Operations(None, OperationCache()), StubIndex(), Subject(request=Request(method="GET", path="/x"))
    )
    assert json.loads(reply.body)["detail"] == "Nothing answers GET /x."
