"""Checking requests: everything wrong is named, with place, expectation and what came; no secret is repeated."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import (
    Location,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
    SecurityScheme,
)
from mockops.core.exchange import Request
from mockops.mocking.model import Violation
from mockops.mocking.rules.parameters import ParameterReader
from mockops.mocking.rules.validate import RequestValidator, outcome, problem_for

PET: dict[str, Any] = {
    "type": "object",
    "required": ["name", "id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "format": "int32"},
        "password": {"type": "string", "minLength": 30},
        "pass_phrase_hint": {"type": "string", "format": "password", "minLength": 30},
        "tags": {"type": "array", "items": {"type": "string"}},
        "owner": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
    "additionalProperties": False,
}


def operation(media_type: str = "application/json", schema: Any = None, **more: Any) -> Operation:
    media = MediaType(
        media_type=media_type,
        schema={"$ref": "#/$defs/Pet"} if schema is None else schema,
        encoding=more.pop("encoding", {}),
    )
    more.setdefault("request_body", RequestBody(required=more.pop("required", True), content=(media,)))
    return Operation(method="POST", path=more.pop("path", "/pets"), definitions={"Pet": PET}, **more)


def check(found: Operation, body: bytes = b"", content_type: str = "application/json", **more: Any) -> list[Violation]:
    headers = (("content-type", content_type),) if content_type else ()
    request = Request(method="POST", path="/", body=body, headers=headers + tuple(more.pop("headers", ())), **more)
    values = ParameterReader(found).read(request, {})
    return list(RequestValidator(found).check(request, values))


def short(violations: list[Violation]) -> list[tuple[str, str, str]]:
    return [(each.location, each.pointer, each.rule) for each in violations]


def test_a_valid_body_passes() -> None:
    assert check(operation(), b'{"name":"Rex","age":3,"tags":["a"]}') == []


def test_every_error_of_a_body_is_named() -> None:
    found = check(operation(), b'{"age":"3","tags":["a",1],"colour":"red","owner":{"name":null}}')
    assert set(short(found)) == {
        ("body", "/name", "required"),
        ("body", "/age", "type"),
        ("body", "/tags/1", "type"),
        ("body", "/colour", "additionalProperties"),
        ("body", "/owner/name", "type"),
    }
    age = next(each for each in found if each.pointer == "/age")
    assert (age.expected, age.actual) == ("integer", 'string "3"')
    assert age.message == 'body /age must be integer, but is string "3"'


def test_violations_are_bounded() -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    found = check(operation(schema=schema), msgspec.json.encode(["x"] * 5000))
    assert len(found) == 50


def test_secrets_are_never_repeated() -> None:
    body = b'{"name":"Rex","password":"hunter2hunter2","pass_phrase_hint":"moon"}'
    found = check(operation(), body)
    assert short(found) == [("body", "/password", "minLength"), ("body", "/pass_phrase_hint", "minLength")]
    assert b"hunter2" not in problem_for(operation(), found).body
    assert [each.actual for each in found] == ["***", "***"]
    cookie = Parameter(name="sid", location=Location.COOKIE, schema={"type": "integer"}, style="form")
    found = check(operation(parameters=(cookie,)), b'{"name":"Rex"}', headers=[("cookie", "sid=abcdef")])
    assert [each.actual for each in found] == ["***"]
    assert "abcdef" not in str(found)


def test_a_parameter_that_is_a_credential_is_not_repeated() -> None:
    scheme = SecurityScheme(name="k", kind="apiKey", location="query", parameter="key")
    found = Operation(
        method="GET", path="/", parameters=(query("key", {"type": "string", "maxLength": 3}),), security=((scheme,),)
    )
    assert [each.actual for each in check(found, query_string="key=AIzaSy")] == ["***"]


def test_long_values_are_cut() -> None:
    schema = {"type": "string", "maxLength": 3}
    found = check(operation(schema=schema), msgspec.json.encode("x" * 5000))
    assert len(found[0].actual) <= 80


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"name": "x",}', "byte 13 (line 1, column 14)"),
        (b'{\n "name" 1}', "byte 10 (line 2, column 9)"),
        (b'{"name":', "byte 8"),
        (b'"\xff"', "not UTF-8"),
        (b"[" * 5000, "nested too deeply"),
    ],
)
def test_malformed_json_says_where(body: bytes, where: str) -> None:
    found = check(operation(), body)
    assert short(found) == [("body", "", "json")]
    assert where in found[0].actual


@given(st.binary(max_size=40))
@settings(max_examples=80)
def test_no_body_breaks_the_validator(body: bytes) -> None:
    for media_type in ("application/json", "application/x-www-form-urlencoded", "text/plain", "application/xml"):
        check(operation(media_type), body, media_type)
    check(operation("multipart/form-data"), body, "multipart/form-data; boundary=b")
    check(operation("multipart/form-data"), b"--b\r\n" + body + b"\r\n--b--", "multipart/form-data; boundary=b")


def test_unions_report_the_alternative_that_was_meant() -> None:
    schema = {
        "oneOf": [
            {"type": "null"},
            {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
            },
            {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"const": "dog"}, "trick": {"type": "string"}},
            },
        ]
    }
    assert short(check(operation(schema=schema), b'{"kind":"dog","trick":1}')) == [("body", "/trick", "type")]
    assert short(check(operation(schema={"type": "object", "properties": {"a": schema}}), b'{"a":3}')) == [
        ("body", "/a", "oneOf")
    ]
    both = {"oneOf": [{"type": "integer"}, {"type": "number"}]}
    found = check(operation(schema=both), b"3")
    assert found[0].expected == "exactly one of the alternatives, not several"


def test_media_types() -> None:
    found = check(operation(), b"<a/>", "text/xml")
    assert short(found) == [("body", "", "media_type")]
    assert (found[0].expected, found[0].actual) == ("application/json", "text/xml")
    assert (
        check(operation("application/vnd.pet+json"), b'{"name":"Rex"}', "application/vnd.pet+json; charset=utf-8") == []
    )
    assert check(operation("application/json; charset=utf-8"), b'{"name":"Rex"}', "application/json") == []
    assert check(operation(), b'{"name":"Rex"}', "") == []
    assert short(check(operation("application/*"), b'{"name":1}')) == [("body", "/name", "type")]
    assert short(check(operation("*/*"), b'{"name":1}')) == [("body", "/name", "type")]
    versions = Operation(
        method="POST",
        path="/",
        request_body=RequestBody(
            content=(
                MediaType(media_type="application/x+json;version=1", schema={"type": "integer"}),
                MediaType(media_type="application/x+json;version=2", schema={"type": "string"}),
            )
        ),
    )
    assert check(versions, b'"a"', "application/x+json; version=2") == []
    assert short(check(versions, b'"a"', "application/x+json; version=1")) == [("body", "", "type")]


def test_required_body() -> None:
    assert short(check(operation())) == [("body", "", "required")]
    assert check(operation(required=False)) == []
    assert short(check(operation("application/x-www-form-urlencoded"), b"", "application/x-www-form-urlencoded")) == [
        ("body", "/name", "required")
    ]


def test_forms_are_read_by_their_schema_and_encoding() -> None:
    form = "application/x-www-form-urlencoded"
    assert check(operation(form), b"name=Rex+II&age=3&tags=a&tags=b", form) == []
    assert check(operation(form), b"name=Rex&owner[name]=Bo", form) == []
    assert check(operation(form), b"name=Rex&owner=%7B%22name%22%3A%22Bo%22%7D", form) == []
    assert set(short(check(operation(form), b"name=R&age=x&colour=red", form))) == {
        ("body", "/colour", "additionalProperties"),
        ("body", "/age", "type"),
        ("body", "/name", "minLength"),
    }
    joined = operation(form, encoding={"tags": {"style": "form", "explode": False}})
    assert check(joined, b"name=Rex&tags=a,b", form) == []


MULTIPART = "multipart/form-data; boundary=XX"


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array", "items": {"type": "object"}}])
def test_a_form_that_is_said_to_have_no_fields_is_left_alone(schema: dict[str, Any]) -> None:
    form = "application/x-www-form-urlencoded"
    assert check(operation(form, schema), b"q=1&r=2", form) == []
    assert check(operation("multipart/form-data", schema), b"--x--", "multipart/form-data; boundary=x") == []
    assert check(operation(form, {"type": ["object", "null"], "required": ["a"]}), b"q=1", form) != []


def parts(*found: tuple[str, str, bytes]) -> bytes:
    body = b""
    for name, more, content in found:
        body += f'--XX\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"
    return body + b"--XX--\r\n"


def test_multipart_forms() -> None:
    found = operation("multipart/form-data")
    good = parts(("name", "", b"Rex"), ("age", "", b"3"), ("tags", "", b"a"), ("owner", "", b'{"name":"Bo"}'))
    assert check(found, good, MULTIPART) == []
    assert check(found, good.replace(b"\r\n", b"\n"), MULTIPART) == []
    bad = parts(("name", "", b"R"), ("age", "", b"x"))
    assert set(short(check(found, bad, MULTIPART))) == {("body", "/name", "minLength"), ("body", "/age", "type")}
    assert short(check(found, good, "multipart/form-data")) == [("body", "", "multipart")]
    assert short(check(found, good[:-8], MULTIPART)) == [("body", "", "multipart")]
    upload = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
    files = operation("multipart/form-data", upload, encoding={"file": {"contentType": "image/png, image/jpeg"}})
    png = parts(("file", '; filename="a.png"\r\nContent-Type: image/png', b"\x89PNG\r\n\x00\xff"))
    assert check(files, png, MULTIPART) == []
    assert short(check(files, png.replace(b"image/png", b"text/html"), MULTIPART)) == [("body", "/file", "encoding")]


def test_text_xml_and_binary_bodies() -> None:
    assert check(operation("text/plain", {"type": "integer"}), b"42", "text/plain") == []
    assert short(check(operation("text/plain", {"type": "integer"}), b"x", "text/plain")) == [("body", "", "type")]
    assert check(operation("application/xml"), b"<pet><any/></pet>", "application/xml") == []
    assert short(check(operation("application/xml"), b"<pet>", "application/xml")) == [("body", "", "xml")]
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert short(check(operation("application/xml"), bomb, "application/xml")) == [("body", "", "xml")]
    assert check(operation("application/octet-stream", {"type": "integer"}), b"\xff", "application/octet-stream") == []


def test_a_compressed_body_is_left_alone() -> None:
    assert check(operation(), b"\x1f\x8b", headers=[("content-encoding", "gzip")]) == []


def query(name: str, schema: Any, **more: Any) -> Parameter:
    return Parameter(name=name, location=Location.QUERY, schema=schema, style="form", explode=True, **more)


def test_parameters_are_checked_all_at_once() -> None:
    found = Operation(
        method="POST",
        path="/pets",
        parameters=(
            query("limit", {"type": "integer", "maximum": 10}),
            query("sort", {"enum": ["asc", "desc"]}),
            query("flag", {"type": "boolean"}, allow_empty=True),
            query("needed", {"type": "string"}, required=True),
            Parameter(name="X-Rate", location=Location.HEADER, required=True, schema={"type": "integer"}),
            Parameter(name="ghost", location=Location.PATH, required=True, schema={"type": "integer"}),
        ),
    )
    wrong = check(found, query_string="limit=11&sort=up&flag=", headers=[("x-rate", "fast")])
    assert set(short(wrong)) == {
        ("query", "/limit", "maximum"),
        ("query", "/sort", "enum"),
        ("query", "/needed", "required"),
        ("header", "/X-Rate", "type"),
    }
    messages = {each.pointer: each.message for each in wrong}
    assert messages["/limit"] == "query parameter `limit` must be at most 10, but is 11"
    assert messages["/sort"] == 'query parameter `sort` must be one of "asc", "desc", but is "up"'
    assert messages["/needed"] == "query parameter `needed` is required, but missing"
    assert check(found, query_string="limit=1&needed=", headers=[("x-rate", "1")]) == []


def test_what_cannot_be_wrong_is_trivial() -> None:
    assert RequestValidator(Operation(method="GET", path="/")).is_trivial
    assert not RequestValidator(operation()).is_trivial
    assert not RequestValidator(Operation(method="GET", path="/", parameters=(query("a", {}),))).is_trivial
    open_too = ((SecurityScheme(name="k", kind="apiKey", location="query", parameter="k"),), ())
    assert RequestValidator(Operation(method="GET", path="/", security=open_too)).is_trivial


def status_of(statuses: tuple[str, ...], *rules: str) -> int:
    found = Operation(method="POST", path="/", responses=tuple(Response(status=each) for each in statuses))
    return outcome(
        found,
        [Violation(location="body", pointer="", rule=rule, expected="", actual="", message="") for rule in rules],
    )


def test_the_status_of_a_refusal() -> None:
    assert status_of(("200",), "type", "security", "media_type") == 401
    assert status_of(("200",), "type", "media_type") == 415
    assert status_of(("200", "400", "422"), "type") == 422
    assert status_of(("200", "400"), "type") == 400
    assert status_of(("200", "422"), "type") == 422
    assert status_of(("200", "default"), "type") == 400
    assert status_of(("200", "4XX"), "type") == 400
    assert status_of(("200",), "json") == 400


def test_a_refusal_is_a_problem_with_all_violations() -> None:
    scheme = SecurityScheme(name="auth", kind="http", scheme="bearer")
    found = operation(security=((scheme,),))
    refusal = problem_for(found, check(found, b'{"age":"x"}'))
    document = msgspec.json.decode(refusal.body)
    assert refusal.status == document["status"] == 401
    assert ("WWW-Authenticate", 'Bearer realm="mock"') in refusal.headers
    assert sorted(each["rule"] for each in document["violations"]) == ["required", "security", "type"]
    assert "Authorization" in document["detail"]
    refusal = problem_for(operation(), check(operation(), b"x", "text/csv"))
    assert ("Accept", "application/json") in refusal.headers


@given(st.dictionaries(st.sampled_from(["name", "age", "tags"]), st.text(max_size=5), max_size=3))
@settings(max_examples=50)
def test_a_form_and_its_json_break_the_contract_alike(fields: dict[str, str]) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}, "required": ["name"]}
    form = "application/x-www-form-urlencoded"
    by_form = check(operation(form, schema), urlencode(fields).encode(), form)
    by_json = check(operation(schema=schema), msgspec.json.encode(fields))
    assert short(by_form) == short(by_json)
