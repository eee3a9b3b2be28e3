"""What each condition means, and what it says when it does not hold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.exchange import Request
from mockops.mocking.model import BodyMatcher, RequestMatch, ValueMatcher
from mockops.mocking.rules.conditions import value_test
from mockops.mocking.rules.equality import canonical, is_json_equal, is_json_subset
from mockops.mocking.rules.generate import Generator
from mockops.mocking.rules.match import Subject, compile_match

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 0.5]) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("matcher", "values", "holds"),
    [
        ({"equals": "a"}, ["b", "a"], True),
        ({"equals": "a"}, [], False),
        ({"equals": "A", "ignore_case": True}, ["a"], True),
        ({"not_equals": "a"}, [], True),
        ({"not_equals": "a"}, ["b", "a"], False),
        ({"contains": "b", "not_contains": "c"}, ["ab"], True),
        ({"contains": "b", "not_contains": "c"}, ["abc"], False),
        ({"regex": "a+", "not_regex": "aa"}, ["aaa"], True),
        ({"regex": "a"}, ["aa"], False),
        ({"contains": "a", "regex": "b."}, ["a", "bc"], False),
        ({"contains": "a", "regex": "b."}, ["a", "ba"], True),
        ({"present": True}, [""], True),
        ({"present": False}, [], True),
        ({"present": True, "not_equals": "a"}, [], False),
        ({}, [], True),
    ],
)
def test_a_value_matcher(matcher: dict[str, Any], values: list[str], holds: bool) -> None:
    test, _ = value_test(msgspec.convert(matcher, ValueMatcher))
    assert test(values) is holds


def holds(body: dict[str, Any], sent: bytes) -> bool:
    matcher = compile_match(RequestMatch(body=msgspec.convert(body, BodyMatcher)))
    return matcher.matches(Subject(request=Request(method="POST", path="/", body=sent)))


@pytest.mark.parametrize(
    ("body", "meant", "other"),
    [
        ({"equals": {"a": 1}}, b'{"a": 1.0}', b'{"a": true}'),
        ({"equals": "a"}, b"a", b'"a"'),
        ({"equals": None}, b"null", b""),
        ({"equals": [1, 2], "ignore_array_order": True}, b"[2,1]", b"[1,1]"),
        ({"contains": "a", "not_contains": "b"}, b"xa", b"ab"),
        ({"regex": "a.", "not_regex": "ab"}, b"ac", b"ab"),
        ({"base64": "AP8="}, b"\x00\xff", b"\x00"),
        ({"present": False}, b"", b" "),
        ({"json_path": {"$.a": 1}}, b'{"a":1.0}', b'{"a":true}'),
        ({"json_path": {"$.a": {"exists": False}}}, b"{}", b'{"a":null}'),
        ({"json_path": {"$.a": {"exists": True}}}, b'{"a":null}', b"{}"),
        ({"json_path": {"$.a": {"equals": 5}}}, b'{"a":5.0}', b'{"a":"5"}'),
        ({"json_path": {"$.a": {"regex": "[0-9]+"}}}, b'{"a":12}', b'{"a":"x"}'),
        ({"json_path": {"$.a": {"b": 1}}}, b'{"a":{"b":1}}', b'{"a":{"b":1,"c":2}}'),
        ({"json_path": {"$..b": 2}}, b'{"a":{"b":2}}', b'{"b":1,"a":{"b":2}}'),
        ({"json_path": {"$[?@.n == 'x' && @.m > 1].m": 2}}, b'[{"n":"x","m":1},{"n":"x","m":2}]', b"[]"),
        ({"json_path": {"$[?match(@.n, 'x+')].n": "xx"}}, b'[{"n":"xx"}]', b'[{"n":"xy"}]'),
        ({"json_schema": {"required": ["a"]}}, b'{"a":1}', b"{}"),
        ({"json_schema": {"pattern": "(?=a)a"}}, b'"a"', b'"b"'),
        ({"json_subset": {"a": [1, 3]}}, b'{"a":[1,2,3],"b":1}', b'{"a":[3,1]}'),
        ({"json_subset": {"a": [3, 1]}, "ignore_array_order": True}, b'{"a":[1,2,3]}', b'{"a":[1,2]}'),
        ({"form": {"n": {"equals": "a b"}}}, b"n=a+b&m=1", b"n=a"),
        ({"contains": "a", "all_of": [{"contains": "b"}]}, b"ab", b"a"),
    ],
)
def test_a_body_matcher(body: dict[str, Any], meant: bytes, other: bytes) -> None:
    assert holds(body, meant)
    assert not holds(body, other)


def test_what_differs_is_told_field_by_field() -> None:
    match = {
        "method": "GET",
        "path": "/pets/{id}",
        "params": {"id": {"regex": "[0-9]+"}},
        "query": {"limit": {"equals": "10"}},
        "headers": {"X-A": {"contains": "b"}},
        "body": {"json_path": {"$.a": 1}},
        "persona": "vip",
        "state": {"cart": "full"},
    }
    matcher = compile_match(msgspec.convert(match, RequestMatch))
    asked = Subject(request=Request(method="POST", path="/pets/x", query_string="limit=9", body=b'{"a":2}'))
    told = {each.field: (each.expected, each.actual) for each in matcher.explain(asked)}
    assert told == {
        "method": ("GET", "POST"),
        "params.id": ("matches [0-9]+", "x"),
        "query.limit": ("10", "9"),
        "headers.x-a": ("contains b", "absent"),
        "body.json_path.$.a": ("1", "2"),
        "persona": ("vip", ""),
        "state.cart": ("full", "Started"),
    }
    elsewhere = Subject(request=Request(method="GET", path="/cats"))
    assert matcher.explain(elsewhere)[0].field == "path"


def test_a_long_pattern_on_a_long_text_takes_no_time() -> None:
    test, _ = value_test(ValueMatcher(regex="(a+)+b"))
    assert not test(["a" * 100_000])


@given(json_values, json_values)
def test_equal_json_values_and_no_others_share_a_key(left: Any, right: Any) -> None:
    assert (canonical(left) == canonical(right)) is is_json_equal(left, right)
    assert is_json_equal(left, left)
    assert is_json_equal(left, right) is is_json_equal(right, left)


@given(json_values, json_values)
def test_what_is_equal_is_a_subset_in_any_order(left: Any, right: Any) -> None:
    if is_json_equal(left, right):
        assert is_json_subset(left, right)
    if is_json_subset(left, right):
        assert is_json_subset(left, right, ignore_order=True)
    if isinstance(left, list):
        assert is_json_equal(left, left[::-1], ignore_order=True)
        assert is_json_subset(left, [*left[::-1], right], ignore_order=True)


def test_numbers_are_equal_by_value_and_never_to_booleans_at_any_depth() -> None:
    assert is_json_equal({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]})
    for ignore_order in (False, True):
        assert not is_json_equal({"a": [{"b": 1}]}, {"a": [{"b": True}]}, ignore_order=ignore_order)
        assert not is_json_equal([0], [False], ignore_order=ignore_order)
        assert not is_json_equal({"a": 1}, [1], ignore_order=ignore_order)
        assert not is_json_equal([1], [1, 2], ignore_order=ignore_order)


def test_items_must_differ_by_value_where_items_are_unique() -> None:
    schema = {
        "type": "array",
        "uniqueItems": True,
        "minItems": 2,
        "items": {"enum": [{"a": 1}, {"a": 1.0}, {"a": True}]},
    }
    for seed in range(20):
        drawn = Generator({}).value(schema, seed=seed)
        assert len(drawn) == 2
        assert not is_json_equal(drawn[0], drawn[1])
