"""Stub and persona files: shorthands, bodies from files, and every problem with its place."""

from __future__ import annotations

from typing import Any

import pytest

from mockops.core.documents import read_document
from mockops.core.errors import Invalid
from mockops.mocking.importers.personas import read_persona
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs, stub_from_json
from mockops.mocking.model import BodyMatcher, Delay, RequestMatch, Stub, StubInvalid, StubResponse, ValueMatcher


def nothing(name: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", name)


def one(data: dict[str, Any]) -> Stub:
    stubs, problems = read_stubs(Plain([{"respond": 200, "match": {}, **data}], "stubs/a.yaml"), read_file=nothing)
    assert problems == []
    return stubs[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GET /pets/{id}", RequestMatch(operation="GET /pets/{id}")),
        ("getPet", RequestMatch(operation="getPet")),
        ("/pets", RequestMatch(path="/pets")),
        ({"query": {"limit": 10, "on": True, "q": None}}, RequestMatch(query={
            "limit": ValueMatcher(equals="10"), "on": ValueMatcher(equals="true"), "q": ValueMatcher(present=False),
        })),
        ({"headers": {"X-A": {"ignoreCase": True, "equals": 5}}}, RequestMatch(headers={
            "X-A": ValueMatcher(equals="5", ignore_case=True)
        })),
        ({"pathRegex": "/a.*"}, RequestMatch(path_regex="/a.*")),
        ({"body": "text"}, RequestMatch(body=BodyMatcher(equals="text"))),
        ({"body": {"equals": {"a": 1}}}, RequestMatch(body=BodyMatcher(equals={"a": 1}))),
        ({"body": {"jsonPath": {"$.a": 1}}}, RequestMatch(body=BodyMatcher(json_path={"$.a": 1}))),
        ({"body": {"form": {"a": 1}}}, RequestMatch(body=BodyMatcher(form={"a": ValueMatcher(equals="1")}))),
        ({"state": {"cart": "full"}, "persona": "vip"}, RequestMatch(state={"cart": "full"}, persona="vip")),
    ],
)  # fmt: skip
def test_a_match_can_be_written_short(written: Any, meant: RequestMatch) -> None:
    assert one({"match": written}).match == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (204, StubResponse(status=204)),
        ("hi", StubResponse(text="hi")),
        ({"body": "hi"}, StubResponse(text="hi")),
        ({"body": {"a": 1}}, StubResponse(json={"a": 1})),
        ({"json": None}, StubResponse(json=None)),
        ({"headers": {"X": 1, "Y": ["a", "b"]}}, StubResponse(headers={"X": "1", "Y": ["a", "b"]})),
    ],
)
def test_a_respond_block_can_be_written_short(written: Any, meant: StubResponse) -> None:
    assert one({"respond": written}).respond == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (200, Delay(fixed_ms=200)),
        ("200ms", Delay(fixed_ms=200)),
        ("1.5s", Delay(fixed_ms=1500)),
        ({"uniform": [10, "1s"]}, Delay(uniform_ms=(10, 1000))),
        ({"lognormal": ["80ms", 0.4], "dribble": "1s"}, Delay(lognormal_ms=(80, 0.4), dribble_ms=1000)),
        ({"normalMs": [100, 20]}, Delay(normal_ms=(100, 20))),
    ],
)
def test_a_delay_can_be_written_short(written: Any, meant: Delay) -> None:
    assert one({"delay": written}).delay == meant


def test_ids_are_given_by_place_and_name_and_stay() -> None:
    document = Plain([{"match": "/a", "respond": 200}, {"name": "n", "match": "/a", "respond": 200}], "/x/stubs/a.yaml")
    stubs, _ = read_stubs(document, read_file=nothing)
    again, _ = read_stubs(Plain(document.data, "/elsewhere/stubs/a.yaml"), read_file=nothing)
    assert [stub.id for stub in stubs] == [stub.id for stub in again]
    assert len({stub.id for stub in stubs}) == 2
    moved, _ = read_stubs(Plain(document.data[::-1], "/x/stubs/a.yaml"), read_file=nothing)
    assert moved[0].id == stubs[1].id


def test_files_become_bodies_and_stay_inside_their_folder() -> None:
    contents = {"a.txt": b"h\xc3\xa9", "b/c.png": b"\x89\xff"}
    names = ["a.txt", "b/c.png", "../x", "/etc/passwd", "gone", "C:\\x"]
    document = Plain([{"match": "/a", "respond": {"file": name}} for name in names])

    def read(name: str) -> bytes:
        if name not in contents:
            raise Invalid("not there")
        return contents[name]

    stubs, problems = read_stubs(document, read_file=read)
    assert [(stub.respond.text, stub.respond.base64) for stub in stubs] == [
        ("hé", stubs[0].respond.base64),
        (stubs[1].respond.text, "if8="),
    ]
    assert [problem.pointer for problem in problems] == [f"/{at}/respond/file" for at in (2, 3, 4, 5)]


YAML = b"""\
stubs:
  - match: GET /pets/{id}
    respond: { body: hi, staus: 200 }
    dealy: 2s
  - match: { query: { x: { equal: a } }, body: { a: 1 } }
    respond: 204
    delay: 2 parsecs
  - match: { path: pets, operation: getPet }
    respond: { status: 99, json: { a: 1 }, text: x }
    fault: rest
    priority: 0
    times: many
  - respond: 200
  - match: { path: "/a?b=c" }
    respond: { base64: "*" }
    delay: { uniform: [5, 1], fixed: 1 }
  - 5
  - { id: a, match: /a, respond: 200, source: other }
  - { id: a, match: /b, respond: 200 }
"""


