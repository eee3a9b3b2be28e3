"""Postman collections: what a client of the mock server that Postman would run is answered."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.mocking.importers.foreign import detect_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.testing import MockServer

_spec = importlib.util.spec_from_file_location("foreign_files", Path(__file__).with_name("foreign_files.py"))
assert _spec is not None
assert _spec.loader is not None
_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_files)
hostile = _files.hostile
import_data = _files.import_data
import_sample = _files.import_sample
messages = _files.messages
served = _files.served


SAMPLE = "petstore.postman_collection.json"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    with served(import_sample("postman", SAMPLE), tmp_path / "w") as running:
        yield running


def test_the_first_2xx_is_the_default_and_echoes_its_path_variable(server: MockServer) -> None:
    answer = httpx.get(f"{server.url}/pets/17")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["name"], body["owner"]) == ("17", "Rex", "Kim")
    assert body["odd"] == "{{$randomCatchPhrase}}"
    assert body["seen"].endswith("Z")
    assert len(answer.headers["x-request-id"]) == 36
    assert "content-encoding" not in answer.headers


def test_an_example_with_a_path_variable_of_its_own_answers_it(server: MockServer) -> None:
    answer = httpx.get(f"{server.url}/pets/999")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-mock-response-code": "500"},
        {"x-mock-response-name": "Broken"},
        {"Prefer": "code=500"},
        {"Prefer": "dynamic=true, code=500"},
    ],
    ids=str,
)
def test_any_example_can_be_asked_for(server: MockServer, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{server.url}/pets/17", headers=headers)
    assert (answer.status_code, answer.text) == (500, "<h1>Oops</h1>")


def test_a_literal_path_beats_a_variable(server: MockServer) -> None:
    assert httpx.get(f"{server.url}/pets/mine").json() == {"name": "Mine"}


def test_query_parameters_of_an_example_are_matched(server: MockServer) -> None:
    assert httpx.get(f"{server.url}/pets?status=sold").json() == []
    assert len(httpx.get(f"{server.url}/pets").json()) == 2


def test_a_dynamic_variable_outside_of_quotes_is_a_number(server: MockServer) -> None:
    answer = httpx.post(f"{server.url}/pets", json={})
    assert answer.status_code == 201
    assert isinstance(answer.json()["id"], int)
    assert (answer.headers["location"], answer.headers["content-type"]) == ("/pets/7", "application/json")


def test_what_is_not_imported_is_said() -> None:
    text = messages(import_sample("postman", SAMPLE))
    for words in (
        "2 places with authorization: not imported",
        "2 scripts not imported",
        "1 request without a saved response: no stub: Health",
        "{{$randomCatchPhrase}}",
        "whose path is dropped",
    ):
        assert words in text
    assert "error" not in text


def collection(*responses: dict[str, Any], url: Any = "{{base}}/a", **more: Any) -> dict[str, Any]:
    item = {"name": "A", "request": {"method": "GET", "url": url}, "response": list(responses)}
    return {"info": {"name": "c", "schema": ""}, "item": [item], **more}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://api.example.com/v1/a?x=1#top", "/v1/a"),
        ("api.example.com/a", "/a"),
        ("localhost:3000/a/b/", "/a/b/"),
        ("/a", "/a"),
        ("{{base}}", "/"),
        ("{{base}}/a/{{id}}/b", "/a/{id}/b"),
        ("{{base}}/{{version}}/a", "/v2/a"),
        ("{{base}}/{{below}}/a", "/x/y/a"),
        ("{{base}}/{{a}}{{b}}", "/{segment}"),
        ("{{base}}/:id/:id", "/{id}/{id_2}"),
        ("{{base}}/a-{{id}}.json", "/a-{id}.json"),
        ("{{base}}/a b/{x}*", "/a%20b/%7Bx%7D%2A"),
        ({"path": ["a", {"type": "string", "value": "b"}]}, "/a/b"),
        ({"path": "a/:id"}, "/a/{id}"),
        ({"raw": "{{base}}/raw"}, "/raw"),
    ],
    ids=str,
)
def test_urls_become_path_templates(url: Any, path: str) -> None:
    variables = [{"key": "version", "value": "v2"}, {"key": "below", "value": "x/y"}, {"key": "id", "value": "7"}]
    imported = import_data("postman", collection({"name": "ok", "code": 200}, url=url, variable=variables))
    match = imported.stubs[0].match
    assert (match.path or match.operation.removeprefix("GET ")) == path


def test_the_wrapping_of_postmans_api_and_version_2_0_are_read() -> None:
    old = collection({"name": "ok", "code": 201, "header": "X-A: 1\r\nX-B: 2", "body": "<a/>"})
    imported = import_data("postman", {"collection": old})
    assert imported.stubs[0].respond.headers == {"X-A": "1", "X-B": "2"}
    assert detect_format({"collection": old}) == "postman"


def test_version_1_is_refused_with_what_to_do() -> None:
    imported = import_data("postman", {"id": "x", "name": "old", "order": [], "requests": []})
    assert imported.stubs == []
    assert "Collection v2.1" in messages(imported)


def test_ids_are_the_same_when_imported_again_and_when_others_are_added() -> None:
    before = [stub.id for stub in import_data("postman", collection({"name": "ok", "code": 200})).stubs]
    more = collection({"name": "ok", "code": 200}, {"name": "bad", "code": 400})
    after = [stub.id for stub in import_data("postman", more).stubs]
    assert before == ["get-a-200-ok"]
    assert set(before) < set(after)


def test_braces_of_others_stay_what_they_are() -> None:
    imported = import_data("postman", collection({"name": "ok", "code": 200, "body": '{"a": "{{$guid}} {% x %}"}'}))
    assert imported.stubs[0].respond.json == {"a": "{{ uuid() }} {{ '{' }}% x %}"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
URL = {
    "raw": ("{{b}}/a", ":::"),
    "host": ["h"],
    "path": ["a", ":id"],
    "query": [{"key": "k", "value": "{{v}}"}],
    "variable": [{"key": "id", "value": "1"}],
}
REQUEST = {"method": ("GET", "é"), "url": URL, "auth": {"type": "basic"}}
RESPONSE = {
    "name": ("a", "{{x}}"),
    "code": (200, "404", 999),
    "originalRequest": REQUEST,
    "header": [{"key": ("Content-Type", "X:"), "value": ("application/json", "a\r\nb")}],
    "body": ('{"a": {{$guid}}}', "{{{{", '{"a": 1}'),
    "_postman_previewlanguage": "json",
}
ITEM = {
    "name": "n",
    "request": REQUEST,
    "response": [RESPONSE],
    "event": [{"listen": "test", "script": {"exec": ["x"]}}],
}
COLLECTION = {
    "info": {"name": "c"},
    "item": [ITEM],
    "variable": [{"key": ("b", "v"), "value": ("{{v}}", "{{b}}", "x")}],
    "auth": {},
}


@given(hostile(JSON, COLLECTION))
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused_without_a_traceback(data: Any) -> None:
    import_data("postman", data)
