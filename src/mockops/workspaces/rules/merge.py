"""Three-way merge of JSON trees: what two sides made of a common base, with both their edits.

A hand edit survives: where both sides changed the same value differently, ours stays and a conflict says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import msgspec

from mockops.core.diagnostics import pointer
from mockops.core.errors import Invalid
from mockops.workspaces.rules.align import aligned, chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from mockops.core.json import Json, JsonObject


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
"""There is no value; `None` is JSON's null, which is one."""

_IDENTITIES = (("operationId",), ("id",), ("key",), ("name", "in"), ("name",), ("url",), ("code",), ("path",))
"""Members that may tell the items of a list apart, in the order in which they are tried."""

_C_DEPTH = 8
"""Down to this depth whole subtrees are compared at the speed of C, which reads them again on every level; below it
each value is given a number once, so that deep documents cost no more than wide ones."""


class MergeTooDeep(Invalid):
    """A document nests too deeply to be merged."""

    code: ClassVar[str] = "merge.too_deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeConflict:
    """Both sides changed one value, and not to the same."""

    pointer: str
    """JSON Pointer into the base; an index is `-` for an item that the base has not. For a run of items that both
    sides changed: of their list, and the values are the runs."""
    base: Json | Missing
    ours: Json | Missing
    """What the merged document has."""
    theirs: Json | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The outcome of a merge."""

    value: Json | Missing
    """MISSING only if a side is: it was deleted. Shares parts with what it was merged from: change none of them."""
    conflicts: tuple[MergeConflict, ...] = ()


def merge(base: Json | Missing, ours: Json | Missing, theirs: Json | Missing) -> Merged:
    """Merge two sides that came from one base.

    Objects are merged member by member (in the order of ours, then what theirs added); lists whose items are objects
    with an `id`, `name`, `operationId`, … of their own, item by item; other lists as sequences, with runs of changed
    items (texts that both sides add to a list of distinct texts, such as `required`, are all kept). A value that one
    side changed is taken from it, also when it was removed.

    Args:
        base: What both sides come from; MISSING when there was nothing.
        ours: The side that stays where both changed the same.
        theirs: The other side.

    Raises:
        MergeTooDeep: Something nests deeper than can be walked.

    """
    merger = _Merger()
    try:
        value = merger.merge(base, ours, theirs, ())
    except RecursionError as error:
        raise MergeTooDeep("the documents nest too deeply to be merged; flatten them, for example with $ref") from error
    return Merged(value=value, conflicts=tuple(merger.conflicts))


class _Merger:
    """One merge: its conflicts so far, and the numbers of the values compared."""

    def __init__(self) -> None:
        self.conflicts: list[MergeConflict] = []
        self._same = _Sameness()

    def merge(
        self, base: Json | Missing, ours: Json | Missing, theirs: Json | Missing, path: tuple[str | int, ...]
    ) -> Json | Missing:
        same, depth = self._same, len(path)
        if same(base, ours, depth):
            return theirs
        if same(base, theirs, depth) or same(ours, theirs, depth):
            return ours
        if ours is MISSING or theirs is MISSING:
            return self._conflict(base, ours, theirs, path)
        before = type(ours)() if base is MISSING else base
        if type(before) is type(ours) is type(theirs) is dict:
            return self._objects(before, ours, theirs, path)
        if type(before) is type(ours) is type(theirs) is list:
            return self._lists(before, ours, theirs, path)
        return self._conflict(base, ours, theirs, path)

    def _conflict(
        self, base: Json | Missing, ours: Json | Missing, theirs: Json | Missing, path: tuple[str | int, ...]
    ) -> Json | Missing:
        self.conflicts.append(MergeConflict(pointer=pointer(*path), base=base, ours=ours, theirs=theirs))
        return ours

    def _objects(self, base: JsonObject, ours: JsonObject, theirs: JsonObject, path: tuple[str | int, ...]) -> Json:
        merged = {}
        for key in dict.fromkeys((*ours, *theirs)):
            value = self.merge(base.get(key, MISSING), ours.get(key, MISSING), theirs.get(key, MISSING), (*path, key))
            if value is not MISSING:
                merged[key] = value
        return merged

    def _lists(self, base: list[Json], ours: list[Json], theirs: list[Json], path: tuple[str | int, ...]) -> Json:
        identify = _identity(base, ours, theirs)
        if identify is None:
            return self._sequences(base, ours, theirs, path)
        places = {identify(item): index for index, item in enumerate(base)}
        olds, mine, others = ({identify(item): item for item in items} for items in (base, ours, theirs))
        merged = []
        for name in _order([*olds], [*mine], [*others]):
            where = (*path, places.get(name, "-"))
            value = self.merge(olds.get(name, MISSING), mine.get(name, MISSING), others.get(name, MISSING), where)
            if value is not MISSING:
                merged.append(value)
        return merged

    def _sequences(self, base: list[Json], ours: list[Json], theirs: list[Json], path: tuple[str | int, ...]) -> Json:
        numbers = [self._same.numbers(items) for items in (base, ours, theirs)]
        mine, others = aligned(numbers[0], numbers[1]), aligned(numbers[0], numbers[2])
        are_names = all(map(_are_distinct_texts, (base, ours, theirs)))
        merged: list[Json] = []
        for is_stable, *spans in chunks(len(base), mine, others, len(ours), len(theirs)):
            parts = [items[slice(*span)] for items, span in zip((base, ours, theirs), spans, strict=True)]
            marks = [ones[slice(*span)] for ones, span in zip(numbers, spans, strict=True)]
            if is_stable or marks[0] == marks[2] or marks[1] == marks[2]:
                merged += parts[1]
            elif marks[0] == marks[1]:
                merged += parts[2]
            elif are_names and not parts[0]:
                merged += dict.fromkeys(parts[1] + parts[2])
            else:
                merged += self._changed_runs(parts, path, spans[0][0])
        # a text that one side moved and the other added nearby would be there twice
        return [*dict.fromkeys(merged)] if are_names else merged

    def _changed_runs(self, runs: Sequence[list[Json]], path: tuple[str | int, ...], start: int) -> list[Json]:
        """Merge runs that both sides changed: item by item when nothing came or went, else ours stay."""
        base, ours, theirs = runs
        if len(base) == len(ours) == len(theirs) and all(map(_are_alike, base, ours, theirs)):
            trios = enumerate(zip(base, ours, theirs, strict=True), start)
            return [self.merge(*trio, (*path, index)) for index, trio in trios]
        self._conflict(base, ours, theirs, path)
        return ours


class _Sameness:
    """Tells whether two values are the same JSON: true is not 1, and the order of members does not count."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, int] = {}
        """Of containers, by `id`: all of them live as long as the merge."""

    def __call__(self, one: Json | Missing, other: Json | Missing, depth: int) -> bool:
        if one is other:
            return True
        kind = type(one)
        if kind is not type(other):
            return False
        if kind is not dict and kind is not list:
            return bool(one == other)
        if depth >= _C_DEPTH:
            return self.number(one) == self.number(other)
        return bool(one == other) and _canonical(one) == _canonical(other)

    def numbers(self, values: Iterable[Json]) -> list[int]:
        """Return the number of each value."""
        return [self.number(value) for value in values]

    def number(self, value: Json) -> int:
        """Return a number that equal values share, and no others."""
        kind = type(value)
        if kind is not dict and kind is not list:
            return self._numbers.setdefault((kind, value), len(self._numbers))
        found = self._known.get(id(value))
        if found is None:
            mark: Hashable
            if kind is dict:
                mark = (dict, frozenset([(key, self.number(item)) for key, item in value.items()]))
            else:
                mark = (list, *map(self.number, value))
            found = self._known[id(value)] = self._numbers.setdefault(mark, len(self._numbers))
        return found


