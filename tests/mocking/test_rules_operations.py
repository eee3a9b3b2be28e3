"""Which operation a request means, below a base path and without."""

from __future__ import annotations

import msgspec
import pytest

from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.documents import read_document
from mockops.core.exchange import Request
from mockops.mocking.rules.operations import OperationCache, Operations

OPERATION = {"responses": {"200": {"description": "ok"}}}


@pytest.mark.parametrize("paths", [("/plugins", "/api/plugins"), ("/api/plugins", "/plugins")])
def test_the_url_that_the_contract_means_comes_before_one_without_its_base_path(paths: tuple[str, ...]) -> None:
    data = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://example.com/api"}],
        "paths": {path: {"get": OPERATION} for path in paths},
    }
    imported = import_contract(read_document(msgspec.json.encode(data), "api.json"), pytest.fail)
    operations = Operations(compile_contract(imported), OperationCache())

    def found(path: str) -> str:
        hit = operations.find(Request(method="GET", path=path), "GET")
        return hit.entry.key if hit is not None else ""

    assert found("/api/plugins") == "GET /plugins"
    assert found("/api/api/plugins") == "GET /api/plugins"
    assert found("/plugins") == "GET /plugins"


def test_overloads_of_a_path_are_told_apart_by_what_they_consume() -> None:
    def consuming(media_type: str) -> dict[str, object]:
        body = {"required": True, "content": {media_type: {"schema": {}}}}
        return {"post": {"requestBody": body, **OPERATION}}

    paths = {
        "/analyze": consuming("application/json"),
        "/analyze#overload=stream": consuming("application/octet-stream"),
    }
    data = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
    imported = import_contract(read_document(msgspec.json.encode(data), "api.json"), pytest.fail)
    operations = Operations(compile_contract(imported), OperationCache())

    def found(media_type: str, query: str = "") -> str:
        headers = (("content-type", media_type),) if media_type else ()
        request = Request(method="POST", path="/analyze", query_string=query, headers=headers, body=b"x")
        hit = operations.find(request, "POST")
        return hit.entry.key if hit is not None else ""

    assert found("application/json") == "POST /analyze"
    assert found("application/octet-stream") == "POST /analyze?overload=stream"
    assert found("application/octet-stream", "overload=stream") == "POST /analyze?overload=stream"
    assert found("text/plain") == found("") == "POST /analyze"
