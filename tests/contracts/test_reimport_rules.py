"""Re-imports: bundles are merged file by file, and written so that they read back as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.contracts.model import Bundle, BundleInvalid, ContractConflict
from mockops.contracts.rules.reimport import merge_bundles, write_document
from mockops.core.documents import read_document

texts = st.text(max_size=12) | st.sampled_from(
    ["no", "1e3", "0o7", "12:30", "2020-01-01", "~", "a: b", "- x", "x\ny\n"]
)
trees = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def bundle(root: str = "api.yaml", **files: str) -> Bundle:
    contents = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()}
    return Bundle(root=root, files=contents)


@given(trees, st.booleans())
def test_what_is_written_reads_back(tree: Any, is_json: bool) -> None:
    text = write_document(tree, "x.json" if is_json else "x.yaml", is_json=is_json)
    assert json.dumps(read_document(text, "x.json" if is_json else "x.yaml").data) == json.dumps(tree)


def test_a_side_that_alone_changed_a_file_keeps_it_byte_for_byte() -> None:
    base = bundle(api_yaml="a: 1 # one\n", x_yaml="b: 1\n", gone_yaml="c: 1\n")
    ours = bundle(api_yaml="a:   2 # by hand\n", x_yaml="b: 1\n", gone_yaml="c: 1\n")
    theirs = bundle(api_yaml="a: 1 # one\n", x_yaml="b: 3 # new\n", new_yaml="d: 1\n")
    merged = merge_bundles(base, ours, theirs)
    assert merged.conflicts == ()
    assert merged.bundle == bundle(api_yaml="a:   2 # by hand\n", x_yaml="b: 3 # new\n", new_yaml="d: 1\n")


def test_both_edits_are_in_the_merged_document_and_its_order_is_ours() -> None:
    base = bundle(api_yaml="paths:\n  /a: {get: {summary: a}}\n")
    ours = bundle(api_yaml="x-note: mine\npaths:\n  /a: {get: {summary: by hand}}\n")
    theirs = bundle(api_yaml="paths:\n  /a: {get: {summary: a, deprecated: true}}\n  /b: {get: {}}\n")
    merged = merge_bundles(base, ours, theirs)
    assert merged.conflict_count == 0
    text = merged.bundle.files["api.yaml"].decode()
    assert text.startswith("x-note: mine\npaths:\n")
    assert read_document(text.encode(), "api.yaml").data == {
        "x-note": "mine",
        "paths": {"/a": {"get": {"summary": "by hand", "deprecated": True}}, "/b": {"get": {}}},
    }


def test_json_stays_json() -> None:
    base, ours, theirs = ('{"a": 1, "b": 1}', '{"a": 2, "b": 1}', '{"a": 1, "b": 2}')
    merged = merge_bundles(bundle(api_yaml=base), bundle(api_yaml=ours), bundle(api_yaml=theirs))
    assert json.loads(merged.bundle.files["api.yaml"]) == {"a": 2, "b": 2}


@pytest.mark.parametrize(("prefer", "summary"), [("ours", "mine"), ("theirs", "theirs")])
def test_a_conflict_has_its_file_and_the_preferred_side_stays(prefer: Any, summary: str) -> None:
    base = bundle(api_yaml="a: {s: base}\nb: 1\n")
    ours = bundle(api_yaml="a: {s: mine}\nb: 1\n")
    theirs = bundle(api_yaml="a: {s: theirs}\nb: 2\n")
    merged = merge_bundles(base, ours, theirs, prefer=prefer)
    assert merged.conflicts == (
        ContractConflict(source="api.yaml", pointer="/a/s", base="base", ours="mine", theirs="theirs"),
    )
    assert read_document(merged.bundle.files["api.yaml"], "api.yaml").data == {"a": {"s": summary}, "b": 2}


def test_a_root_that_is_called_otherwise_is_still_the_root() -> None:
    base, ours = bundle(api_yaml="a: 1\nb: 1\n"), bundle(api_yaml="a: 2\nb: 1\n")
    merged = merge_bundles(base, ours, bundle("v2.json", v2_json='{"a": 1, "b": 2}'))
    assert merged.bundle.root == "v2.json"
    assert json.loads(merged.bundle.files["v2.json"]) == {"a": 2, "b": 2}
    assert [*merged.bundle.files] == ["v2.json"]


@pytest.mark.parametrize(("ours", "theirs"), [("b: 2", None), (None, "b: 2"), ("b: [", "b: 2"), ("b: 2", "b: 3")])
@pytest.mark.parametrize("prefer", ["ours", "theirs"])
def test_a_file_that_cannot_be_merged_is_taken_whole(ours: str | None, theirs: str | None, prefer: Any) -> None:
    def side(text: str | None) -> Bundle:
        return bundle(api_yaml="a: 1", **({"x_yaml": text} if text is not None else {}))

    merged = merge_bundles(side("b: 1"), side(ours), side(theirs), prefer=prefer)
    assert [each.source for each in merged.conflicts] == ["x.yaml"]
    kept = ours if prefer == "ours" else theirs
    assert merged.bundle.files.get("x.yaml") == (kept.encode() if kept is not None else None)


def test_large_values_of_a_conflict_are_left_out() -> None:
    base, ours, theirs = (bundle(api_yaml=f"a: {text}\n") for text in ("x", "y" * 20_000, "z"))
    (found,) = merge_bundles(base, ours, theirs).conflicts
    assert found == ContractConflict(source="api.yaml", pointer="/a", base="x", theirs="z", left_out=("ours",))


def test_a_merge_that_is_no_bundle_is_refused() -> None:
    ours = bundle(api_yaml="a: 1", dir="mine")
    theirs = bundle(api_yaml="a: 1", dir__x="theirs")
    with pytest.raises(BundleInvalid, match="is a file"):
        merge_bundles(bundle(api_yaml="a: 1"), ours, theirs)
