"""What is written reads as what was meant, in few words."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from mockops.core.documents import read_document
from mockops.mocking.importers.foreign import FormatUnknown, detect_format, read_foreign
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs, stub_from_json
from mockops.mocking.importers.written import as_yaml, written
from mockops.mocking.model import BodyMatcher, Delay, RequestMatch, Stub, StubResponse, ValueMatcher


def nothing(name: str) -> bytes:
    raise FileNotFoundError(2, "No such file", name)


@pytest.mark.parametrize(
    "document",
    [
        {"id": "a", "match": "GET /pets/{id}", "respond": {"status": 200, "json": {"id": 1}}},
        {"id": "a", "match": "/pets", "respond": 404},
        {"id": "a", "match": "getPet", "respond": {"text": "x"}, "delay": "200ms"},
        {"id": "a", "match": {}, "respond": 204, "delay": {"uniform": [10, 50]}, "priority": 1, "times": 2},
        {"id": "a", "match": {"path": "/a", "query": {"q": "1", "no": None, "r": {"regex": "a"}}}, "respond": 200},
        {"id": "a", "match": {"method": "PUT", "body": {"equals": {"a": 1}}}, "respond": 200, "weight": 2},
        {"id": "a", "match": {"body": [1, 2], "state": {"s": "on"}}, "fault": "reset", "set_state": {"s": "off"}},
        {"id": "a", "match": {"body": {"form": {"a": "1"}, "all_of": [{"contains": "x"}]}}, "delay": "2s"},
    ],
    ids=lambda document: msgspec.json.encode(document).decode(),
)
def test_a_document_as_people_write_it_is_written_as_it_was(document: dict[str, Any]) -> None:
    assert written(stub_from_json(document)) == document


WORD = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNSET) | strategy


VALUES = st.builds(
    ValueMatcher,
    equals=some(TEXT),
    not_equals=some(TEXT),
    contains=some(TEXT),
    regex=some(TEXT),
    not_regex=some(TEXT),
    present=some(st.booleans()),
    ignore_case=st.booleans(),
)
NAMED = st.dictionaries(WORD, VALUES, max_size=2)
PLAIN_BODIES = st.builds(
    BodyMatcher,
    equals=some(JSON),
    contains=some(TEXT),
    present=some(st.booleans()),
    json_path=some(st.dictionaries(WORD, JSON, max_size=2)),
    json_schema=some(OBJECTS | st.booleans()),
    json_subset=some(JSON),
    ignore_array_order=st.booleans(),
    form=some(NAMED),
    base64=some(st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode())),
)
BODIES = PLAIN_BODIES | st.builds(
    lambda body, more: msgspec.structs.replace(body, all_of=tuple(more)),
    PLAIN_BODIES,
    st.lists(PLAIN_BODIES, max_size=2),
)
ADDRESSES = st.sampled_from(
    [
        {},
        {"operation": "getPet"},
        {"operation": "GET /pets/{id}"},
        {"path": "/pets/{id}"},
        {"path": "/pets", "method": "GET"},
        {"path_regex": "/a.*"},
        {"url": "/a?b=c"},
        {"url_regex": "/a.*"},
    ]
)
MATCHES = st.builds(
    lambda address, **rest: RequestMatch(**address, **rest),
    ADDRESSES,
    params=NAMED,
    query=NAMED,
    headers=NAMED,
    cookies=NAMED,
    body=st.none() | BODIES,
    persona=st.just("") | WORD,
    state=st.dictionaries(WORD, TEXT, max_size=2),
) | ADDRESSES.map(lambda address: RequestMatch(**address))
CONTENTS = st.sampled_from([{}]) | st.one_of(
    JSON.map(lambda value: {"json": value}),
    TEXT.map(lambda value: {"text": value}),
    st.binary(max_size=6).map(lambda raw: {"base64": base64.b64encode(raw).decode()}),
)
RESPONSES = st.builds(
    lambda content, **rest: StubResponse(**content, **rest),
    CONTENTS,
    status=st.none() | st.integers(100, 599),
    headers=st.dictionaries(WORD, TEXT | st.lists(TEXT, max_size=2), max_size=2),
    example=st.just("") | WORD,
    template=st.booleans(),
)
MS = st.integers(0, 10_000) | st.floats(0, 1000)
DELAYS = st.one_of(
    st.builds(Delay, fixed_ms=MS, dribble_ms=st.none() | MS),
    st.builds(Delay, normal_ms=st.tuples(MS, MS)),
    st.builds(Delay, lognormal_ms=st.tuples(MS, st.floats(0, 3))),
    st.builds(lambda low: Delay(uniform_ms=(low, low + 1)), MS),
)
STUBS = st.builds(
    Stub,
    id=WORD,
    name=st.just("") | TEXT,
    match=MATCHES,
    respond=RESPONSES,
    delay=st.none() | DELAYS,
    fault=st.sampled_from([None, "reset", "timeout"]),
    priority=st.integers(1, 9),
    weight=st.none() | st.floats(0, 100),
    times=st.none() | st.integers(1, 5),
    session=st.just("") | WORD,
    set_state=st.dictionaries(WORD, TEXT, max_size=2),
)


@given(STUBS)
@settings(max_examples=200, deadline=None)
def test_a_written_stub_reads_as_the_same_stub(stub: Stub) -> None:
    stubs, found = read_stubs(Plain(written(stub), "stubs/x.yaml"), read_file=nothing)
    assert [each for each in found if each.severity == "error"] == []
    assert [msgspec.structs.replace(each, source="") for each in stubs] == [stub]


@given(st.lists(STUBS, max_size=3, unique_by=lambda stub: stub.id))
@settings(max_examples=100, deadline=None)
def test_and_so_it_does_from_a_yaml_file(stubs: list[Stub]) -> None:
    document = read_document(as_yaml(list(map(written, stubs))).encode("utf-8"), "stubs/x.yaml")
    read, _ = read_stubs(document, read_file=nothing)
    assert [msgspec.structs.replace(each, source="") for each in read] == stubs


@pytest.mark.parametrize("number", [2**70, -(2**64), 12345678901234567890123])
def test_numbers_that_the_writer_of_yaml_does_not_know_are_written(number: int) -> None:
    documents = [{"id": "a", "respond": {"json": number}}]
    assert read_document(as_yaml(documents).encode(), "x.yaml").data == documents


def test_yaml_files_read_well() -> None:
    documents = [{"id": "a", "match": "GET /a", "respond": 204}, {"id": "b", "match": "GET /b", "respond": 204}]
    assert (
        as_yaml(documents) == "- id: a\n  match: GET /a\n  respond: 204\n\n- id: b\n  match: GET /b\n  respond: 204\n"
    )


def test_large_and_binary_bodies_become_files_of_their_own() -> None:
    def mapping(path: str, **body: Any) -> dict[str, Any]:
        return {"request": {"urlPath": path}, "response": {"status": 200, **body}}

    raw = base64.b64encode(b"\x89PNG\xff").decode()
    data = {
        "mappings": [
            mapping("/long", body="x" * 5000),
            mapping("/same", body="x" * 5000),
            mapping("/png", base64Body=raw, headers={"Content-Type": "image/png"}),
            mapping("/raw", base64Body=raw),
            mapping("/json", jsonBody=["y" * 50] * 1000),
            mapping("/short", jsonBody={"a": 1}),
        ]
    }
    imported = read_foreign("wiremock", Plain(data, "mappings/a.json"), read_file=nothing)
    names = [document["respond"].get("file", "") for document in imported.documents]
    assert [name.rpartition(".")[2] for name in names] == ["txt", "txt", "png", "bin", "json", ""]
    assert names[0] == names[1]
    assert set(imported.files) == set(names) - {""}
    stubs, found = read_stubs(Plain(imported.documents, "x"), read_file=imported.files.__getitem__)
    assert found == []
    assert [msgspec.structs.replace(each, source="") for each in stubs] == [
        msgspec.structs.replace(each, source="") for each in imported.stubs
    ]


@pytest.mark.parametrize(
    ("data", "format"),
    [
        ({"mappings": []}, "wiremock"),
        ({"info": {"name": "a"}, "item": []}, "postman"),
        ({"log": {"entries": []}}, "har"),
        ({"routes": [], "lastMigration": 3}, "mockoon"),
        ({"openapi": "3.1.0"}, None),
        ([], None),
        (None, None),
    ],
)
def test_formats_are_told_apart(data: Any, format: str | None) -> None:
    assert detect_format(data) == format


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(FormatUnknown, match="wiremock, postman, har, mockoon"):
        read_foreign("soapui", Plain({}), read_file=nothing)


@pytest.mark.parametrize("body", ['{"a": "\ud800"}', '{"a": "\\ud800"}'])
def test_half_a_surrogate_pair_harms_nothing(body: str) -> None:
    responses = [{"name": "\ud800", "code": 200, "body": body}]
    data = {"info": {"name": "c"}, "item": [{"name": "\ud800", "request": "/a", "response": responses}]}
    imported = read_foreign("postman", Plain(data), read_file=nothing)
    assert len(imported.stubs) == 1
    assert read_document(as_yaml(imported.documents).encode("utf-8"), "x.yaml").data == imported.documents
