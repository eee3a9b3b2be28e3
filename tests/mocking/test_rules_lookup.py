"""Finding a stub by dictionaries gives what trying every stub in turn would give."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import OperationEntry
from mockops.core.exchange import Request
from mockops.mocking.model import (
    BodyMatcher,
    Caller,
    CountHit,
    RequestMatch,
    SessionView,
    SetState,
    Stub,
    StubInvalid,
    ValueMatcher,
)
from mockops.mocking.rules.buckets import Bucket, Entry
from mockops.mocking.rules.lookup import StubIndex
from mockops.mocking.rules.match import Subject, compile_match

ENTRIES = (
    OperationEntry(method="GET", path="/pets/{petId}", operation_id="getPet", base_paths=("", "/v1")),
    OperationEntry(method="GET", path="/pets", operation_id="listPets", base_paths=("", "/v1")),
)

texts = st.sampled_from(["a", "b", "1"])
value_matchers = st.one_of(
    st.builds(ValueMatcher, equals=texts),
    st.builds(ValueMatcher, not_equals=texts),
    st.builds(ValueMatcher, regex=st.just("[ab]")),
    st.builds(ValueMatcher, present=st.booleans()),
    st.builds(ValueMatcher, equals=st.just("A"), ignore_case=st.just(True)),
)
fields = st.dictionaries(st.sampled_from(["x", "y"]), value_matchers, max_size=2)
bodies = st.one_of(
    st.none(),
    st.builds(BodyMatcher, equals=st.sampled_from([{"a": 1}, {"a": True}, [1], "a", 1, None])),
    st.builds(
        BodyMatcher, json_path=st.dictionaries(st.sampled_from(["$.a", "$[0]"]), st.sampled_from([1, True]), min_size=1)
    ),
    st.builds(BodyMatcher, contains=texts),
)
matches = (
    st.builds(
        RequestMatch,
        method=st.sampled_from(["", "GET", "POST"]),
        path=st.sampled_from(["", "/pets/{id}", "/pets/a", "/pets/**"]),
        query=fields,
        headers=fields,
        cookies=fields,
        body=bodies,
        persona=st.sampled_from(["", "vip"]),
        state=st.sampled_from([{}, {"s": "on"}, {"s": "Started"}]),
    )
    | st.builds(RequestMatch, operation=st.sampled_from(["getPet", "GET /pets", "GET /pets/{any}"]), query=fields)
    | st.builds(RequestMatch, path_regex=st.sampled_from(["/pets/[a-z]", "/.*"]), headers=fields)
)
stubs = st.lists(
    st.builds(
        Stub,
        id=st.uuids().map(str),
        match=matches,
        priority=st.sampled_from([1, 5]),
        times=st.sampled_from([None, 1]),
        session=st.sampled_from(["", "default", "other"]),
    ),
    max_size=8,
)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(["/pets/a", "/pets/1", "/pets", "/v1/pets/a"]),
    query_string=st.sampled_from(["", "x=a", "x=b&x=a", "y=1", "x=a&y=b"]),
    headers=st.lists(st.sampled_from([("x", "a"), ("x", "b"), ("y", "1"), ("cookie", "x=a; y=b")]), max_size=3).map(
        tuple
    ),
    body=st.sampled_from([b"", b'{"a":1}', b'{"a":true}', b"[1.0]", b"a", b"1", b"null"]),
)


def addressed(request: Request) -> tuple[str, dict[str, str]]:
    path = request.path.removeprefix("/v1")
    if request.method != "GET":
        return "", {}
    return ("GET /pets", {}) if path == "/pets" else ("GET /pets/{petId}", {"petId": path.split("/")[2]})


def naive(index: StubIndex, known: list[Stub], request: Request, caller: Caller, view: SessionView) -> str | None:
    operation, params = addressed(request)
    subject = index.subject(request, operation, params, caller.persona, view)
    fitting = [
        (stub.priority, -number, stub.id)
        for number, stub in enumerate(known)
        if stub.session in ("", caller.session)
        and (stub.times is None or view.hits.get(stub.id, 0) < stub.times)
        and compile_match(stub.match, index.operations).matches(subject)
    ]
    return min(fitting)[2] if fitting else None


@settings(max_examples=150)
@given(stubs, requests, st.sampled_from(["", "vip"]), st.sampled_from([{}, {"s": "on"}]), st.data())
def test_the_index_agrees_with_trying_every_stub(
    known: list[Stub], request: Request, persona: str, states: dict[str, str], data: st.DataObject
) -> None:
    spent = data.draw(st.sets(st.sampled_from([stub.id for stub in known]))) if known else set()
    caller = Caller(persona=persona)
    view = SessionView(states=states, hits=dict.fromkeys(spent, 1))
    removed = set(list(spent)[:1])
    index = StubIndex(known, ENTRIES)
    for stub_id in removed:
        assert index.remove(stub_id) is not None
    operation, params = addressed(request)
    hit = index.find(request, operation, caller, view, 0, params)
    left = [stub for stub in known if stub.id not in removed]
    assert (hit and hit.stub.id) == naive(index, left, request, caller, view)


@settings(max_examples=150)
@given(stubs, requests, requests, st.sampled_from(["", "vip"]))
def test_a_repeatable_choice_depends_on_url_and_headers_used_alone(
    known: list[Stub], request: Request, other: Request, persona: str
) -> None:
    index = StubIndex(known, ENTRIES)
    twin = msgspec.structs.replace(
        other,
        method=request.method,
        path=request.path,
        query_string=request.query_string,
        headers=tuple(field for field in request.headers if field[0] in index.headers_used),
    )
    operation, params = addressed(request)
    choice = index.choose(request, operation, Caller(), SessionView(), 0, params)
    if choice.is_repeatable:
        again = index.find(twin, operation, Caller(persona=persona), SessionView(states={"s": "on"}), 0, params)
        assert (again and again.stub.id) == (choice.hit and choice.hit.stub.id)


def stub(name: str, match: dict[str, Any] | None = None, **settings: Any) -> Stub:
    return Stub(id=name, match=msgspec.convert(match or {}, RequestMatch), **settings)


def test_weights_share_the_answers_and_the_same_seed_draws_the_same() -> None:
    index = StubIndex([stub("a", {"path": "/x"}, weight=3), stub("b", {"path": "/x"}, weight=1)])

    def run(seed: int) -> list[str]:
        hits: dict[str, int] = {}
        drawn = []
        for _ in range(400):
            hit = index.find(Request(method="GET", path="/x"), session_view=SessionView(hits=hits), seed=seed)
            assert hit is not None
            assert hit.changes == (CountHit(hit.stub.id),)
            hits[hit.stub.id] = hits.get(hit.stub.id, 0) + 1
            drawn.append(hit.stub.id)
        return drawn

    first = run(7)
    assert first == run(7)
    assert first != run(8)
    assert 250 < first.count("a") < 350


def test_a_stub_answers_as_often_as_it_says_and_then_the_next_one_does() -> None:
    index = StubIndex([stub("always", {"path": "/x"}), stub("once", {"path": "/x"}, times=1, set_state={"s": "on"})])
    request = Request(method="GET", path="/x")
    first = index.choose(request)
    assert first.hit is not None
    assert first.hit.changes == (SetState("s", "on"), CountHit("once"))
    assert not first.is_repeatable
    again = index.find(request, session_view=SessionView(hits={"once": 1}))
    assert again is not None
    assert again.stub.id == "always"


def test_a_stub_is_found_under_the_contracts_base_path_with_its_own_parameter_names() -> None:
    index = StubIndex([stub("own", {"path": "/pets/{id}", "params": {"id": {"equals": "7"}}})], ENTRIES)
    hit = index.find(Request(method="GET", path="/v1/pets/7"), "GET /pets/{petId}", params={"petId": "7"})
    assert hit is not None
    assert hit.params == {"id": "7"}


def test_adding_the_same_id_replaces() -> None:
    index = StubIndex([stub("a", {"path": "/x"}), stub("b", {"path": "/y"})])
    index.add(stub("a", {"path": "/z", "headers": {"X-Y": {"equals": "1"}}}))
    assert index.find(Request(method="GET", path="/x")) is None
    assert index.headers_used == {"x-y"}
    index.remove("a")
    assert index.headers_used == frozenset()
    assert index.remove("a") is None
    assert [each.id for each in index.stubs] == ["b"]


def test_conditions_on_the_body_spoil_repeatability_only_where_they_can_decide() -> None:
    index = StubIndex(
        [
            stub("plain", {"path": "/x"}),
            stub("deep", {"path": "/x", "method": "POST", "body": {"contains": "a"}}),
        ]
    )
    assert index.choose(Request(method="GET", path="/x")).is_repeatable
    assert not index.choose(Request(method="POST", path="/x")).is_repeatable
    assert index.choose(Request(method="GET", path="/y")).is_repeatable


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ({"operation": "getPets"}, "did you mean 'getPet'"),
        ({"path": "pets"}, "does not start with"),
        ({"path_regex": "(?=a)"}, "look-ahead"),
        ({"query": {"x": {"regex": "("}}}, "RE2"),
        ({"body": {"json_path": {"a.b": 1}}}, "JSONPath"),
        ({"body": {"json_path": {"$.a": {"regex": 5}}}}, "str"),
        ({"body": {"json_schema": {"type": "nope"}}}, "JSON Schema"),
        ({"body": {"json_schema": {"$ref": "http://127.0.0.1:1/x"}}}, "JSON Schema"),
        ({"body": {"base64": "*"}}, "Base64"),
    ],
)
def test_what_cannot_be_matched_is_refused_when_added(match: dict[str, Any], words: str) -> None:
    with pytest.raises(StubInvalid, match=words):
        StubIndex([stub("bad", match)], ENTRIES)


@pytest.mark.parametrize(
    ("match", "sent"),
    [
        (lambda at: {"query": {"id": {"equals": at}}}, {"query_string": "id=77"}),
        (
            lambda at: {"headers": {"X-Id": {"equals": at}, "X-Same": {"equals": "s"}}},
            {"headers": (("x-id", "77"), ("x-same", "s"))},
        ),
        (lambda at: {"cookies": {"id": {"equals": at}}}, {"headers": (("cookie", "id=77"),)}),
        (lambda at: {"body": {"equals": {"a": [int(at)]}}}, {"body": b'{"a": [77.0]}'}),
        (lambda at: {"body": {"equals": at}}, {"body": b"77"}),
        (lambda at: {"body": {"json_path": {"$.a.b": at}}}, {"body": b'{"a": {"b": "77"}}'}),
        (lambda at: {"query": {f"q{at}": {"equals": "1"}}}, {"query_string": "q77=1"}),
    ],
)
def test_of_thousands_of_stubs_on_one_path_only_those_that_can_match_are_tried(
    match: Any, sent: dict[str, Any]
) -> None:
    bucket = Bucket()
    for at in range(2000):
        each = stub(str(at), {"path": "/p", **match(str(at))})
        bucket.add(Entry(each, at, lambda each=each: compile_match(each.match)))
    request = Request(**{"method": "GET", "path": "/p", **sent})
    tried = list(bucket.candidates(Subject(request=request)))
    assert [entry.stub.id for entry in tried] == ["77"]


def test_regular_expressions_on_paths_are_tried_together() -> None:
    index = StubIndex([stub(str(at), {"path_regex": f"/p/{at}/[a-z]+"}) for at in range(500)])
    hit = index.find(Request(method="GET", path="/p/77/x"))
    assert hit is not None
    assert hit.stub.id == "77"
    assert index.find(Request(method="GET", path="/p/77/1")) is None
    index.add(stub("url", {"url_regex": "/p.*[?]q=[0-9]"}))
    hit = index.find(Request(method="GET", path="/p", query_string="q=1"))
    assert hit is not None
    assert hit.stub.id == "url"
