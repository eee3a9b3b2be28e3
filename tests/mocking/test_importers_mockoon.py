"""Mockoon environments: what a client of Mockoon is answered."""

from __future__ import annotations

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.core.exchange import Request
from mockops.mocking.importers.foreign import detect_format
from mockops.mocking.importers.mockoon.conditions import whole_regex
from mockops.mocking.importers.mockoon.templates import _HELPERS, FAKERS, translate_mockoon
from mockops.mocking.importers.postman.variables import DYNAMIC
from mockops.mocking.rules.lookup import StubIndex
from mockops.mocking.rules.regexes import compile_regex
from mockops.mocking.rules.templates import Scope, compile_template

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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    with served(import_sample("mockoon", "shop.mockoon.json"), tmp_path / "w") as running:
        yield running


def test_templates_headers_and_prefix(server: MockServer) -> None:
    answer = httpx.get(f"{server.url}/api/v1/users/17?v=2")
    body = answer.json()
    assert (body["id"], body["v"]) == ("17", "2")
    assert body["name"].isalpha()
    assert (answer.headers["x-env"], answer.headers["content-type"]) == ("shop", "application/json")


def test_the_first_route_of_the_tree_wins(server: MockServer) -> None:
    assert httpx.get(f"{server.url}/api/v1/users/me").json() == {"me": True}


def test_rules_choose_the_response(server: MockServer) -> None:
    users, orders = f"{server.url}/api/v1/users", f"{server.url}/api/v1/orders"
    assert httpx.get(f"{users}/912").status_code == 404
    assert httpx.get(f"{users}/9120").status_code == 200
    assert httpx.get(f"{users}/17?strict=yes").status_code == 401
    assert httpx.get(f"{users}/17?strict=yes", headers={"Authorization": "x"}).status_code == 200
    assert httpx.post(orders, json={"items": []}).status_code == 422
    for body, state in (
        ({"customer": {"tags": ["a", "vip"]}}, "vip"),
        ({"customer": {"id": 42}}, "numbered"),
        ({"customer": {"id": "42"}}, "numbered"),
        ({"customer": {"id": 43}}, "accepted"),
    ):
        assert httpx.post(orders, json=body).json() == {"state": state}
    assert httpx.post(orders, json={}, headers={"Cookie": "tier=gold"}).json() == {"state": "vip"}


def test_sequences_begin_again(server: MockServer) -> None:
    assert [httpx.get(f"{server.url}/api/v1/poll").text for _ in range(5)] == [
        "queued",
        "running",
        "done",
        "queued",
        "running",
    ]


def test_random_responses_all_come(server: MockServer) -> None:
    assert {httpx.get(f"{server.url}/api/v1/coin").text for _ in range(40)} == {"heads", "tails"}


def test_the_number_of_the_request(server: MockServer) -> None:
    assert [httpx.get(f"{server.url}/api/v1/first").text for _ in range(3)] == ["first", "later", "later"]


def test_wildcards_any_method_and_what_cannot_be_translated(server: MockServer) -> None:
    answer = httpx.put(f"{server.url}/api/v1/files/a/b")
    assert (answer.text, answer.headers["content-type"]) == ("any PUT {{newThing 1}}", "text/plain")


def test_loops_files_data_buckets_and_plain_bodies(server: MockServer) -> None:
    base = f"{server.url}/api/v1"
    assert httpx.get(f"{base}/list").json() == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert httpx.get(f"{base}/readme").text == "Read me.\n"
    assert httpx.get(f"{base}/catalog").json() == {"shelves": [1, 2]}
    assert httpx.get(f"{base}/plain").text == "{{not a template}}"


def test_crud_routes_are_read(server: MockServer) -> None:
    base = f"{server.url}/api/v1/products"
    assert [item["name"] for item in httpx.get(base).json()] == ["Lamp", "Desk"]
    assert httpx.get(f"{base}/2").json() == {"id": 2, "name": "Desk"}
    assert httpx.get(f"{base}/3").status_code == 404


def test_what_is_not_imported_is_said() -> None:
    text = messages(import_sample("mockoon", "shop.mockoon.json"))
    for words in (
        "proxy mode is not imported",
        "is imported for reading alone",
        "global_var x equals 1: its target has no counterpart",
        "{{newThing 1}}",
        "1 WebSocket route left out",
        "1 disabled route left out: GET /off",
        "'/home/kim/x.txt' is not a file beside",
    ):
        assert words in text


