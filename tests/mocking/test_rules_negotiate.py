"""Choosing an answer: `Accept` by its rules, `Prefer` in the words of Prism."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import Example, Location, MediaType, Operation, Parameter, Response
from mockops.core.exchange import Request
from mockops.mocking.rules.negotiate import (
    Preference,
    Refusal,
    ResponsePlan,
    best_media_type,
    is_json,
    matches,
    parse_prefer,
    plan_response,
    preference_of,
)

JSON, XML, TEXT, PNG = "application/json", "application/xml", "text/plain", "image/png"
HAL, V1, V2 = "application/hal+json", "application/vnd.x+json;version=1", "application/vnd.x+json;version=2"


@pytest.mark.parametrize(
    ("accept", "declared", "expected"),
    [
        (None, [XML, JSON], JSON),
        (None, [TEXT, XML], TEXT),
        (None, [TEXT, HAL], HAL),
        ("", [XML, JSON], JSON),
        ("*/*", [XML, JSON], JSON),
        ("*", [XML], XML),
        ("application/xml", [JSON, XML], XML),
        ("application/xml;q=0.5, application/json;q=0.4", [JSON, XML], XML),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", [JSON, XML], XML),
        ("text/html, */*;q=0.1", [JSON, XML], JSON),
        ("application/*", [TEXT, XML, JSON], JSON),
        ("text/*;q=0.3, text/plain;q=0.1, */*;q=0.2", [TEXT, JSON], JSON),
        ("*/*, application/json;q=0", [JSON, XML], XML),
        ("application/json;q=0", [JSON], None),
        ("image/png", [JSON], None),
        ("APPLICATION/JSON; Q=1.0", [JSON], JSON),
        ("application/json;charset=utf-8", [JSON], JSON),
        ("application/json", ["application/json; charset=utf-8"], "application/json; charset=utf-8"),
        ("application/json;odata.metadata=minimal", [JSON], JSON),
        ("application/vnd.x+json", [V1, V2], V1),
        ("application/vnd.x+json;version=2", [V1, V2], V2),
        ("application/vnd.x+json;version=3", [V1, V2], None),
        ("application/vnd.github.v3+json", [JSON], JSON),
        ("application/json", [HAL], HAL),
        ("text/xml", [HAL], None),
        (None, ["*/*"], JSON),
        ("*/*", ["*/*"], JSON),
        ("text/csv", ["*/*"], "text/csv"),
        ("image/webp", ["image/*"], "image/webp"),
        (None, ["image/*"], PNG),
        ("*/*", ["text/*"], TEXT),
        ("not a media type", [XML, JSON], JSON),
        ("application/json;q=2, application/xml", [JSON, XML], XML),
        ('text/plain; x="a,b;c", application/xml;q=0.1', [XML, JSON], XML),
        (None, [], None),
    ],
)
def test_accept(accept: str | None, declared: list[str], expected: str | None) -> None:
    found = best_media_type(accept, declared)
    assert (found and found[1]) == expected


TYPES = [JSON, XML, TEXT, PNG, "text/html"]
RANGES = [*TYPES, "*/*", "text/*", "application/*", "image/*"]


def naive_weight(accept: list[tuple[str, float]], media_type: str) -> float:
    """RFC 9110 section 12.5.1, read literally: the most specific range that covers a type decides."""
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        for name, weight in accept:
            if name == wanted:
                return weight
    return 0.0


@given(
    st.lists(
        st.tuples(st.sampled_from(RANGES), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])),
        min_size=1,
        max_size=5,
        unique_by=lambda pair: pair[0],
    ),
    st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True),
)
@settings(max_examples=200)
def test_nothing_declared_has_a_higher_weight(accept: list[tuple[str, float]], declared: list[str]) -> None:
    header = ", ".join(f"{name};q={weight}" for name, weight in accept)
    weights = {each: naive_weight(accept, each) for each in declared}
    found = best_media_type(header, declared)
    if max(weights.values()) == 0:
        assert found is None
    else:
        assert found is not None
        assert found[1] == declared[found[0]]
        assert weights[found[1]] == max(weights.values())


@given(st.text(max_size=80), st.lists(st.sampled_from([*RANGES, V1]), max_size=3))
@settings(max_examples=200)
def test_no_header_breaks_negotiation(header: str, declared: list[str]) -> None:
    found = best_media_type(header, declared)
    assert found is None or 0 <= found[0] < len(declared)
    parse_prefer(header)


def test_media_types_that_are_sent() -> None:
    assert matches("application/json", "application/json; charset=utf-8")
    assert matches("application/*", "application/json") < matches(JSON, JSON) < matches(V1, V1)
    assert matches("*/*", "text/csv")
    assert not matches(V1, V2)
    assert not matches(JSON, XML)


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (JSON, True),
        (HAL, True),
        ("text/json", True),
        ("*/*", True),
        ("application/*", True),
        ("text/*", False),
        (XML, False),
    ],
)
def test_what_is_json(media_type: str, expected: bool) -> None:
    assert is_json(media_type) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("code=404", Preference(code="404")),
        ("code=404, example=cat", Preference(code="404", example="cat")),
        ("code=404; example=cat; dynamic=true", Preference(code="404", example="cat", dynamic=True)),
        ('example="a cat, black; small"', Preference(example="a cat, black; small")),
        ('example="say \\"hi\\""', Preference(example='say "hi"')),
        ("code=404, code=500", Preference(code="404")),
        ("dynamic", Preference(dynamic=True)),
        ("dynamic=false", Preference(dynamic=False)),
        ("respond-async, wait=10, Code=200", Preference(code="200")),
        ("provenance", Preference(provenance=True)),
        ("return=minimal", Preference()),
        (" , ;; =x", Preference()),
    ],
)
def test_prefer(header: str, expected: Preference) -> None:
    assert parse_prefer(header) == expected


def ask(query: str, *declared: str, prefer: str = "") -> Preference:
    parameters = tuple(Parameter(name=name, location=Location.QUERY) for name in declared)
    headers = (("prefer", prefer),) if prefer else ()
    return preference_of(
        Operation(method="GET", path="/", parameters=parameters),
        Request(method="GET", path="/", query_string=query, headers=headers),
    )


def test_preferences_in_the_query_as_prism_takes_them() -> None:
    assert ask("__code=404&__example=cat&__dynamic=true") == Preference(code="404", example="cat", dynamic=True)
    assert ask("__code=404", prefer="code=500") == Preference(code="500")
    assert ask("__code=404", prefer="dynamic=true") == Preference(code="404", dynamic=True)
    assert ask("__code=404", "__code").is_empty
    assert ask("a=1").is_empty


def responses(*statuses: str, **content: tuple[MediaType, ...]) -> Operation:
    return Operation(
        method="GET",
        path="/pets",
        responses=tuple(Response(status=each, content=content.get(f"s{each}", ())) for each in statuses),
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["201", "200", "404"], (200, "200")),
        (["404", "204"], (204, "204")),
        (["2XX", "404"], (200, "2XX")),
        (["202", "2XX"], (202, "202")),
        (["default"], (200, "default")),
        (["404", "default"], (200, "default")),
        (["302", "default"], (302, "302")),
        (["302", "404"], (302, "302")),
        (["404", "500"], (404, "404")),
        (["5XX"], (500, "5XX")),
        ([], (200, "200")),
    ],
)
def test_the_status_when_nothing_is_asked(statuses: list[str], expected: tuple[int, str]) -> None:
    plan = plan_response(responses(*statuses))
    assert isinstance(plan, ResponsePlan)
    assert (plan.status, plan.response.status) == expected


@pytest.mark.parametrize(
    ("statuses", "code", "expected"),
    [
        (["200", "404", "4XX"], "404", (404, "404")),
        (["200", "4XX"], "404", (404, "4XX")),
        (["200", "4xx"], "404", (404, "4xx")),
        (["200", "default"], "503", (503, "default")),
    ],
)
def test_the_status_asked_for(statuses: list[str], code: str, expected: tuple[int, str]) -> None:
    plan = plan_response(responses(*statuses), None, Preference(code=code))
    assert isinstance(plan, ResponsePlan)
    assert (plan.status, plan.response.status) == expected


def refusal(plan: ResponsePlan | Refusal) -> tuple[int, dict[str, Any]]:
    assert isinstance(plan, Refusal)
    return plan.status, msgspec.json.decode(plan.body)


def test_what_cannot_be_answered_is_explained() -> None:
    cat = MediaType(media_type=JSON, examples=(Example(name="cat", value=1), Example(name="dog", value=2)))
    found = responses("200", "404", s200=(cat,), s404=(cat,))
    status, document = refusal(plan_response(found, None, Preference(code="500")))
    assert (status, document["declared"]) == (404, ["200", "404"])
    assert "500" in document["detail"]
    status, document = refusal(plan_response(found, None, Preference(code="teapot")))
    assert (status, document["code"]) == (400, "mocking.prefer_code")
    status, document = refusal(plan_response(found, "image/png"))
    assert (status, document["declared"]) == (406, [JSON])
    status, document = refusal(plan_response(found, None, Preference(example="cow")))
    assert (status, document["declared"]) == (404, ["cat", "dog"])
    error = plan_response(found, "image/png", Preference(code="404"))
    assert isinstance(error, ResponsePlan)
    assert error.content_type == JSON


def test_examples_and_bodies() -> None:
    cat = MediaType(media_type="*/*", examples=(Example(name="cat", value=1), Example(name="dog", value=2)))
    found = responses("200", s200=(cat,))
    plan = plan_response(found)
    assert isinstance(plan, ResponsePlan)
    assert (plan.content_type, plan.example) == (JSON, cat.examples[0])
    plan = plan_response(found, "text/csv", Preference(example="dog"))
    assert isinstance(plan, ResponsePlan)
    assert (plan.content_type, plan.example, plan.is_named) == ("text/csv", cat.examples[1], True)
    plan = plan_response(found, None, Preference(dynamic=True))
    assert isinstance(plan, ResponsePlan)
    assert plan.example is None
    plan = plan_response(responses("204", s204=(cat,)), "image/png")
    assert isinstance(plan, ResponsePlan)
    assert (plan.media, plan.content_type) == (None, "")
