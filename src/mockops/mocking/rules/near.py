"""What came nearest to a request that nothing answers, and what differed."""

from __future__ import annotations

from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.mocking.rules.conditions import show
from mockops.mocking.rules.match import Difference, as_get, path_distance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockops.contracts.model import OperationEntry
    from mockops.core.json import JsonObject
    from mockops.mocking.rules.lookup import StubIndex
    from mockops.mocking.rules.match import Subject

_STUBS_COMPARED = 1_000
_OPERATIONS_COMPARED = 5_000


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A stub or operation that nearly fitted."""

    kind: Literal["stub", "operation"]
    id: str
    """The stub's id, or the operation's key."""
    name: str = ""
    place: str = ""
    """Where it was written, `file:line`."""
    distance: float
    differences: tuple[Difference, ...] = ()

    @property
    def text(self) -> str:
        """One line for people: what it is, and what would have to be different."""
        what = f"{self.kind} {self.name or self.id!r}" if self.kind == "stub" else self.id
        place = f" ({self.place})" if self.place else ""
        wants = "; ".join(
            f"{each.field}: expected {show(each.expected)}, got {show(each.actual)}" for each in self.differences
        )
        return f"{what}{place}" + (f" [{wants}]" if wants else "")

    @property
    def document(self) -> JsonObject:
        """The same as JSON."""
        document: JsonObject = {"kind": self.kind, "id": self.id, "distance": round(self.distance, 2)}
        if self.name:
            document["name"] = self.name
        if self.place:
            document["place"] = self.place
        document["differences"] = [
            {"field": each.field, "expected": show(each.expected), "actual": show(each.actual)}
            for each in self.differences
        ]
        return document


def near_misses(
    subject: Subject, stubs: StubIndex, entries: Iterable[OperationEntry] = (), count: int = 3
) -> list[NearMiss]:
    """Return what came nearest, nearest first.

    Args:
        subject: The request that nothing answers, and what is known about it.
        stubs: The workspace's stubs; of many, those on the request's path and the newest are compared.
        entries: The contract's operations; at most the first 5,000 are compared.
        count: How many to return at most.

    """
    misses = [*_near_stubs(subject, stubs), *_near_operations(subject, islice(entries, _OPERATIONS_COMPARED), count)]
    return nsmallest(count, misses, key=lambda miss: miss.distance)


def _near_stubs(subject: Subject, stubs: StubIndex) -> Iterator[NearMiss]:
    subjects = (subject, as_get(subject)) if subject.request.method == "HEAD" else (subject,)
    for entry in stubs.sample(subject, _STUBS_COMPARED):
        stub = entry.stub
        differences = min((entry.matcher.explain(each) for each in subjects), key=_distance)
        spent = subject.session.hits.get(stub.id, 0)
        if stub.times is not None and spent >= stub.times:
            differences.append(
                Difference(
                    field="times", expected=f"at most {stub.times}", actual=f"answered {spent} already", weight=0.5
                )
            )
        if stub.session and stub.session != subject.session.name:
            differences.append(
                Difference(field="session", expected=stub.session, actual=subject.session.name, weight=0.5)
            )
        yield NearMiss(
            kind="stub",
            id=stub.id,
            name=stub.name,
            place=stub.source,
            distance=_distance(differences),
            differences=tuple(differences),
        )


def _distance(differences: list[Difference]) -> float:
    return sum(each.weight for each in differences)


def _near_operations(subject: Subject, entries: Iterable[OperationEntry], count: int) -> list[NearMiss]:
    request = subject.request
    method = "GET" if request.method == "HEAD" else request.method
    paths = subject.paths or (request.path,)
    ranked = nsmallest(
        count,
        ((_operation_distance(entry, method, paths), at, entry) for at, entry in enumerate(entries)),
        key=lambda item: item[:2],
    )
    return [
        NearMiss(
            kind="operation",
            id=entry.key,
            name=entry.operation_id,
            distance=distance,
            differences=tuple(_operation_differences(entry, method, paths[-1])),
        )
        for distance, _, entry in ranked
    ]


def _operation_distance(entry: OperationEntry, method: str, paths: tuple[str, ...]) -> float:
    return min(path_distance(entry.path, path) for path in paths) + (2.0 if entry.method != method else 0.0)


def _operation_differences(entry: OperationEntry, method: str, path: str) -> Iterator[Difference]:
    if entry.method != method:
        yield Difference(field="method", expected=entry.method, actual=method, weight=2)
    yield Difference(field="path", expected=entry.path, actual=path, weight=path_distance(entry.path, path))