def route(*responses: dict[str, Any], endpoint: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "lastMigration": 33,
        "routes": [{"method": "post", "endpoint": endpoint, "responses": list(responses), **more}],
    }


def found(environment: dict[str, Any], request: Request) -> str:
    hit = StubIndex(import_data("mockoon", environment).stubs).find(request)
    return hit.stub.name if hit is not None else ""


def ask(
    path: str = "/a", query: str = "", body: str = "", media_type: str = "application/json", **headers: str
) -> Request:
    fields = (("content-type", media_type), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return Request(method="POST", path=path, query_string=query, headers=fields, body=body.encode())


RULES: list[tuple[dict[str, Any], Request, Request]] = [
    ({"target": "body", "modifier": "a.b.0", "value": "x"}, ask(body='{"a":{"b":["x"]}}'), ask(body='{"a":{}}')),
    ({"target": "body", "modifier": "$.a['b c']", "value": "x"}, ask(body='{"a":{"b c":"x"}}'), ask(body="{}")),
    (
        {"target": "body", "modifier": "n", "value": "5"},
        ask(body="n=5", media_type="application/x-www-form-urlencoded"),
        ask(body="n=6"),
    ),
    ({"target": "body", "modifier": "n", "value": "true"}, ask(body='{"n": true}'), ask(body='{"n": false}')),
    ({"target": "body", "modifier": "", "value": "hello"}, ask(body="hello"), ask(body="hello!")),
    ({"target": "body", "modifier": "", "value": '{"a": 1}'}, ask(body='{ "a":1 }'), ask(body='{"a": 2}')),
    ({"target": "body", "modifier": "", "value": "b+", "operator": "regex"}, ask(body="abbc"), ask(body="ac")),
    (
        {"target": "body", "modifier": "a", "value": "^B$", "operator": "regex_i"},
        ask(body='{"a": "b"}'),
        ask(body='{"a": "bb"}'),
    ),
    ({"target": "body", "modifier": "a", "operator": "null"}, ask(body='{"a": null}'), ask(body='{"a": 0}')),
    ({"target": "body", "modifier": "a", "operator": "null"}, ask(body='{"b": 1}'), ask(body='{"a": ""}')),
    (
        {"target": "body", "modifier": "a", "operator": "null", "invert": True},
        ask(body='{"a": 0}'),
        ask(body='{"a": null}'),
    ),
    (
        {"target": "body", "modifier": "a", "operator": "empty_array", "invert": True},
        ask(body='{"a": [1]}'),
        ask(body='{"a": []}'),
    ),
    (
        {"target": "body", "modifier": "a", "operator": "array_includes", "value": "3"},
        ask(body='{"a": [3]}'),
        ask(body='{"a": [4]}'),
    ),
    (
        {"target": "body", "modifier": "a", "operator": "array_includes", "value": "3", "invert": True},
        ask(body='{"a": [4]}'),
        ask(body='{"a": [3]}'),
    ),
    (
        {"target": "body", "modifier": "a", "operator": "valid_json_schema", "value": '{"type": "integer"}'},
        ask(body='{"a": 1}'),
        ask(body='{"a": "1"}'),
    ),
    ({"target": "query", "modifier": "q", "value": "1", "invert": True}, ask(query="q=2"), ask(query="q=1")),
    (
        {"target": "query", "modifier": "q", "value": "b", "operator": "array_includes"},
        ask(query="q=a&q=b"),
        ask(query="q=a"),
    ),
    ({"target": "header", "modifier": "X-A", "value": "v\\d", "operator": "regex"}, ask(x_a="av1"), ask(x_a="va")),
    ({"target": "header", "modifier": "X-A", "value": "v", "isRegex": True}, ask(x_a="av1"), ask(x_a="a")),
    ({"target": "cookie", "modifier": "c", "value": "1"}, ask(cookie="c=1"), ask(cookie="c=2")),
]


@pytest.mark.parametrize(("rule", "meant", "other"), RULES)
def test_rules_hold_for_what_they_are_meant_for(rule: dict[str, Any], meant: Request, other: Request) -> None:
    environment = route(
        {"statusCode": 200, "label": "default", "default": True}, {"statusCode": 200, "label": "ruled", "rules": [rule]}
    )
    assert found(environment, meant) == "ruled"
    assert found(environment, other) == "default"


def test_and_wants_all_rules_and_or_any() -> None:
    rules = [{"target": "query", "modifier": name, "value": "1"} for name in "ab"]
    for operator, both, one in (("AND", "ruled", "default"), ("OR", "ruled", "ruled")):
        ruled = {"statusCode": 200, "label": "ruled", "rules": rules, "rulesOperator": operator}
        environment = route({"statusCode": 200, "label": "default", "default": True}, ruled)
        assert (found(environment, ask(query="a=1&b=1")), found(environment, ask(query="b=1"))) == (both, one)


@pytest.mark.parametrize(("mode", "name"), [("DISABLE_RULES", "default"), ("FALLBACK", ""), (None, "default")], ids=str)
def test_modes_of_responses(mode: str | None, name: str) -> None:
    ruled = {"label": "ruled", "rules": [{"target": "query", "modifier": "q", "value": "1"}]}
    environment = route({"label": "default", "default": True}, ruled, responseMode=mode)
    assert found(environment, ask()) == name
    assert found(environment, ask(query="q=1")) == ("default" if mode == "DISABLE_RULES" else "ruled")


@pytest.mark.parametrize(
    ("endpoint", "paths", "others"),
    [
        ("a/:id", ["/a/1"], ["/a", "/a/1/2"]),
        ("a/:id?", ["/a/1", "/a"], ["/a/1/2"]),
        ("a/:id(\\d+)", ["/a/1"], ["/a/x"]),
        ("a/:from-:to", ["/a/x-y"], ["/a/x"]),
        ("a/*", ["/a/1/2", "/a/1"], ["/b"]),
        ("a/*/b", ["/a/1/b", "/a/1/2/b"], ["/a/1"]),
        ("*/a/*", ["/x/a/y"], ["/x/b/y"]),
        ("a/b*", ["/a/bcd"], ["/a/c"]),
        ("a.json", ["/a.json"], ["/axjson"]),
        ("", ["/"], ["/a"]),
    ],
)
def test_endpoints(endpoint: str, paths: list[str], others: list[str]) -> None:
    environment = route({"label": "ok"}, endpoint=endpoint)
    assert [path for path in (*paths, *others) if found(environment, ask(path))] == paths


def test_exports_of_old_versions_are_read() -> None:
    old_route = {
        "method": "get",
        "endpoint": "a",
        "responses": [{"statusCode": "201", "filePath": "", "body": "x", "latency": 5}],
    }
    data = {
        "source": "mockoon:1.18.0",
        "data": [
            {
                "type": "environment",
                "item": {"name": "old", "endpointPrefix": "v1", "latency": 10, "routes": [old_route]},
            },
            {"type": "route", "item": old_route},
        ],
    }
    imported = import_data("mockoon", data)
    assert detect_format(data) == "mockoon"
    assert {each["match"]: each["delay"] for each in imported.documents} == {"GET /v1/a": "15ms", "GET /a": "5ms"}
    assert imported.stubs[0].respond.status == 201


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("b", ["abc"], ["ac"]),
        ("^b", ["bc"], ["ab"]),
        ("b$", ["ab"], ["ba"]),
        ("^a|b$", ["ax", "xb"], ["xax"]),
        ("/^A$/i", ["a"], ["ab"]),
    ],
)
def test_javascripts_regular_expressions_find_anywhere(pattern: str, hits: list[str], misses: list[str]) -> None:
    test = compile_regex(whole_regex(pattern))
    assert [text for text in (*hits, *misses) if test(text)] == hits


