"""Parameters: what a style put together is taken apart, and typed as the schema says."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import Location, Operation, Parameter
from mockops.core.exchange import Request
from mockops.mocking.rules.parameters import Coercion, ParameterReader

PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text("aZ09 ,.;:/?#[]@!$&'()*+=%{}|^~äß€日\U0001f600", min_size=1, max_size=8),
    "integer": st.integers(-(10**12), 10**12),
    "number": st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: round(x, 3)),
    "boolean": st.booleans(),
}
PLAIN = st.text("abcXYZ019 äß€-_~*", min_size=1, max_size=6).map(str.strip).filter(bool)
KEYS = ("role", "first name", "x")


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def reader(style: str, explode: bool, schema: Any, location: Location, **more: Any) -> ParameterReader:
    parameter = Parameter(name="p", location=location, style=style, explode=explode, schema=schema, **more)
    return ParameterReader(Operation(method="GET", path="/{p}", parameters=(parameter,)))


def read(found: ParameterReader, query: str = "", path: str | None = None, headers: Any = ()) -> Any:
    request = Request(method="GET", path="/", query_string=query, headers=tuple(headers))
    values = found.read(request, {} if path is None else {"p": path})
    assert values.violations == ()
    return next(iter(values.values.values())).get("p", "ABSENT")


def scalar_schema(kind: str) -> dict[str, Any]:
    return {"type": kind}


scalars = st.sampled_from(sorted(PRIMITIVES)).flatmap(lambda kind: st.tuples(st.just(kind), PRIMITIVES[kind]))
arrays = st.one_of(
    st.tuples(st.just("integer"), st.lists(PRIMITIVES["integer"], min_size=1, max_size=4)),
    st.tuples(st.just("boolean"), st.lists(st.booleans(), min_size=1, max_size=4)),
    st.tuples(st.just("string"), st.lists(PLAIN.filter(lambda x: " " not in x), min_size=1, max_size=4)),
)
objects = st.dictionaries(st.sampled_from(KEYS), PLAIN, min_size=1, max_size=3)
OBJECT = {"type": "object", "properties": {key: {"type": "string"} for key in KEYS}}


@given(scalars)
@settings(max_examples=60)
def test_a_scalar_survives_every_location(case: tuple[str, Any]) -> None:
    kind, value = case
    schema = scalar_schema(kind)
    written = text(value)
    assert read(reader("simple", False, schema, Location.PATH), path=written) == value
    assert read(reader("matrix", False, schema, Location.PATH), path=f";p={written}") == value
    assert read(reader("label", False, schema, Location.PATH), path=f".{written}") == value
    assert read(reader("form", True, schema, Location.QUERY), f"a=1&p={quote(written, safe='')}") == value
    cookie = [("cookie", f"a=b; p={quote(written, safe='')}; c=d")]
    assert read(reader("form", False, schema, Location.COOKIE), headers=cookie) == value
    header = read(reader("simple", False, schema, Location.HEADER), headers=[("p", written)])
    assert header == value


DELIMITERS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "|"}


@given(arrays, st.sampled_from(sorted(DELIMITERS)))
@settings(max_examples=60)
def test_an_array_survives_every_query_style(case: tuple[str, list[Any]], style: str) -> None:
    kind, value = case
    schema = {"type": "array", "items": {"type": kind}}
    pieces = [quote(text(item), safe="") for item in value]
    assert read(reader(style, True, schema, Location.QUERY), "&".join(f"p={each}" for each in pieces)) == value
    joined = DELIMITERS[style].join(pieces)
    assert read(reader(style, False, schema, Location.QUERY), f"p={joined}") == value
    encoded = quote(joined, safe="%")
    assert read(reader(style, False, schema, Location.QUERY), f"p={encoded}") == value


@given(arrays)
@settings(max_examples=40)
def test_an_array_survives_path_header_and_cookie(case: tuple[str, list[Any]]) -> None:
    kind, value = case
    schema = {"type": "array", "items": {"type": kind}}
    pieces = [text(item) for item in value]
    for explode in (False, True):
        assert read(reader("simple", explode, schema, Location.PATH), path=",".join(pieces)) == value
        assert read(reader("simple", explode, schema, Location.HEADER), headers=[("p", ", ".join(pieces))]) == value
    assert read(reader("label", False, schema, Location.PATH), path="." + ",".join(pieces)) == value
    assert read(reader("label", True, schema, Location.PATH), path="." + ".".join(pieces)) == value
    assert read(reader("matrix", False, schema, Location.PATH), path=";p=" + ",".join(pieces)) == value
    assert read(reader("matrix", True, schema, Location.PATH), path="".join(f";p={each}" for each in pieces)) == value
    quoted = ",".join(quote(each, safe="") for each in pieces)
    assert read(reader("form", False, schema, Location.COOKIE), headers=[("cookie", f"p={quoted}")]) == value


@given(objects)
@settings(max_examples=60)
def test_an_object_survives_every_style(value: dict[str, str]) -> None:
    def q(each: str) -> str:
        return quote(each, safe="")

    flat = ",".join(f"{key},{item}" for key, item in value.items())
    named = [f"{key}={item}" for key, item in value.items()]
    assert read(reader("simple", False, OBJECT, Location.PATH), path=flat) == value
    assert read(reader("simple", True, OBJECT, Location.PATH), path=",".join(named)) == value
    assert read(reader("label", False, OBJECT, Location.PATH), path="." + flat) == value
    assert read(reader("label", True, OBJECT, Location.PATH), path="." + ".".join(named)) == value
    assert read(reader("matrix", False, OBJECT, Location.PATH), path=";p=" + flat) == value
    assert read(reader("matrix", True, OBJECT, Location.PATH), path="".join(f";{each}" for each in named)) == value
    assert read(reader("simple", True, OBJECT, Location.HEADER), headers=[("p", ",".join(named))]) == value
    flat_query = ",".join(f"{q(key)},{q(item)}" for key, item in value.items())
    assert read(reader("form", False, OBJECT, Location.QUERY), f"p={flat_query}") == value
    spread = "&".join(f"{q(key)}={q(item)}" for key, item in value.items())
    assert read(reader("form", True, OBJECT, Location.QUERY), spread) == value
    deep = "&".join(f"p%5B{q(key)}%5D={q(item)}" for key, item in value.items())
    assert read(reader("deepObject", True, OBJECT, Location.QUERY), deep) == value


@pytest.mark.parametrize(
    ("schema", "written", "expected"),
    [
        ({"type": "string"}, "42", "42"),
        ({"type": "integer"}, "42", 42),
        ({"type": "integer"}, "1.0", 1),
        ({"type": "integer"}, "1.5", "1.5"),
        ({"type": "integer"}, " 1", " 1"),
        ({"type": "integer"}, "1_000", "1_000"),
        ({"type": "integer"}, "NaN", "NaN"),
        ({"type": "number"}, "42", 42),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "number"}, "inf", "inf"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "True", "True"),
        ({"type": "boolean"}, "1", "1"),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": ["integer", "null"]}, "", None),
        ({"type": ["string", "null"]}, "null", "null"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "42", 42),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "x", "x"),
        ({"anyOf": [{"type": "integer"}, {"enum": ["7"]}]}, "7", "7"),
        ({"oneOf": [{"type": "boolean"}, {"type": "null"}]}, "false", False),
        ({"allOf": [{"type": ["integer", "string"]}, {"type": "number"}]}, "5", 5),
        ({"$ref": "#/$defs/Size"}, "5", 5),
        ({"enum": [1, 2]}, "2", 2),
        ({"const": 3}, "3", 3),
        ({}, "42", "42"),
        (True, "42", "42"),
    ],
)
def test_text_becomes_what_the_schema_means(schema: Any, written: str, expected: Any) -> None:
    definitions: dict[str, Any] = {"Size": {"$ref": "#/$defs/Number"}, "Number": {"type": "integer"}}
    value = Coercion(schema, definitions).value(written)
    assert value == expected
    assert type(value) is type(expected)


def test_a_recursive_schema_is_read_without_end() -> None:
    definitions: dict[str, Any] = {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}
    deep = "p" + "[next]" * 50 + "=1"
    parameter = Parameter(
        name="p", location=Location.QUERY, style="deepObject", explode=True, schema={"$ref": "#/$defs/Node"}
    )
    found = ParameterReader(Operation(method="GET", path="/", parameters=(parameter,), definitions=definitions))
    assert isinstance(read(found, deep), dict)


def test_nested_deep_objects_and_lists_are_read_as_widely_practised() -> None:
    schema = {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {"type": "integer"}},
            "range": {"type": "object", "properties": {"gte": {"type": "integer"}}},
        },
    }
    found = reader("deepObject", True, schema, Location.QUERY)
    assert read(found, "p[tags][]=1&p[tags][]=2&p[range][gte]=5") == {"tags": [1, 2], "range": {"gte": 5}}
    assert read(found, "p[tags][1]=2&p[tags][0]=1") == {"tags": [1, 2]}
    assert read(found, "p[tags]=1&p[tags]=2") == {"tags": [1, 2]}
    listed = reader("deepObject", True, {"type": "array", "items": {"type": "string"}}, Location.QUERY)
    assert read(listed, "p[]=a&p[]=b") == ["a", "b"]
    assert read(listed, "p[0]=a&p[1]=b") == ["a", "b"]


def test_absent_and_empty_are_not_the_same() -> None:
    array = {"type": "array", "items": {"type": "string"}}
    assert read(reader("form", True, {"type": "string"}, Location.QUERY), "x=1") == "ABSENT"
    assert read(reader("form", True, {"type": "string"}, Location.QUERY), "p=") == ""
    assert read(reader("form", True, {"type": "string"}, Location.QUERY), "p") == ""
    assert read(reader("form", True, array, Location.QUERY), "p=") == []
    assert read(reader("form", False, array, Location.QUERY), "p=") == []
    assert read(reader("form", False, {"type": "integer"}, Location.QUERY), "p=") == ""


def test_an_encoded_delimiter_in_a_list_of_several_is_data() -> None:
    array = {"type": "array", "items": {"type": "string"}}
    assert read(reader("form", False, array, Location.QUERY), "p=a%2Cb,c") == ["a,b", "c"]


def test_allow_reserved_leaves_a_plus_alone() -> None:
    assert read(reader("form", True, {"type": "string"}, Location.QUERY), "p=a+b") == "a b"
    assert read(reader("form", True, {"type": "string"}, Location.QUERY, allow_reserved=True), "p=a+b/c?d") == "a+b/c?d"


def test_content_parameters_are_documents() -> None:
    parameter = Parameter(name="p", location=Location.QUERY, schema={"type": "object"}, media_type="application/json")
    found = ParameterReader(Operation(method="GET", path="/", parameters=(parameter,)))
    assert read(found, "p=" + quote('{"a":[1]}')) == {"a": [1]}
    values = found.read(Request(method="GET", path="/", query_string="p={a"), {})
    assert [(each.rule, each.pointer) for each in values.violations] == [("json", "/p")]
    assert values.get("query", "p") is None


def test_what_cannot_be_taken_apart_is_named() -> None:
    found = reader("simple", False, OBJECT, Location.PATH)
    values = found.read(Request(method="GET", path="/"), {"p": "role,admin,x"})
    assert [(each.location, each.rule, each.pointer) for each in values.violations] == [("path", "style", "/p")]
    assert "name,value" in values.violations[0].expected
    found = reader("label", False, {"type": "integer"}, Location.PATH)
    assert found.read(Request(method="GET", path="/"), {"p": "5"}).violations[0].rule == "style"


def test_headers_are_found_in_any_case_and_some_are_ignored() -> None:
    parameters = tuple(
        Parameter(name=name, location=Location.HEADER, required=True, schema={"type": "integer"})
        for name in ("X-Rate", "Accept", "Content-Type", "Authorization")
    )
    found = ParameterReader(Operation(method="GET", path="/", parameters=parameters))
    values = found.read(Request(method="GET", path="/", headers=(("x-rate", "3"), ("accept", "a/b"))), {})
    assert values.values == {"header": {"X-Rate": 3}}


@given(st.text(max_size=60), st.sampled_from(["form", "spaceDelimited", "pipeDelimited", "deepObject"]), st.booleans())
@settings(max_examples=150)
def test_no_query_string_breaks_the_reader(query: str, style: str, explode: bool) -> None:
    for schema in (OBJECT, {"type": "array", "items": {"type": "integer"}}, {"type": "boolean"}, {}, False):
        found = reader(style, explode, schema, Location.QUERY)
        found.read(Request(method="GET", path="/", query_string=query), {})


def test_objects_in_an_array_may_come_as_json() -> None:
    tag = {"type": "object", "properties": {"key": {"type": "string"}, "size": {"type": "integer"}}}
    array = {"type": "array", "items": tag}
    found = reader("form", True, array, Location.QUERY)
    one, other = quote('{"key":"a","size":1}'), quote('{"key": "b"}')
    assert read(found, f"p={one}&p={other}") == [{"key": "a", "size": 1}, {"key": "b"}]
    assert read(found, f"p={one}") == [{"key": "a", "size": 1}]
    assert read(found, "p[0][key]=a&p[0][size]=1") == [{"key": "a", "size": 1}]
    assert read(found, "p=%7Bno") == ["{no"]
    assert read(found, "p=[1]") == ["[1]"]
    assert read(reader("form", True, {"type": "array", "items": {"type": "string"}}, Location.QUERY), "p={}") == ["{}"]


@pytest.mark.parametrize("explode", [True, False])
def test_an_empty_text_is_an_item_where_an_array_needs_one(explode: bool) -> None:
    array = {"type": "array", "items": {"type": "string"}}
    assert read(reader("form", explode, array, Location.QUERY), "p=") == []
    assert read(reader("form", explode, {**array, "minItems": 1}, Location.QUERY), "p=") == [""]
    assert read(reader("form", explode, {**array, "minItems": 1}, Location.QUERY), "p=a") == ["a"]
