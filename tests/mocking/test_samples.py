"""Sampled requests are valid, and read back as the values they were made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockops.contracts.model import (
    Example,
    Location,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    SecurityScheme,
    Selector,
)
from mockops.mocking.rules.bodies.xml_read import read_xml
from mockops.mocking.rules.generate import Optional
from mockops.mocking.rules.parameters import ParameterReader
from mockops.mocking.rules.paths import Router
from mockops.mocking.rules.samples import SampleImpossible, Sampler, sample_request
from mockops.mocking.rules.validate import RequestValidator

if TYPE_CHECKING:
    from mockops.core.exchange import Request

STYLES = {
    Location.PATH: ("simple", "label", "matrix"),
    Location.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    Location.HEADER: ("simple",),
    Location.COOKIE: ("form",),
}
SHAPES: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "enum": ["a b", "c/d", "e&f=g", "ü"]},
    {"type": "integer", "minimum": -5},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "string", "format": "date-time"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 2},
    {"type": "array", "items": {"enum": ["x", "y", "z"]}, "minItems": 1},
    {"type": "object", "required": ["r", "g"], "properties": {"r": {"type": "integer"}, "g": {"enum": ["s", "t"]}}},
]


@st.composite
def parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        location = draw(st.sampled_from(list(Location)))
        style = draw(st.sampled_from(STYLES[location]))
        schema = draw(st.sampled_from(SHAPES))
        is_object = schema["type"] == "object"
        if location is Location.COOKIE and schema["type"] in ("object", "array"):
            schema = SHAPES[2]
        if style == "deepObject" and not is_object:
            style = "form"
        if style in ("spaceDelimited", "pipeDelimited") and schema["type"] != "array":
            style = "form"
        found.append(
            Parameter(
                name=f"p{number}",
                location=location,
                required=draw(st.booleans()) or location is Location.PATH,
                schema=schema,
                style=style,
                explode=draw(st.booleans()) or style == "deepObject",
            )
        )
    return tuple(found)


def read(operation: Operation, request: Request) -> dict[str, dict[str, Any]]:
    router: Router[bool] = Router()
    router.add(operation.path, True, operation.method)
    found = router.find(request.path, request.method)
    assert found is not None, request.path
    values = ParameterReader(operation).read(request, found.params)
    assert RequestValidator(operation).check(request, values) == ()
    return values.values


@given(parameters(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_sampled_request_reads_back_as_valid_values(declared: tuple[Parameter, ...], seed: int) -> None:
    path = "".join(f"/x/{{{each.name}}}" for each in declared if each.location is Location.PATH) or "/x"
    operation = Operation(method="GET", path=path, parameters=declared)
    request = sample_request(operation, seed=seed, optional="all")
    values = read(operation, request)
    for each in declared:
        assert each.name in values[each.location.value] or not each.required
    assert request == sample_request(operation, seed=seed, optional="all")


def parameter(name: str, location: Location, schema: Any, **more: Any) -> Parameter:
    style = "form" if location in (Location.QUERY, Location.COOKIE) else "simple"
    return Parameter(name=name, location=location, schema=schema, **{"style": style, **more})


def test_a_path_parameter_is_never_empty_and_never_a_slash() -> None:
    declared = parameter("name", Location.PATH, {"type": "string", "enum": ["", ".", "..", "a/b"]}, required=True)
    operation = Operation(method="GET", path="/files/{name}/raw", parameters=(declared,))
    request = sample_request(operation, seed=3, base_path="/v1")
    assert request.path == "/v1/files/a%2Fb/raw"
    assert sample_request(Operation(method="GET", path="/x/{undeclared}"), seed=1).path.removeprefix("/x/")


def test_optional_parameters_are_there_as_asked() -> None:
    declared = tuple(parameter(f"q{n}", Location.QUERY, {"type": "integer"}) for n in range(12))
    sampler = Sampler(Operation(method="GET", path="/", parameters=declared))
    counts = {policy: len(sampler.sample(seed=1, optional=policy).query) for policy in list(Optional)}
    assert counts[Optional.NONE] == 0
    assert 0 < counts[Optional.SOME] < 12
    assert counts[Optional.ALL] == 12


def test_examples_of_the_contract_are_used_where_they_conform() -> None:
    examples = (Example(name="bad", value="x"), Example(name="good", value=77))
    declared = parameter("id", Location.PATH, {"type": "integer"}, required=True, examples=examples)
    body = RequestBody(
        required=True,
        content=(
            MediaType(
                media_type="application/json",
                schema={"type": "object"},
                examples=(Example(name="default", value={"k": 1}),),
            ),
        ),
    )
    operation = Operation(method="POST", path="/{id}", parameters=(declared,), request_body=body)
    request = sample_request(operation, seed=0)
    assert request.path == "/77"
    assert request.json == {"k": 1}


ADDRESS = {
    "type": "object",
    "required": ["city", "tags", "size"],
    "properties": {
        "city": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "size": {"type": "integer"},
        "geo": {"type": "object", "properties": {"lat": {"type": "number"}}},
    },
}


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "text/plain",
        "application/octet-stream",
        "*/*",
    ],
)
def test_a_body_is_valid_in_every_media_type(media_type: str) -> None:
    schema: Any = {"type": "string"} if media_type in ("text/plain", "application/octet-stream") else ADDRESS
    content = (MediaType(media_type=media_type, schema=schema),)
    operation = Operation(method="POST", path="/", request_body=RequestBody(required=True, content=content))
    request = sample_request(operation, seed=2, optional="all")
    assert request.body
    assert RequestValidator(operation).check(request) == ()
    if media_type == "application/xml":
        assert read_xml(request.body, schema, {}).keys() == {"city", "tags", "size", "geo"}


def test_json_is_preferred_among_media_types() -> None:
    content = tuple(MediaType(media_type=each, schema=ADDRESS) for each in ("application/xml", "application/json"))
    operation = Operation(method="POST", path="/", request_body=RequestBody(required=True, content=content))
    assert sample_request(operation, seed=0).media_type == "application/json"


SCHEMES = {
    "bearer": SecurityScheme(name="b", kind="http", scheme="bearer"),
    "basic": SecurityScheme(name="a", kind="http", scheme="basic"),
    "header": SecurityScheme(name="h", kind="apiKey", location="header", parameter="X-Key"),
    "query": SecurityScheme(name="q", kind="apiKey", location="query", parameter="key"),
    "cookie": SecurityScheme(name="c", kind="apiKey", location="cookie", parameter="sid"),
    "oauth2": SecurityScheme(name="o", kind="oauth2"),
    "clash": SecurityScheme(name="x", kind="apiKey", location="header", parameter="Authorization"),
}


@pytest.mark.parametrize("names", [(name,) for name in SCHEMES] + [("header", "basic", "cookie"), ("clash", "basic")])
def test_credentials_of_the_first_alternative_are_there(names: tuple[str, ...]) -> None:
    security = (tuple(SCHEMES[name] for name in names), (SCHEMES["bearer"],))
    operation = Operation(method="GET", path="/", security=security)
    request = sample_request(operation, seed=0)
    assert RequestValidator(Operation(method="GET", path="/", security=security[:1])).check(request) == ()


def test_what_anyone_may_do_carries_no_credentials() -> None:
    operation = Operation(method="GET", path="/", security=((SCHEMES["bearer"],), ()))
    assert sample_request(operation, seed=0).headers == ()


def test_what_tells_operations_of_one_path_apart_is_there() -> None:
    selectors = (
        Selector(location="query", name="Action", value="List Users"),
        Selector(location="query", name="acl"),
        Selector(location="header", name="x-mode", value="b"),
    )
    operation = Operation(method="GET", path="/", selectors=selectors)
    request = sample_request(operation, seed=0)
    assert dict(request.query) == {"Action": "List Users", "acl": ""}
    assert request.header("x-mode") == "b"


def test_headers_can_be_sent() -> None:
    awkward = parameter(
        "x-note", Location.HEADER, {"type": "string", "enum": ["grün", " x ", "a\r\nb", "fine"]}, required=True
    )
    framing = parameter("Content-Length", Location.HEADER, {"type": "integer"}, required=True)
    accept = parameter("Accept", Location.HEADER, {"type": "string"}, required=True)
    request = sample_request(Operation(method="GET", path="/", parameters=(awkward, framing, accept)), seed=0)
    assert request.headers == (("x-note", "fine"),)


def test_a_contract_that_contradicts_itself_is_named() -> None:
    declared = parameter("q", Location.QUERY, {"type": "string", "minLength": 3, "maxLength": 2}, required=True)
    operation = Operation(method="GET", path="/x", parameters=(declared,))
    with pytest.raises(SampleImpossible, match="no valid request of GET /x"):
        sample_request(operation, seed=0)


def test_a_path_is_percent_encoded() -> None:
    declared = parameter("id", Location.PATH, {"const": "a b%?#ü"}, required=True)
    path = sample_request(Operation(method="GET", path="/{id}", parameters=(declared,)), seed=0).path
    assert path == "/a%20b%25%3F%23%C3%BC"
    assert unquote(path) == "/a b%?#ü"


@pytest.mark.parametrize(
    ("path", "schemas"),
    [
        ("/map/{lat}.{format}", {"lat": {"type": "number"}, "format": {"enum": ["json"]}}),
        ("/{page}{extension}", {"page": {"type": "string"}, "extension": {"enum": [".json"]}}),
        ("/{from}-{to}", {"from": {"type": "string", "format": "date"}, "to": {"type": "integer"}}),
    ],
)
def test_parameters_that_share_a_segment_are_any_that_conform(path: str, schemas: dict[str, Any]) -> None:
    declared = tuple(parameter(name, Location.PATH, schema, required=True) for name, schema in schemas.items())
    operation = Operation(method="GET", path=path, parameters=declared)
    shared = [sample_request(operation, seed=seed).path for seed in range(4)]
    marks = {"{lat}": ".", "{page}": "", "{from}": "-"}[path[path.index("{") : path.index("}") + 1]]
    assert any(each.count(marks) > 1 for each in shared)


def test_a_base_path_is_percent_encoded() -> None:
    assert sample_request(Operation(method="GET", path="/x"), seed=0, base_path="/my api/").path == "/my%20api/x"