def test_every_problem_is_told_with_its_line_and_what_to_do() -> None:
    stubs, problems = read_stubs(read_document(YAML, "stubs/a.yaml"), read_file=nothing)
    told = [(problem.line, problem.pointer, problem.message, problem.hint) for problem in problems]
    assert (3, "/stubs/0/respond/staus", "a respond block has no 'staus'", "did you mean 'status'?") in told
    assert (4, "/stubs/0/dealy", "a stub has no 'dealy'", "did you mean 'delay'?") in told
    assert (5, "/stubs/1/match/query/x/equal", "a matcher has no 'equal'", "did you mean 'equals'?") in told
    pointers = {problem.pointer for problem in problems}
    assert pointers == {
        "/stubs/0/respond/staus",
        "/stubs/0/dealy",
        "/stubs/1/match/query/x/equal",
        "/stubs/1/match/body",
        "/stubs/1/delay",
        "/stubs/2/match",
        "/stubs/2/match/path",
        "/stubs/2/respond",
        "/stubs/2/respond/status",
        "/stubs/2/fault",
        "/stubs/2/priority",
        "/stubs/2/times",
        "/stubs/3",
        "/stubs/4/match/path",
        "/stubs/4/respond/base64",
        "/stubs/4/delay",
        "/stubs/5",
        "/stubs/7/id",
    }
    assert all(problem.line for problem in problems)
    assert [(stub.id, stub.match.path) for stub in stubs] == [("a", "/a")]


@pytest.mark.parametrize("data", ["text", 5, {"stubs": {}}, {"stubs": [], "other": 1}])
def test_what_is_no_stub_file_is_told(data: Any) -> None:
    stubs, problems = read_stubs(Plain(data), read_file=nothing)
    assert stubs == []
    assert problems


def test_an_empty_file_holds_no_stubs() -> None:
    assert read_stubs(Plain(None), read_file=nothing) == ([], [])


def test_over_the_api_every_problem_comes_with_the_refusal() -> None:
    with pytest.raises(StubInvalid) as refusal:
        stub_from_json({"match": {"queri": {}}, "respond": {"status": "x"}})
    assert [problem.pointer for problem in refusal.value.diagnostics] == ["/match/queri", "/respond/status"]
    with pytest.raises(StubInvalid, match="over the API"):
        stub_from_json({"match": {}, "respond": {"file": "a.txt"}})
    stub = stub_from_json({"id": "x", "match": "/a", "respond": 201})
    assert (stub.id, stub.source) == ("x", "api")


def test_a_persona_file_is_read() -> None:
    data = b"""\
name: vip
seed: 7
entities: { customer: { id: c1 } }
overrides: [{ pointer: /a/0, value: 1 }]
lifecycle:
  state: new
  states: [new, old]
  transitions: [{ from: new, to: old, after: 1h }, { from: old, to: new, when: createPayment }]
"""
    persona, problems = read_persona(read_document(data, "personas/vip.yaml"))
    assert problems == []
    assert persona is not None
    assert persona.entities == {"customer": {"id": "c1"}}
    assert persona.lifecycle is not None
    assert persona.lifecycle.transitions[0].after == 3600


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"seed": "x"}, "/seed"),
        ({"entities": {"customer": 5}}, "/entities/customer"),
        ({"overrides": [{"value": 1}]}, "/overrides/0"),
        ({"overrides": [{"pointer": "a", "value": 1}]}, "/overrides/0/pointer"),
        ({"lifecycle": {"state": "x", "states": ["a"]}}, "/lifecycle/state"),
        (
            {"lifecycle": {"state": "a", "states": ["a"], "transitions": [{"from": "a", "to": "b", "after": 1}]}},
            "/lifecycle/transitions/0/to",
        ),
        (
            {"lifecycle": {"state": "a", "states": ["a"], "transitions": [{"from": "a", "to": "a"}]}},
            "/lifecycle/transitions/0",
        ),
    ],
)
def test_a_persona_that_cannot_be_is_refused(changes: dict[str, Any], pointer: str) -> None:
    persona, problems = read_persona(Plain({"name": "vip", **changes}))
    assert persona is None
    assert pointer in {problem.pointer for problem in problems}


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("x.json", b"{}", "application/json"),
        ("a.b/x.XML", b"<a/>", "application/xml"),
        ("x.html", b"<p>", "text/html; charset=utf-8"),
        ("x.html", b"<p>\xff", "text/html"),
        ("label.zpl", b"^XA", "text/plain; charset=utf-8"),
        ("x.svg", b"<svg/>", "image/svg+xml"),
        ("x.pdf", b"\xff", "application/pdf"),
        ("x.unknown", b"a", None),
        ("json", b"a", None),
        ("a.json/noending", b"a", None),
    ],
)
def test_a_body_file_is_of_the_type_that_its_ending_says(name: str, content: bytes, wanted: str | None) -> None:
    document = Plain({"match": "/a", "respond": {"file": name}})
    stubs, problems = read_stubs(document, read_file=lambda _: content)
    assert problems == []
    assert stubs[0].respond.headers.get("Content-Type") == wanted


def test_a_header_wins_over_a_body_files_ending() -> None:
    document = Plain(
        {"match": "/a", "respond": {"file": "x.json", "headers": {"content-type": "application/hal+json"}}}
    )
    stubs, _ = read_stubs(document, read_file=lambda _: b"{}")
    assert stubs[0].respond.headers == {"content-type": "application/hal+json"}