@pytest.mark.parametrize("expression", sorted({*FAKERS.values(), *DYNAMIC.values()}))
def test_every_counterpart_of_fake_data_is_a_template(expression: str) -> None:
    compile_template(f"{{{{ {expression} }}}}")


ARGUMENTS = {
    "faker": "'person.firstName'",
    "oneOf": "(array 'a' 'b')",
    "data": "'d' 'a.b'",
    "dataRaw": "'d'",
    **dict.fromkeys(
        ("eq", "ne", "gt", "gte", "lt", "lte", "add", "subtract", "multiply", "divide", "modulo", "and", "or"), "4 2"
    ),
    **dict.fromkeys(("lowercase", "uppercase", "trim", "len", "stringify", "base64", "concat"), "'QQ=='"),
    **dict.fromkeys(("jsonParse", "round", "base64Decode"), "'1111'"),
    **dict.fromkeys(("queryParam", "urlParam", "header", "cookie", "body", "bodyRaw"), "'a' 'b'"),
}


@pytest.mark.parametrize("helper", sorted(_HELPERS))
def test_every_helper_is_a_template(helper: str) -> None:
    notes: list[str] = []
    text = translate_mockoon(f"{{{{{helper} {ARGUMENTS.get(helper, '')}}}}}", {"d": '{"a": {"b": 1}}'}, notes.append)
    assert notes == []
    assert text is not None
    compile_template(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RULE = {
    "target": ("body", "query", "header", "params", "request_number"),
    "modifier": ("", "a.b", "$.a[0]", "$..x", "é"),
    "value": ("", "1", "[", "^a$"),
    "operator": ("equals", "regex", "null", "empty_array", "array_includes", "valid_json_schema"),
    "invert": (True, False),
}
RESPONSE = {
    "statusCode": (200, "404"),
    "body": ("{{body 'a'}}", "{{#repeat 2}}x{{/repeat}}", "{{", "{{#if}}", "{}"),
    "latency": (0, 10),
    "headers": [{"key": ("Content-Type", "é"), "value": ("{{now}}", "application/json")}],
    "bodyType": ("INLINE", "FILE", "DATABUCKET"),
    "filePath": ("x", "/x"),
    "databucketID": "d",
    "rules": [RULE],
    "rulesOperator": ("AND", "OR"),
    "default": (True, False),
}
ROUTE = {
    "uuid": ("1", "2"),
    "type": ("http", "crud"),
    "method": ("get", "all"),
    "endpoint": ("a/:id", "a/*", "*/*", "a(b", ":a?", ":", "a//b", "{x}"),
    "responses": [RESPONSE],
    "responseMode": (None, "RANDOM", "SEQUENTIAL"),
}
FOLDER = {"uuid": ("f", "g"), "children": [{"type": ("folder", "route"), "uuid": ("f", "g", "1")}]}
ENVIRONMENT = {
    "lastMigration": 1,
    "routes": [ROUTE],
    "folders": [FOLDER],
    "rootChildren": FOLDER["children"],
    "data": [{"id": "d", "value": ('[{"id": 1}]', "{{x}}")}],
}


@given(hostile(JSON, ENVIRONMENT))
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused_without_a_traceback(data: Any) -> None:
    import_data("mockoon", data)


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("{{#repeat (queryParam 'total' '3')}}{{@index}}{{/repeat}}", "0,1,2"),
        ("{{#repeat 2 4}}x{{/repeat}}", "x,x(,x){0,2}"),
        ("{{#repeat 2 comma=false}}x{{/repeat}}", "xx"),
        ("{{#repeat (faker 'random.number' 5)}}x{{/repeat}}", "(x,?){0,5}"),
        ("{{faker 'number.int' min=5 max=6}}", "[56]"),
        ("{{faker 'commerce.price' min=10 max=20}}", r"1\d\.\d+|20\.0"),
        ("{{faker 'helpers.arrayElement' (array 'a' 'b')}}", "[ab]"),
        ("{{faker 'image.nature'}}", "http.*"),
        ("{{faker 'name.firstName'}}", ".+"),
        ("{{#if (eq (queryParam 'a') 'x')}}1{{else}}2{{/if}}", "2"),
        ("{{#each (data 'd' 'list') as |item|}}{{item.n}};{{/each}}", "1;2;"),
        ("{{data 'd' 'list.1.n'}}", "2"),
        ("{{add 1 2}} {{concat 'a' 'b'}}", "3 ab"),
    ],
)
def test_templates_render_as_in_mockoon(template: str, pattern: str) -> None:
    notes: list[str] = []
    text = translate_mockoon(template, {"d": '{"list": [{"n": 1}, {"n": 2}]}'}, notes.append)
    assert notes == []
    assert text is not None
    scope = Scope(request=Request(method="GET", path="/"), now=datetime(2026, 1, 2, tzinfo=UTC))
    assert re.fullmatch(pattern, str(compile_template(text).render(scope)))
