"""Three-way merges keep what each side did."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.workspaces.rules.merge import MISSING, MergeConflict, MergeTooDeep, merge

scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b"]) | st.just(1.0)
keys = st.sampled_from(["id", "name", "in", "a", "b", "required"])
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
maybe = trees | st.just(MISSING)


def exactly(value: Any) -> Any:
    """Return a value in which true is not 1 and 1 is not 1.0, whatever the order of members."""
    if value is MISSING:
        return MISSING
    return json.dumps(value, sort_keys=True)


@given(maybe, maybe)
def test_what_one_side_left_alone_comes_from_the_other(base: Any, changed: Any) -> None:
    for merged in (merge(base, base, changed), merge(base, changed, base), merge(base, changed, changed)):
        assert exactly(merged.value) == exactly(changed)
        assert merged.conflicts == ()


@given(maybe, trees, trees)
@settings(max_examples=300)
def test_conflicts_are_the_same_from_either_side(base: Any, ours: Any, theirs: Any) -> None:
    one, other = merge(base, ours, theirs), merge(base, theirs, ours)

    def seen(conflict: MergeConflict) -> tuple[Any, ...]:
        return conflict.pointer, exactly(conflict.base), exactly(conflict.ours), exactly(conflict.theirs)

    mirrored = [(pointer, base, theirs, ours) for pointer, base, ours, theirs in map(seen, other.conflicts)]
    assert sorted(map(str, map(seen, one.conflicts))) == sorted(map(str, mirrored))


@given(maybe, trees, trees)
def test_nothing_that_was_merged_is_changed(base: Any, ours: Any, theirs: Any) -> None:
    before = copy.deepcopy((base, ours, theirs))
    merge(base, ours, theirs)
    assert (base, ours, theirs) == before


@st.composite
def edits(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[tuple[str, str, Any]]]:
    """Draw an object of objects and two sides that each changed, removed or added other members."""
    members = [(outer, inner) for outer in "xyz" for inner in "abcd"]
    base = {outer: {inner: draw(trees) for inner in "abc"} for outer in "xyz"}
    ours, theirs = copy.deepcopy(base), copy.deepcopy(base)
    done = []
    for outer, inner in members:
        side = draw(st.sampled_from([None, ours, theirs]))
        if side is not None:
            value = draw(maybe)
            side[outer].pop(inner, None)
            if value is not MISSING:
                side[outer][inner] = value
            done.append((outer, inner, value))
    return base, ours, theirs, done


@given(edits())
def test_edits_of_both_sides_are_kept(
    drawn: tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[tuple[str, str, Any]]],
) -> None:
    base, ours, theirs, done = drawn
    merged = merge(base, ours, theirs)
    assert merged.conflicts == ()
    expected = copy.deepcopy(base)
    for outer, inner, value in done:
        expected[outer].pop(inner, None)
        if value is not MISSING:
            expected[outer][inner] = value
    assert exactly(merged.value) == exactly(expected)


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.data())
def test_distinct_texts_that_either_side_adds_are_kept(base: list[str], data: st.DataObject) -> None:
    ours, theirs = list(base), list(base)
    for side, new in ((ours, "UVW"), (theirs, "WXY")):
        for text in new:
            side.insert(data.draw(st.integers(0, len(side))), text)
    merged = merge(base, ours, theirs)
    assert merged.conflicts == ()
    assert sorted(merged.value) == sorted({*base, *"UVWXY"})


def test_null_is_a_value_and_missing_is_none() -> None:
    assert merge({"a": 1}, {"a": None}, {"a": 1}).value == {"a": None}
    assert merge({"a": 1}, {}, {"a": 1}).value == {}
    refused = merge({"a": 1}, {"a": None}, {})
    assert refused.value == {"a": None}
    assert refused.conflicts == (MergeConflict(pointer="/a", base=1, ours=None, theirs=MISSING),)


def test_true_is_not_one_and_an_integer_no_float() -> None:
    assert merge([1], [True], [1]).value == [True]
    assert merge({"a": 1}, {"a": 1}, {"a": 1.0}).value["a"].__class__ is float
    assert merge({"a": 1}, {"a": True}, {"a": 2}).conflicts


def test_ours_stays_where_both_changed_the_same() -> None:
    merged = merge({"a~/b": {"c": 1}}, {"a~/b": {"c": 2}}, {"a~/b": {"c": 3, "d": 4}})
    assert merged.value == {"a~/b": {"c": 2, "d": 4}}
    assert merged.conflicts == (MergeConflict(pointer="/a~0~1b/c", base=1, ours=2, theirs=3),)


def test_members_keep_our_order_and_new_ones_follow() -> None:
    merged = merge({"a": 1, "b": 2}, {"z": 0, "b": 2, "a": 1}, {"c": 3, "a": 1, "b": 5})
    assert list(merged.value.items()) == [("z", 0), ("b", 5), ("a", 1), ("c", 3)]


def test_items_are_found_by_what_they_are_called_wherever_they_stand() -> None:
    base = [{"name": "id", "in": "path"}, {"name": "id", "in": "query"}, {"$ref": "#/p"}]
    ours = [{"$ref": "#/p"}, {"name": "id", "in": "path", "description": "hand-written"}, {"name": "id", "in": "query"}]
    theirs = [
        {"name": "new", "in": "query"},
        {"name": "id", "in": "path", "required": True},
        {"name": "newer", "in": "query"},
        {"$ref": "#/p"},
    ]
    merged = merge({"parameters": base}, {"parameters": ours}, {"parameters": theirs})
    assert merged.conflicts == ()
    assert merged.value["parameters"] == [
        {"name": "new", "in": "query"},
        {"$ref": "#/p"},
        {"name": "id", "in": "path", "description": "hand-written", "required": True},
        {"name": "newer", "in": "query"},
    ]


def test_an_item_that_both_add_is_merged_and_its_conflicts_have_a_pointer() -> None:
    merged = merge([], [{"id": 1, "a": 1, "x": 0}], [{"id": 1, "a": 2, "y": 0}])
    assert merged.value == [{"id": 1, "a": 1, "x": 0, "y": 0}]
    assert [each.pointer for each in merged.conflicts] == ["/-/a"]


def test_an_item_changed_here_and_removed_there_is_a_conflict() -> None:
    base = [{"name": "a"}, {"name": "b", "x": 1}]
    merged = merge(base, [{"name": "a"}, {"name": "b", "x": 2}], [{"name": "a"}])
    assert merged.value == [{"name": "a"}, {"name": "b", "x": 2}]
    assert merged.conflicts == (MergeConflict(pointer="/1", base=base[1], ours={"name": "b", "x": 2}, theirs=MISSING),)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ([1, 2, 3], [0, 1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3, 4]),
        ([1, 2, 3, 4, 5], [1, 2, 9, 4, 5], [1, 3, 4, 5, 6], None),
        ([1, 1, 2, 2], [1, 2, 2], [1, 1, 2, 2, 3], [1, 2, 2, 3]),
        ([[1], [2], [3]], [[2], [3]], [[1], [2], [3, 4]], [[2], [3, 4]]),
        (
            [{"$ref": "#/a"}, {"properties": {"x": {}}}],
            [{"$ref": "#/a"}, {"properties": {"x": {}, "y": {}}}],
            [{"$ref": "#/b"}, {"properties": {"x": {"type": "string"}}}],
            [{"$ref": "#/b"}, {"properties": {"x": {"type": "string"}, "y": {}}}],
        ),
    ],
)
def test_sequences_are_aligned(base: Any, ours: Any, theirs: Any, expected: Any) -> None:
    merged = merge(base, ours, theirs)
    if expected is None:
        assert [each.pointer for each in merged.conflicts] == [""]
        assert merged.value == [1, 2, 9, 4, 5, 6]
        assert (merged.conflicts[0].base, merged.conflicts[0].ours, merged.conflicts[0].theirs) == ([2, 3], [2, 9], [3])
    else:
        assert merged.conflicts == ()
        assert merged.value == expected


def _wide(paths: int) -> dict[str, Any]:
    return {
        "paths": {
            f"/things/{number}": {
                method: {
                    "parameters": [
                        {"name": f"p{each}", "in": "query", "schema": {"type": "string"}} for each in range(5)
                    ],
                    "tags": ["a", "b"],
                    "responses": {str(code): {"description": "text " * 5} for code in range(200, 210)},
                }
                for method in ("get", "put")
            }
            for number in range(paths)
        }
    }


def test_a_large_document_with_few_changes_merges_quickly() -> None:
    base, ours, theirs = _wide(3000), _wide(3000), _wide(3000)
    ours["paths"]["/things/7"]["get"]["parameters"][2]["description"] = "by hand"
    theirs["paths"]["/things/7"]["get"]["parameters"][2]["required"] = True
    del theirs["paths"]["/things/9"]
    start = time.process_time()
    merged = merge(base, ours, theirs)
    assert time.process_time() - start < 2
    assert merged.conflicts == ()
    assert merged.value["paths"]["/things/7"]["get"]["parameters"][2]["description"] == "by hand"
    assert merged.value["paths"]["/things/7"]["get"]["parameters"][2]["required"] is True
    assert "/things/9" not in merged.value["paths"]


def test_long_lists_without_a_common_item_merge_quickly() -> None:
    start = time.process_time()
    merged = merge([*range(50_000)], [*range(50_000, 0, -1)], [*range(100_000, 160_000)])
    assert time.process_time() - start < 2
    assert merged.conflicts


def _nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = {"a": leaf, "same": [1, 2, 3]}
    return leaf


def test_depth_costs_no_more_than_size() -> None:
    start = time.process_time()
    merged = merge(
        _nested(200, [*range(100_000), 1]), _nested(200, [*range(100_000), 2]), _nested(200, [9, *range(100_000), 1])
    )
    assert time.process_time() - start < 3
    assert merged.conflicts == ()


def test_absurd_nesting_is_refused_with_a_reason() -> None:
    with pytest.raises(MergeTooDeep, match="flatten"):
        merge(_nested(100_000, 1), _nested(100_000, 2), _nested(100_000, 3))
