"""Alignments pair equal elements in order, and three-way parts cover all of all three sides."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from mockops.workspaces.rules.align import aligned, chunks

lists = st.lists(st.sampled_from("abcde"), max_size=8)
distinct = st.permutations("abcdef").flatmap(lambda items: st.integers(0, 6).map(lambda size: items[:size]))


@given(lists, lists)
def test_pairs_are_equal_and_ascend(old: list[str], new: list[str]) -> None:
    pairs = list(aligned(old, new).items())
    assert all(old[first] == new[second] for first, second in pairs)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(pairs))


@given(lists, lists)
def test_what_both_begin_and_end_with_is_paired(old: list[str], middle: list[str]) -> None:
    assert len(aligned(old, [*old[:3], *middle, *old[3:]])) == len(old)


@given(distinct, distinct)
def test_of_distinct_elements_as_many_as_possible_are_paired(old: list[str], new: list[str]) -> None:
    common = [each for each in old if each in new]
    longest = next(
        size
        for size in range(len(common), -1, -1)
        if any(sorted(some, key=new.index) == list(some) for some in combinations(common, size))
    )
    assert len(aligned(old, new)) == longest


@given(lists, lists, lists)
def test_parts_cover_all_sides_in_order(base: list[str], ours: list[str], theirs: list[str]) -> None:
    parts = list(chunks(len(base), aligned(base, ours), aligned(base, theirs), len(ours), len(theirs)))
    for side, items in enumerate((base, ours, theirs), 1):
        assert [each for part in parts for each in items[slice(*part[side])]] == items
    for is_stable, in_base, in_ours, in_theirs in parts:
        same = base[slice(*in_base)] == ours[slice(*in_ours)] == theirs[slice(*in_theirs)]
        assert same or not is_stable
    assert not any(not one[0] and not two[0] for one, two in pairwise(parts))
