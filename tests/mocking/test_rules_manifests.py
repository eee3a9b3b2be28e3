"""Manifests, orders and re-imports: what holds for every input."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.mocking.rules.manifests import item_content, manifest_content, read_manifest, reordered
from mockops.mocking.rules.reimport import Kept, reimport
from mockops.workspaces.rules.digests import canonical_json, digest_of

scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
documents = st.dictionaries(
    st.sampled_from("abcd"), scalars | st.dictionaries(st.sampled_from("xyz"), scalars), max_size=4
)
entries = st.lists(
    st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.just("0" * 64), st.integers(1, 2**40))
)


@given(documents, entries)
@settings(max_examples=50)
def test_a_manifest_comes_back_and_is_canonical(
    given_settings: dict[str, Any], stubs: list[tuple[str, str, int]]
) -> None:
    content = manifest_content(given_settings, stubs)
    assert content == canonical_json({"settings": given_settings, "stubs": stubs})
    found = read_manifest(content)
    assert (found.settings, list(found.stubs)) == (given_settings, stubs)


@given(documents)
@settings(max_examples=50)
def test_the_digest_of_a_content_is_the_items(document: dict[str, Any]) -> None:
    assert sha256(item_content(document, {"a": "eA=="})).hexdigest() == digest_of(document, {"a": "eA=="})


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefghij")))
@settings(max_examples=100)
def test_an_order_is_kept_and_the_others_stay_where_they_are(there: list[str], order: list[str]) -> None:
    before = {key: (at + 1) * 10 for at, key in enumerate(there)}
    after = {**before, **reordered(before, order)}
    wanted = [key for key in dict.fromkeys(order) if key in before]
    assert sorted(wanted, key=after.__getitem__) == wanted
    assert {key: after[key] for key in there if key not in wanted} == {
        key: before[key] for key in there if key not in wanted
    }
    assert sorted(after.values()) == sorted(before.values())
    assert reordered(after, order) == {}


@given(documents, documents, documents)
@settings(max_examples=100)
def test_no_edit_is_lost_and_nothing_unedited_stays_behind(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    before, mine, upstream = (Kept.of(each, {}) for each in (base, ours, theirs))
    decided = reimport(ours=mine, theirs=upstream, base=before.content, base_digest=before.digest)
    if upstream.digest == mine.digest:
        assert decided.action == "unchanged"
    elif mine.digest == before.digest:
        assert (decided.action, decided.content) == ("updated", upstream.content)
    elif upstream.digest == before.digest:
        assert (decided.action, decided.content) == ("kept", None)
    else:
        assert decided.action in {"merged", "conflict"}
        assert (decided.content is None) == (decided.action == "conflict")
    removed = reimport(ours=mine, theirs=None, base=before.content, base_digest=before.digest)
    assert removed.action == ("removed" if mine.digest == before.digest else "kept")


def test_a_preference_leaves_no_conflict() -> None:
    base, mine, upstream = (Kept.of({"a": value, "b": other}, {}) for value, other in ((1, 1), (2, 1), (3, 2)))
    for prefer, value in (("import", 3), ("server", 2)):
        decided = reimport(
            ours=mine,
            theirs=upstream,
            base=base.content,
            base_digest=base.digest,
            prefer=prefer,  # type: ignore[arg-type]
        )
        assert decided.action == "merged"
        assert decided.content is not None
        assert decided.content["document"] == {"a": value, "b": 2}
        assert [each.pointer for each in decided.conflicts] == ["/document/a"]


def test_what_is_new_is_created() -> None:
    theirs = Kept.of({"a": 1}, {})
    decided = reimport(ours=None, theirs=theirs, base=None)
    assert (decided.action, decided.content, decided.base_digest) == ("created", theirs.content, theirs.digest)
