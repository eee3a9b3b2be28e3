"""Path parameters that share a segment: what each may be says where it ends."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.documents import read_document
from mockops.core.exchange import Request
from mockops.mocking.rules.operations import OperationCache, Operations
from mockops.mocking.rules.segments import divide, has_shared_segment

DATE = {"type": "string", "format": "date"}


def operations(path: str, schemas: dict[str, dict[str, Any]]) -> Operations:
    parameters = [{"name": name, "in": "path", "required": True, "schema": each} for name, each in schemas.items()]
    operation = {"parameters": parameters, "responses": {"200": {"description": "ok"}}}
    data = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {path: {"get": operation}}}
    imported = import_contract(read_document(msgspec.json.encode(data), "api.json"), pytest.fail)
    return Operations(compile_contract(imported), OperationCache())


@pytest.mark.parametrize(
    ("template", "schemas", "path", "params"),
    [
        (
            "/{lat}.{format}",
            {"lat": {"type": "number"}, "format": {"enum": ["json"]}},
            "/1.5.json",
            {"lat": "1.5", "format": "json"},
        ),
        (
            "/es/{page}{extension}",
            {"page": {"type": "string"}, "extension": {"enum": [".json"]}},
            "/es/my.page.json",
            {"page": "my.page", "extension": ".json"},
        ),
        (
            "/{from}-{to}",
            {"from": DATE, "to": DATE},
            "/2020-01-02-2021-03-04",
            {"from": "2020-01-02", "to": "2021-03-04"},
        ),
        ("/{a}-{b}", {"a": {"type": "string"}, "b": {"type": "string"}}, "/x-y-z", {"a": "x", "b": "y-z"}),
        ("/{id}{.format}", {"id": {"type": "string"}}, "/a.b.json", {"id": "a.b", ".format": ".json"}),
        ("/{a}{b}{c}", {"b": {"enum": ["-"]}, "c": {"type": "integer"}}, "/no-12", {"a": "no", "b": "-", "c": "12"}),
        ("/{a}-{b}", {"a": {"type": "integer"}, "b": {"type": "integer"}}, "/x-y-z", {"a": "x", "b": "y-z"}),
    ],
)
def test_a_segment_is_divided_as_the_schemas_allow(
    template: str, schemas: dict[str, Any], path: str, params: dict[str, str]
) -> None:
    hit = operations(template, schemas).find(Request(method="GET", path=path), "GET")
    assert hit is not None
    assert hit.params == params


def test_only_segments_with_several_parameters_are_shared() -> None:
    assert has_shared_segment("/{a}.{b}")
    assert has_shared_segment("/x/{a}{b}/y")
    assert not has_shared_segment("/{a}/{b}")
    assert not has_shared_segment("/{a}/x-{b}.json")


@given(st.lists(st.text(st.sampled_from("ab.-"), min_size=1, max_size=6), min_size=2, max_size=3))
def test_a_division_is_found_wherever_there_is_one(values: list[str]) -> None:
    names = "abc"[: len(values)]
    wanted = dict(zip(names, values, strict=True))
    template = "/" + "-".join(f"{{{name}}}" for name in names)
    text = "-".join(values)
    anyhow = {**dict.fromkeys(names[1:], ""), names[0]: text[: -len(names) + 1] if len(names) > 1 else text}
    parts = text.split("-", len(names) - 1)
    anyhow = dict(zip(names, parts, strict=True)) if len(parts) == len(names) else anyhow
    assert divide(template, anyhow, lambda divided: divided == wanted) == wanted


def test_dividing_is_bounded() -> None:
    tried: list[dict[str, str]] = []
    names = "abcdef"
    template = "/" + ".".join(f"{{{name}}}" for name in names)
    started = time.perf_counter()
    divide(template, {**dict.fromkeys(names, "."), "a": "." * 4000}, lambda divided: bool(tried.append(divided)))
    assert len(tried) <= 64
    assert time.perf_counter() - started < 1
