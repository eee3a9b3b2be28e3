"""The contract's own answer: which example, when generated, with which headers, and why there may be none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockops.contracts.model import Example, MediaType, Operation, Response, ResponseHeader
from mockops.core.exchange import Request
from mockops.mocking.model import Persona, Reply
from mockops.mocking.rules.declared import Declared
from mockops.mocking.rules.operations import Ready

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
}
REX, BO = {"id": 1, "name": "Rex"}, {"id": 2, "name": "Bo"}


def media(*values: tuple[str, Any], schema: Any = PET, kind: str = "application/json") -> MediaType:
    return MediaType(
        media_type=kind, schema=schema, examples=tuple(Example(name=name, value=value) for name, value in values)
    )


def declared(
    *responses: Response, headers: tuple[tuple[str, str], ...] = (), query: str = "", **known: Any
) -> Declared:
    operation = Operation(method="GET", path="/pets/{id}", responses=responses, pointer="/paths/~1pets/get")
    request = Request(method="GET", path="/pets/7", query_string=query, headers=headers)
    params = known.pop("params", {"id": "7"})
    return Declared(Ready(operation), request, params, persona=known.get("persona"), seed=known.get("seed", 0))


def ok(*values: tuple[str, Any], **more: Any) -> Response:
    return Response(status="200", content=(media(*values, **more),))


def value(reply: Reply) -> Any:
    assert reply.source == "mock", reply.body
    return json.loads(reply.body)


def test_the_first_example_that_keeps_its_schema_is_the_answer() -> None:
    assert value(declared(ok(("a", REX), ("b", BO))).reply()) == REX
    assert value(declared(ok(("broken", {"id": "x"}), ("b", BO))).reply()) == BO


def test_a_personas_example_comes_first() -> None:
    vip, other = Persona(name="vip"), Persona(name="other", entities={"customer": {"id": 9}})
    assert value(declared(ok(("a", REX), ("vip", BO)), persona=vip).reply()) == BO
    # an example that is not this persona's shows the form, and the persona its own data
    order = {"type": "object", "properties": {"customer_id": {"type": "integer"}, "note": {"type": "string"}}}
    reply = declared(ok(("a", {"customer_id": 1, "note": "soon"}), schema=order), persona=other).reply()
    assert value(reply) == {"customer_id": 9, "note": "soon"}


def test_an_example_that_breaks_its_schema_gives_a_conforming_value_close_to_it() -> None:
    found = value(declared(ok(("a", {"id": "one", "name": "Rex", "age": -3}))).reply())
    assert found["name"] == "Rex"
    assert isinstance(found["id"], int)
    assert found.get("age", 0) >= 0


def test_what_has_no_schema_is_its_example() -> None:
    assert value(declared(ok(("a", ["anything"]), schema=None)).reply()) == ["anything"]
    assert value(declared(ok(schema=None)).reply()) == {}


def test_generated_values_depend_on_seed_parameters_and_persona_and_on_nothing_else() -> None:
    first = declared(ok()).reply()
    assert first.body == declared(ok(), headers=(("x-any", "1"),)).reply().body
    assert value(first)["id"] == 7
    others = [
        declared(ok(), seed=1),
        declared(ok(), params={"id": "8"}),
        declared(ok(), persona=Persona(name="vip")),
    ]
    assert all(other.reply().body != first.body for other in others)
    assert first.is_repeatable


def test_prefer_chooses_status_example_and_dynamic() -> None:
    gone = Response(status="404", content=(media(("gone", {"why": "gone"}), schema=None),))
    responses = (ok(("a", REX), ("b", BO), ("broken", {"id": "x"})), gone)

    def preferring(text: str) -> Reply:
        return declared(*responses, headers=(("prefer", text),)).reply()

    assert (preferring("code=404").status, value(preferring("code=404"))) == (404, {"why": "gone"})
    assert value(preferring("example=b")) == BO
    assert value(preferring("example=broken")) == {"id": "x"}  # what is asked for by name is sent as it is
    assert value(preferring("dynamic=true")) not in (REX, BO)
    for text, status, word in (("code=500", 404, "404"), ("example=c", 404, "broken"), ("code=x", 400, "200")):
        refusal = preferring(text)
        assert (refusal.status, refusal.source, refusal.operation) == (status, "error", "GET /pets/{id}")
        assert word in json.loads(refusal.body)["detail"]
    assert value(declared(*responses, query="__example=b").reply()) == BO


def test_a_type_that_is_not_declared_is_refused() -> None:
    refusal = declared(ok(("a", REX)), headers=(("accept", "text/csv"),)).reply()
    assert (refusal.status, refusal.source) == (406, "error")


def test_headers_are_declared_ones_by_example_or_generated_and_never_framing() -> None:
    fields = (
        ResponseHeader(name="X-Limit", schema={"type": "integer", "minimum": 5, "maximum": 5}),
        ResponseHeader(name="X-Tags", examples=(Example(name="default", value=["a", True, None]),)),
        ResponseHeader(name="X-Map", examples=(Example(name="default", value={"a": 1, "b": False}),)),
        ResponseHeader(name="X-Any"),
        ResponseHeader(name="Content-Length", schema={"type": "integer"}),
        ResponseHeader(name="content-type", schema={"type": "string"}),
    )
    reply = declared(Response(status="200", content=(media(("a", REX)),), headers=fields)).reply()
    found = dict(reply.headers)
    assert list(found) == ["Content-Type", "X-Limit", "X-Tags", "X-Map", "X-Any"]
    assert found["Content-Type"] == "application/json"
    assert (found["X-Limit"], found["X-Tags"], found["X-Map"]) == ("5", "a,true,", "a,1,b,false")


def test_no_content_has_no_body_and_no_type() -> None:
    reply = declared(Response(status="204")).reply()
    assert (reply.status, reply.body, reply.headers) == (204, b"", ())


@pytest.mark.parametrize("where", ["body", "header"])
def test_a_schema_that_nothing_keeps_is_a_500_that_says_where(where: str) -> None:
    never = {"type": "integer", "minimum": 5, "maximum": 4}
    response = (
        ok(schema=never)
        if where == "body"
        else Response(status="200", headers=(ResponseHeader(name="X", schema=never),))
    )
    reply = declared(response).reply()
    told = json.loads(reply.body)
    assert (reply.status, reply.source) == (500, "error")
    assert told["pointer"] == "/paths/~1pets/get"
    assert "GET /pets/{id}" in told["detail"]


def test_reply_with_gives_a_status_an_example_or_both() -> None:
    gone = Response(status="404", content=(media(("gone", {"why": "gone"}), schema=None),))
    other = Response(status="4XX", content=(media(("odd", {"why": "odd"}), schema=None),))
    found = declared(ok(("a", REX), ("b", BO)), gone, other, headers=(("prefer", "code=500, example=x"),))
    assert value(found.reply_with(None, "")) == REX  # what a stub says wins over what the caller prefers
    assert value(found.reply_with(None, "b")) == BO
    assert (found.reply_with(None, "gone").status, value(found.reply_with(None, "gone"))) == (404, {"why": "gone"})
    assert value(found.reply_with(404, "")) == {"why": "gone"}
    assert (found.reply_with(409, "").status, value(found.reply_with(409, ""))) == (409, {"why": "odd"})
    assert found.reply_with(404, "b").source == "error"
    assert found.reply_with(None, "nowhere").source == "error"


def test_has_status_takes_numbers_alone() -> None:
    found = declared(ok(), Response(status="4XX"), Response(status="default"))
    assert [status for status in (200, 201, 400, 404, 500) if found.has_status(status)] == [200]


def test_where_a_schema_contradicts_itself_the_authors_example_is_the_answer() -> None:
    impossible = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "maxLength": 1, "minLength": 2}},
    }
    assert value(declared(ok(("written", {"a": "as meant"}), schema=impossible)).reply()) == {"a": "as meant"}
    assert declared(ok(schema=impossible)).reply().status == 500
