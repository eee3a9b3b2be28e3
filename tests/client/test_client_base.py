"""The client: who is asked as whom, what is tried again and what is not, and what refusals become."""

from __future__ import annotations

import httpx2
import msgspec
import pytest

from mockops.client.base import Api, segment
from mockops.client.errors import (
    AnswerInvalid,
    ApiConflict,
    ApiDenied,
    ApiFailed,
    ApiInvalid,
    ApiNotFound,
    ApiStale,
    ServerInvalid,
    ServerUnreachable,
)
from mockops.core.errors import Conflict, Invalid


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in ("MOCKOPS_SERVER", "MOCKOPS_TOKEN", "MOCKOPS_ORG"):
        monkeypatch.delenv(name, raising=False)


class Wire:
    """Answers in turn; an exception is raised instead."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.waits = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self, server="http://server.test", **options):
        return Api(server, transport=httpx2.MockTransport(self), sleep=self.waits.append, **options)


def ok(body=None, **headers):
    return httpx2.Response(200, json=body, headers=headers)


def problem(status, code="x.y", **members):
    return httpx2.Response(status, json={"status": status, "code": code, "detail": "no", **members})


def test_who_asks_is_said():
    wire = Wire(ok({}))
    wire.api(token="t0", org="acme").get("me", limit=3, cursor=None)
    [request] = wire.requests
    assert str(request.url) == "http://server.test/api/v1/me?limit=3"
    assert request.headers["authorization"] == "Bearer t0"
    assert request.headers["mockops-org"] == "acme"
    assert request.headers["user-agent"].startswith("mockops/")


def test_the_environment_says_who_is_asked_and_as_whom(monkeypatch):
    assert Wire().api(server="").server == "http://127.0.0.1:7070"
    monkeypatch.setenv("MOCKOPS_SERVER", "https://control.example:8443/base/")
    monkeypatch.setenv("MOCKOPS_TOKEN", "secret")
    wire = Wire(ok({}))
    wire.api(server="").get("me")
    assert str(wire.requests[0].url) == "https://control.example:8443/base/api/v1/me"
    assert wire.requests[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "url", ["ftp://x", "x", "http://", "http://u:p@x", "http://x?y", "http://x:99999", "http://[x"]
)
def test_what_is_no_server_is_refused(url):
    with pytest.raises(ServerInvalid) as caught:
        Api(url)
    assert caught.value.exit_code == 2
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("token", ["a\nb", "a b", "ü"])
def test_a_token_that_cannot_be_sent_is_not_shown(token):
    with pytest.raises(ServerInvalid) as caught:
        Api("http://x", token)
    assert token not in str(caught.value)


def test_safe_requests_and_posts_are_tried_again_with_the_same_key():
    refused = httpx2.ConnectError("refused")
    wire = Wire(refused, httpx2.ReadTimeout("slow"), ok({"a": 1}), problem(503), ok({}))
    api = wire.api()
    assert api.post("things", {"x": 1}).read(dict) == {"a": 1}
    keys = {request.headers["idempotency-key"] for request in wire.requests}
    assert len(wire.requests) == 3
    assert len(keys) == 1
    assert all(request.content == b'{"x":1}' for request in wire.requests)
    api.get("things")
    assert len(wire.waits) == 3
    assert wire.waits[1] > wire.waits[0]


def test_a_busy_server_says_when_to_come_back():
    wire = Wire(httpx2.Response(429, headers={"Retry-After": "3"}), ok({}))
    wire.api().get("x")
    assert wire.waits == [3.0]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_may_have_been_done_is_not_done_again(method):
    wire = Wire(httpx2.ReadTimeout("slow"))
    with pytest.raises(ServerUnreachable):
        getattr(wire.api(), method)("x", {})
    assert len(wire.requests) == 1


def test_what_was_never_sent_is():
    wire = Wire(httpx2.ConnectError("refused"), ok({}))
    wire.api().delete("x")
    assert len(wire.requests) == 2


def test_nobody_there_is_said_with_what_to_do():
    wire = Wire(*[httpx2.ConnectError("refused")] * 4)
    with pytest.raises(ServerUnreachable, match="mockops up") as caught:
        wire.api().get("x")
    assert caught.value.exit_code == 4
    assert len(wire.requests) == 4


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, ApiInvalid, 1),
        (401, ApiDenied, 1),
        (403, ApiDenied, 1),
        (404, ApiNotFound, 1),
        (409, ApiConflict, 3),
        (412, ApiStale, 3),
        (422, ApiInvalid, 1),
        (500, ApiFailed, 1),
        (507, ApiFailed, 1),
    ],
)
def test_each_refusal_has_its_error(status, kind, code):
    with pytest.raises(kind, match="no") as caught:
        Wire(problem(status)).api().put("x", {})
    assert caught.value.problem_code == "x.y"
    assert caught.value.exit_code == code


def test_refusals_are_the_categories_that_everything_knows():
    assert issubclass(ApiConflict, Conflict)
    assert issubclass(ApiInvalid, Invalid)


def test_a_refusal_names_every_place():
    errors = [{"code": "a.b", "pointer": "/x", "message": "bad", "source": "f.yaml", "line": 3, "hint": "h"}, 7, {}]
    with pytest.raises(ApiInvalid) as caught:
        Wire(problem(422, errors=errors)).api().get("x")
    assert str(caught.value.diagnostics[0]) == ("f.yaml:3: error: bad (at /x) [a.b]\n    hint: h")
    assert len(caught.value.diagnostics) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, content=b'{"a": "x"}'),
        httpx2.Response(404, content=b"<html>"),
        httpx2.Response(302, headers={"Location": "http://other"}),
        httpx2.Response(200, content=b"x" * 200),
    ],
)
def test_what_is_no_mockops_server_is_said_to_be_none(answer):
    with pytest.raises(AnswerInvalid):
        Wire(answer).api(max_answer_bytes=100).get("x").read(dict[str, int])


def test_a_token_is_not_sent_where_a_redirect_leads():
    wire = Wire(httpx2.Response(302, headers={"Location": "http://other"}))
    with pytest.raises(AnswerInvalid, match="http://other"):
        wire.api(token="t").get("x")
    assert len(wire.requests) == 1


def test_versions_travel_as_etags():
    wire = Wire(ok({}, ETag='"7"'), ok({}))
    api = wire.api()
    assert api.get("x").version == 7
    api.put("x", {}, if_match=7)
    assert wire.requests[1].headers["if-match"] == '"7"'


def test_pages_follow_one_another():
    wire = Wire(ok({"items": [{"n": 1}, {"n": 2}], "next": "c"}), ok({"items": [{"n": 3}], "next": None}))
    kind = msgspec.defstruct("Thing", [("n", int)])
    assert [each.n for each in wire.api().items("things", kind)] == [1, 2, 3]
    assert wire.requests[1].url.params["cursor"] == "c"


def test_a_segment_is_one():
    assert segment("a/b ü?") == "a%2Fb%20%C3%BC%3F"


def test_a_gateway_without_a_server_behind_it_is_unreachable():
    wire = Wire(*[httpx2.Response(502, content=b"<html>")] * 4)
    with pytest.raises(ServerUnreachable):
        wire.api().get("x")
