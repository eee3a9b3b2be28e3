"""JSON Merge Patch (RFC 7396, appendix A) and JSON Patch (RFC 6902, appendix A)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.mocking.rules.patch import PatchFailed, json_patch, merge_patch

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~", max_size=2)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_as_in_the_rfc(target: Any, patch: Any, expected: Any) -> None:
    before = deepcopy(target)
    assert merge_patch(target, patch) == expected
    assert target == before


@given(DOCUMENTS, DOCUMENTS)
@settings(max_examples=80)
def test_a_merge_patch_twice_is_a_merge_patch_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@pytest.mark.parametrize(
    ("target", "operations", "expected"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": [1, 3]}, [{"op": "add", "path": "/foo/1", "value": 2}], {"foo": [1, 2, 3]}),
        ({"foo": [1]}, [{"op": "add", "path": "/foo/-", "value": [2]}], {"foo": [1, [2]]}),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
        ({"foo": [1, 2]}, [{"op": "replace", "path": "/foo/0", "value": 9}], {"foo": [9, 2]}),
        ({"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/c"}], {"a": {}, "c": 1}),
        ({"a": [1, 2, 3]}, [{"op": "move", "from": "/a/0", "path": "/a/2"}], {"a": [2, 3, 1]}),
        ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a/b": {"m~n": 1}}, [{"op": "replace", "path": "/a~1b/m~0n", "value": 2}], {"a/b": {"m~n": 2}}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"": 1}, [{"op": "remove", "path": "/"}], {}),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_json_patch_as_in_the_rfc(target: Any, operations: Any, expected: Any) -> None:
    before = deepcopy(target)
    assert json_patch(target, operations) == expected
    assert target == before


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "remove", "path": "/nope"}],
        [{"op": "replace", "path": "/nope", "value": 1}],
        [{"op": "add", "path": "/list/7", "value": 1}],
        [{"op": "add", "path": "/list/01", "value": 1}],
        [{"op": "add", "path": "/list/x", "value": 1}],
        [{"op": "remove", "path": "/list/-"}],
        [{"op": "add", "path": "/text/x", "value": 1}],
        [{"op": "add", "path": "no/slash", "value": 1}],
        [{"op": "add", "path": "/a"}],
        [{"op": "test", "path": "/yes", "value": 1}],
        [{"op": "move", "from": "/object", "path": "/object/inner"}],
        [{"op": "dance", "path": "/a"}],
        [{"path": "/a"}],
        ["text"],
        {"op": "add"},
        [{"op": "test", "path": "", "value": {}}] * 1001,
    ],
)
def test_a_json_patch_that_fails_changes_nothing(operations: Any) -> None:
    target = {"list": [1, 2], "text": "t", "yes": True, "object": {}}
    before = deepcopy(target)
    with pytest.raises(PatchFailed):
        json_patch(target, operations)
    assert target == before


def test_a_json_patch_cannot_double_without_end() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/c{number}"} for number in range(60)]
    with pytest.raises(PatchFailed, match="too large"):
        json_patch({"a": 1}, doubling)


@given(DOCUMENTS, DOCUMENTS)
@settings(max_examples=60)
def test_what_was_added_tests_equal(target: Any, value: Any) -> None:
    holder = {"k": target}
    operations = [{"op": "add", "path": "/k", "value": value}, {"op": "test", "path": "/k", "value": value}]
    assert json_patch(holder, operations) == {"k": value}