def _canonical(value: Json) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _are_alike(*values: Json) -> bool:
    kinds = set(map(type, values))
    return kinds == {dict} or kinds == {list}


def _are_distinct_texts(items: Sequence[Json]) -> bool:
    return all(type(item) is str for item in items) and len(set(items)) == len(items)


def _identity(*lists: Sequence[Json]) -> Callable[[JsonObject], Hashable] | None:
    """Return what tells the items of all these lists apart; None when nothing does in each of them."""
    if not all(type(item) is dict for items in lists for item in items):
        return None
    for members in _IDENTITIES:
        names = [[_name(item, members) for item in items] for items in lists]
        if all(None not in ones and len(set(ones)) == len(ones) for ones in names):
            return lambda item, chosen=members: _name(item, chosen)  # type: ignore[misc]
    return None


def _name(item: JsonObject, members: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what an item calls itself; a reference is called as what it refers to."""
    if type(reference := item.get("$ref")) is str:
        return ("$ref", reference)
    values = [item.get(member) for member in members]
    if all(type(value) in (str, int) for value in values):
        return tuple(f"{type(value).__name__}:{value}" for value in values)
    return None


def _order(base: Sequence[Hashable], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Sequence[Hashable]:
    """Return all names of both sides, in the order of the side that changed it: ours if both did.

    What only the other side has comes after the one it comes after there.
    """
    common = set(base) & set(ours) & set(theirs)
    has_moved = [one for one in base if one in common] != [one for one in ours if one in common]
    lead, rest = (ours, theirs) if has_moved else (theirs, ours)
    leading = set(lead)
    followers: dict[Hashable | Literal[Missing.MISSING], list[Hashable]] = {}
    before: Hashable = MISSING
    for name in rest:
        if name in leading:
            before = name
        else:
            followers.setdefault(before, []).append(name)
    order = [*followers.get(MISSING, ())]
    for name in lead:
        order += [name, *followers.get(name, ())]
    return order
