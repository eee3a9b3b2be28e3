"""WireMock mappings: each feature, as the request it answers and the answer it gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from mockops.core.exchange import Request
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs
from mockops.mocking.importers.wiremock import is_wiremock, read_wiremock
from mockops.mocking.model import Delay, SessionView, Stub
from mockops.mocking.rules.lookup import StubIndex
from mockops.mocking.rules.templates import Scope, compile_json_template, compile_template


def read(mapping: dict[str, Any]) -> Stub:
    stubs, problems = read_wiremock(Plain(mapping, "mappings/a.json"), read_file=files)
    assert problems == []
    return stubs[0]


def files(name: str) -> bytes:
    if name == "__files/pet.json":
        return b'{"id": 1}'
    if name == "logo.png":
        return b"\x89PNG\xff"
    raise FileNotFoundError(2, "No such file or directory", name)


def answers(request_pattern: dict[str, Any], request: Request) -> bool:
    stub = read({"request": request_pattern, "response": {"status": 204}})
    return StubIndex([stub]).find(request) is not None


def request(path: str = "/a", query: str = "", body: str = "", method: str = "POST", **headers: str) -> Request:
    return Request(
        method=method,
        path=path,
        query_string=query,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        body=body.encode(),
    )


MATCHING: list[tuple[dict[str, Any], Request, Request]] = [
    ({"method": "POST", "url": "/a?x=1"}, request(query="x=1"), request(query="x=1&y=2")),
    ({"url": "/a"}, request(), request(query="x=1")),
    ({"urlPath": "/a"}, request(query="x=1"), request("/b")),
    ({"urlPath": "/{a}"}, request("/%7Ba%7D"), request("/a")),
    ({"urlPattern": "/a\\?x=[0-9]+"}, request(query="x=12"), request(query="x=a")),
    ({"urlPathPattern": "/[ab]"}, request("/b"), request("/c")),
    ({"urlPathTemplate": "/{id}/x", "pathParameters": {"id": {"equalTo": "7"}}}, request("/7/x"), request("/8/x")),
    ({"method": "ANY", "urlPath": "/a"}, request(method="PUT"), request("/b", method="PUT")),
    ({"queryParameters": {"q": {"contains": "am"}}}, request(query="q=lamp"), request(query="q=l")),
    ({"queryParameters": {"q": {"absent": True}}}, request(), request(query="q=")),
    ({"headers": {"X-A": {"equalTo": "b", "caseInsensitive": True}}}, request(x_a="B"), request(x_a="c")),
    ({"headers": {"X-A": {"doesNotMatch": "b.*"}}}, request(x_a="a"), request()),
    ({"headers": {"X-A": {"matches": "b.*"}}}, request(x_a="bc"), request(x_a="ab")),
    ({"cookies": {"s": {"equalTo": "1"}}}, request(cookie="s=1"), request(cookie="s=2")),
    ({"basicAuthCredentials": {"username": "u", "password": "p"}}, request(authorization="Basic dTpw"), request()),
    ({"bodyPatterns": [{"equalTo": "x"}]}, request(body="x"), request(body="xy")),
    ({"bodyPatterns": [{"equalToJson": '{"a": [1, 2]}'}]}, request(body='{"a":[1,2.0]}'), request(body='{"a":[2,1]}')),
    (
        {"bodyPatterns": [{"equalToJson": {"a": [1, 2]}, "ignoreArrayOrder": True}]},
        request(body='{"a":[2,1]}'),
        request(body='{"a":[2,1],"b":1}'),
    ),
    (
        {"bodyPatterns": [{"equalToJson": {"a": [1, 2]}, "ignoreArrayOrder": True, "ignoreExtraElements": True}]},
        request(body='{"a":[2,3,1],"b":1}'),
        request(body='{"a":[2]}'),
    ),
    ({"bodyPatterns": [{"contains": "a"}, {"contains": "b"}]}, request(body="ab"), request(body="a")),
    ({"bodyPatterns": [{"matches": "a+"}]}, request(body="aa"), request(body="ab")),
    ({"bodyPatterns": [{"doesNotMatch": "a+"}]}, request(body="ab"), request(body="aa")),
    ({"bodyPatterns": [{"matchesJsonPath": "$.a"}]}, request(body='{"a":1}'), request(body='{"b":1}')),
    (
        {"bodyPatterns": [{"matchesJsonPath": "$.things[?(@.name == 'x')]"}]},
        request(body='{"things":[{"name":"x"}]}'),
        request(body='{"things":[{"name":"y"}]}'),
    ),
    (
        {"bodyPatterns": [{"matchesJsonPath": {"expression": "$.a", "contains": "am"}}]},
        request(body='{"a":"lamp"}'),
        request(body='{"a":"tee"}'),
    ),
    (
        {"bodyPatterns": [{"matchesJsonPath": {"expression": "$.a", "equalToJson": '{"b": 1}'}}]},
        request(body='{"a":{"b":1}}'),
        request(body='{"a":{"b":2}}'),
    ),
    (
        {"bodyPatterns": [{"matchesJsonPath": {"expression": "$.a", "equalTo": "5"}}]},
        request(body='{"a":5}'),
        request(body='{"a":6}'),
    ),
    (
        {"bodyPatterns": [{"matchesJsonSchema": '{"required": ["a"]}', "schemaVersion": "V7"}]},
        request(body='{"a":1}'),
        request(body="{}"),
    ),
    ({"bodyPatterns": [{"binaryEqualTo": "AQ=="}]}, request(body="\x01"), request(body="\x02")),
    ({"bodyPatterns": [{"absent": True}]}, request(), request(body="x")),
    ({"formParameters": {"n": {"equalTo": "Bo"}}}, request(body="n=Bo&m=1"), request(body="n=Al")),
]


@pytest.mark.parametrize(("pattern", "meant", "other"), MATCHING, ids=lambda value: str(value)[:60])
def test_a_request_pattern_means_what_it_means_in_wiremock(
    pattern: dict[str, Any], meant: Request, other: Request
) -> None:
    assert answers(pattern, meant)
    assert not answers(pattern, other)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"status": 201, "body": "x", "headers": {"A": "b", "C": ["d", "e"]}}, {"status": 201, "text": "x"}),
        ({"jsonBody": {"a": [None]}}, {"status": 200, "json": {"a": [None]}}),
        ({"base64Body": "AQ=="}, {"status": 200, "base64": "AQ=="}),
        (
            {"bodyFileName": "pet.json"},
            {"text": '{"id": 1}', "headers": {"Content-Type": "application/json"}},
        ),
        (
            {"bodyFileName": "logo.png", "headers": {"content-type": "image/x-logo"}},
            {"base64": "iVBOR/8="},
        ),
    ],
)
def test_a_body_arrives_whatever_way_it_is_written(response: dict[str, Any], expected: dict[str, Any]) -> None:
    respond = read({"request": {"url": "/a"}, "response": response}).respond
    expected = {"headers": response.get("headers", {}), **expected}
    assert {name: getattr(respond, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("response", "delay"),
    [
        ({"fixedDelayMilliseconds": 50}, Delay(fixed_ms=50)),
        (
            {"delayDistribution": {"type": "lognormal", "median": 80, "sigma": 0.4}},
            Delay(lognormal_ms=(80, 0.4)),
        ),
        ({"delayDistribution": {"type": "uniform", "lower": 1, "upper": 2}}, Delay(uniform_ms=(1, 2))),
        ({"chunkedDribbleDelay": {"numberOfChunks": 5, "totalDuration": 1000}}, Delay(dribble_ms=1000)),
    ],
)
def test_delays_keep_their_distribution(response: dict[str, Any], delay: Delay) -> None:
    assert read({"request": {"url": "/a"}, "response": response}).delay == delay


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("CONNECTION_RESET_BY_PEER", "reset"),
        ("EMPTY_RESPONSE", "empty_reply"),
        ("MALFORMED_RESPONSE_CHUNK", "malformed_chunk"),
        ("RANDOM_DATA_THEN_CLOSE", "garbage_then_close"),
    ],
)
def test_faults_have_counterparts(name: str, fault: str) -> None:
    assert read({"request": {"url": "/a"}, "response": {"fault": name}}).fault == fault


def test_scenarios_start_where_wiremocks_do() -> None:
    first = {
        "request": {"url": "/a"},
        "response": {"status": 200},
        "scenarioName": "s",
        "requiredScenarioState": "Started",
        "newScenarioState": "Next",
        "priority": 3,
        "metadata": {"team": "x"},
    }
    stub = read(first)
    assert stub.priority == 3
    assert stub.set_state == {"s": "Next"}
    index = StubIndex([stub])
    assert index.find(request()) is not None
    assert index.find(request(), session_view=SessionView(states={"s": "Next"})) is None


REQUEST = Request(
    method="POST",
    path="/pets/7",
    query_string="name=Bo&n=1&n=2",
    headers=(("x-id", "h"), ("host", "api.test:80"), ("cookie", "s=c")),
    body=b'{"a": {"b": [5, "x"]}, "list": [{"n": 1}, {"n": 2}]}',
)


def render(template: str) -> str:
    mapping = {"request": {"url": "/a"}, "response": {"body": template, "transformers": ["response-template"]}}
    respond = read(mapping).respond
    assert respond.template
    assert isinstance(respond.text, str)
    scope = Scope(request=REQUEST, now=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), params={"id": "7"}, seed=1)
    return compile_template(respond.text).render(scope)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{request.path}} {{request.method}} {{request.url}}", "/pets/7 POST /pets/7?name=Bo&n=1&n=2"),
        ("{{request.path.[0]}}-{{request.pathSegments.[1]}}-{{request.path.[5]}}", "pets-7-"),
        ("{{request.path.id}}", "7"),
        ("{{request.query.name}}{{{request.query.n.[1]}}}{{request.query.gone}}", "Bo2"),
        ("{{request.headers.X-Id}}{{request.headers.[X-Id]}}{{request.headers.No}}", "hh"),
        ("{{request.cookies.s}} {{request.host}}", "c api.test"),
        ("{{jsonPath request.body '$.a.b[1]'}}{{jsonPath request.body '$.no.thing'}}", "x"),
        ("{{jsonPath request.body '$.no' default='d'}}", "d"),
        ("{{now}}", "2024-01-02T03:04:05Z"),
        ("{{now offset='3 days' format='yyyy-MM-dd HH:mm:ss'}}", "2024-01-05 03:04:05"),
        ("{{now offset='-1 hours' format=\"yyyy-MM-dd'T'HH:mm:ssZ\"}}", "2024-01-02T02:04:05+0000"),
        ("{{now format='epoch'}} {{now format='unix'}}", "1704164645000 1704164645"),
        ("{{upper request.query.name}}{{lower 'AB'}}{{trim ' x '}}{{size 'abc'}}", "BOabx3"),
        ("{{base64 'x'}} {{base64 'eA==' decode=true}} {{urlEncode 'a b'}}", "eA== x a%20b"),
        ("{{upper (jsonPath request.body '$.a.b[1]')}}", "X"),
        ("{{#each (jsonPath request.body '$.list') as |item|}}{{@index}}:{{item.n}} {{/each}}", "0:1 1:2 "),
        ("{{#each (jsonPath request.body '$.a.b')}}{{this}},{{/each}}", "5,x,"),
        ("{{#if request.query.name}}y{{else}}n{{/if}}{{#unless request.query.zip}}u{{/unless}}", "yu"),
        ("{{#eq request.method 'POST'}}p{{/eq}}", "p"),
        ("{{! note }}a{{!-- b --}} {% c %} {# d", "a {% c %} {# d"),
        ("{{pickRandom 'a'}}{{randomInt lower=3 upper=4}}", "a3"),
    ],
)
def test_a_response_template_renders_as_in_wiremock(template: str, text: str) -> None:
    assert render(template) == text


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        ("type='UUID'", 36),
        ("length=7 type='NUMERIC'", 7),
        ("length=5 type='ALPHABETIC' uppercase=true", 5),
        ("length=9", 9),
    ],
)
def test_random_values_have_their_length(kind: str, length: int) -> None:
    assert len(render("{{randomValue " + kind + "}}")) == length


def test_templates_in_json_bodies_keep_types() -> None:
    mapping = {
        "request": {"url": "/a"},
        "response": {"jsonBody": {"n": "{{jsonPath request.body '$.a.b[0]'}}"}, "transformers": ["response-template"]},
    }
    scope = Scope(request=REQUEST, now=datetime(2024, 1, 2, tzinfo=UTC))
    assert compile_json_template(read(mapping).respond.json).render(scope) == {"n": 5}


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"request": {"urlPath": "/a", "customMatcher": {"name": "x"}}}, "customMatcher"),
        ({"request": {"multipartPatterns": []}}, "multipartPatterns"),
        ({"request": {"headers": {"A": {"before": "now"}}}}, "before"),
        ({"request": {"bodyPatterns": [{"matchesXPath": "//a"}]}}, "matchesXPath"),
        ({"request": {"bodyPatterns": [{"equalToJson": "{"}]}}, "not JSON"),
        ({"request": {"bodyPatterns": [{"equalToJson": '{"a":"${json-unit.ignore}"}'}]}}, "json-unit"),
        ({"response": {"proxyBaseUrl": "http://x"}}, "forward"),
        ({"response": {"fault": "NOPE"}}, "NOPE"),
        ({"response": {"transformers": ["mine"]}}, "mine"),
        ({"response": {"bodyFileName": "../secret"}}, "secret"),
        ({"response": {"bodyFileName": "gone.json"}}, "No such file"),
        ({"response": {"status": 9}}, "HTTP status"),
        ({"response": {"surprise": 1}}, "surprise"),
        ({"response": {"body": "{{hmac 'x'}}", "transformers": ["response-template"]}}, "hmac"),
        ({"response": {"body": "{{#each x}}", "transformers": ["response-template"]}}, "never closed"),
        ({"response": {"body": "{{now offset='2 years'}}", "transformers": ["response-template"]}}, "years"),
        ({"response": {"body": "{{now format='QQ'}}", "transformers": ["response-template"]}}, "QQ"),
        ({"response": {"body": "{{jsonPath request.body '$..x'}}", "transformers": ["response-template"]}}, "JSONPath"),
        ({"postServeActions": [{"name": "webhook"}]}, "postServeActions"),
        ({"newScenarioState": "x"}, "scenarioName"),
    ],
)
def test_what_has_no_counterpart_is_told_and_the_mapping_left_out(mapping: dict[str, Any], words: str) -> None:
    document = Plain({"mappings": [{"request": {}, "response": {}, **mapping}]}, "mappings/a.json")
    stubs, problems = read_wiremock(document, read_file=files)
    assert stubs == []
    assert any(words in problem.message for problem in problems), problems
    assert all(problem.pointer.startswith("/mappings/0") for problem in problems)


def test_mappings_are_recognised_among_stub_files() -> None:
    exported = json.loads('{"mappings": [{"id": "x", "request": {"url": "/a"}, "response": {}}], "meta": {"total": 1}}')
    assert is_wiremock(exported)
    stubs, problems = read_stubs(Plain(exported), read_file=files)
    assert [stub.id for stub in stubs] == ["x"]
    assert problems == []
    assert not is_wiremock([{"match": "/a"}])


def test_a_mapping_without_a_body_says_that_its_body_is_empty() -> None:
    assert read({"request": {"urlPath": "/a"}, "response": {"status": 404}}).respond.text == ""
    assert read({"request": {"urlPath": "/a"}, "response": {"jsonBody": {}}}).respond.text is UNSET
