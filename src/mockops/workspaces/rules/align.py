"""Which elements of two sequences are the same ones: the alignment that a three-way merge of lists stands on."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

Span = tuple[int, int]
"""First index and the one after the last."""


def aligned(old: Sequence[Hashable], new: Sequence[Hashable]) -> dict[int, int]:
    """Return, by index in `old`, the index of the same element in `new`; both ascend.

    What both begin and end with is matched first; between, the nth of equal elements can only be the nth, and of these
    pairs the longest ascending run is kept. That is n log n for every input, where a longest common subsequence
    takes n².
    """
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    pairs = {index: index for index in range(first)}
    numbered = {each: index for index, each in _numbered(new, first, len(new) - last)}
    candidates = [(index, numbered[each]) for index, each in _numbered(old, first, len(old) - last) if each in numbered]
    pairs.update(_longest_ascending(candidates))
    pairs.update((len(old) - back, len(new) - back) for back in range(last, 0, -1))
    return pairs


def _numbered(items: Sequence[Hashable], start: int, stop: int) -> Iterator[tuple[int, tuple[Hashable, int]]]:
    """Yield index and, as its name, an element with how many equal ones came before it."""
    seen: Counter[Hashable] = Counter()
    for index in range(start, stop):
        yield index, (items[index], seen[items[index]])
        seen[items[index]] += 1


def _longest_ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the most pairs, given in ascending order of their first, whose second ascend as well."""
    ends: list[int] = []
    """By length minus one: the smallest second that a run of this length can end with."""
    places: list[int] = []
    before: list[int] = []
    for place, (_, target) in enumerate(pairs):
        length = bisect_left(ends, target)
        before.append(places[length - 1] if length else -1)
        ends[length : length + 1] = [target]
        places[length : length + 1] = [place]
    run = []
    place = places[-1] if places else -1
    while place >= 0:
        run.append(pairs[place])
        place = before[place]
    return run[::-1]


def chunks(
    base_size: int, ours: dict[int, int], theirs: dict[int, int], ours_size: int, theirs_size: int
) -> Iterator[tuple[bool, Span, Span, Span]]:
    """Yield the parts of a three-way comparison of sequences in order (Khanna, Kunal and Pierce 2007, "diff3").

    Args:
        base_size: Elements of the base.
        ours: The alignment of the base with our side.
        theirs: The alignment of the base with the other side.
        ours_size: Elements of our side.
        theirs_size: Elements of the other side.

    Returns:
        Whether the part is the same in all three, and its spans in base, ours and theirs; unequal ones are maximal.

    """
    at = (0, 0, 0)
    for index in range(base_size):
        if index not in ours or index not in theirs:
            continue
        here = (index, ours[index], theirs[index])
        if here != at:
            yield False, (at[0], here[0]), (at[1], here[1]), (at[2], here[2])
        at = (here[0] + 1, here[1] + 1, here[2] + 1)
        yield True, (here[0], at[0]), (here[1], at[1]), (here[2], at[2])
    if at != (base_size, ours_size, theirs_size):
        yield False, (at[0], base_size), (at[1], ours_size), (at[2], theirs_size)
