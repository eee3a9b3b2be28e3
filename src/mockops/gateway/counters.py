"""Counting without a scan or a lock: one cell per distinct answer, one increment per request."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUCKETS = 28
"""Latency bucket n holds answers that took less than 2**n microseconds; the last holds the rest."""


class Dimensions(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is counted by."""

    target: str
    environment: str = ""
    key: str = ""
    """The target's key at the control plane; empty: it has none."""
    operation: str = ""
    media_type: str = ""
    """Of the request body."""
    status: int = 0
    source: str = ""
    stub: str = ""
    scenario: str = ""
    persona: str = ""
    ci_run: str = ""
    caller: str = ""
    """The calling service, where baggage names it."""


class StubKey(NamedTuple):
    """Which stub of which target; ids are unique within a target."""

    target: str
    environment: str
    stub: str


class Cell:
    """Counter and latency histogram of one kind of answer."""

    __slots__ = ("buckets", "dimensions", "total_s")

    def __init__(self, dimensions: Dimensions) -> None:
        self.dimensions = dimensions
        self.buckets = [0] * BUCKETS
        self.total_s = 0.0

    @property
    def count(self) -> int:
        """How many answers there were."""
        return sum(self.buckets)

    def add(self, seconds: float) -> None:
        """Count one answer that took `seconds`."""
        bucket = int(seconds * 1_000_000).bit_length()
        self.buckets[bucket if bucket < BUCKETS else -1] += 1
        self.total_s += seconds


class Counters:
    """All cells; past `max_cells` distinct kinds, new ones share an overflow cell per target."""

    def __init__(self, *, max_cells: int = 50_000) -> None:
        self._cells: dict[Dimensions, Cell] = {}
        self._max_cells = max_cells
        self._forgotten: Counter[StubKey] = Counter()
        """What `stub_hits` no longer shows; the cells themselves never go back, as metrics demand."""

    def cell(self, dimensions: Dimensions) -> Cell:
        """Return the cell for `dimensions`, making it when new."""
        found = self._cells.get(dimensions)
        if found is None:
            if len(self._cells) >= self._max_cells:
                dimensions = Dimensions(
                    target=dimensions.target, key=dimensions.key, operation="(other)", status=dimensions.status
                )
            found = self._cells.setdefault(dimensions, Cell(dimensions))
        return found

    def made_since(self, known: int) -> list[Cell]:
        """Return the cells made after the first `known` ones; cells never go."""
        return list(islice(self._cells.values(), known, None)) if len(self._cells) > known else []

    def stub_hits(self) -> Counter[StubKey]:
        """Return how often each stub answered since its hits were last forgotten."""
        hits = self._all_hits()
        hits.subtract(self._forgotten)
        return +hits

    def forget_hits(self, some: Mapping[StubKey, int] | None = None) -> None:
        """Forget how often stubs answered: all of it, or so many of some stubs' hits."""
        if some is None:
            self._forgotten = self._all_hits()
            return
        shown = self.stub_hits()
        for key, hits in some.items():
            if shown[key] and hits:  # stubs that never answered come and go without end
                self._forgotten[key] += min(hits, shown[key])

    def _all_hits(self) -> Counter[StubKey]:
        hits: Counter[StubKey] = Counter()
        for cell in self:
            what = cell.dimensions
            if what.stub:
                hits[StubKey(what.target, what.environment, what.stub)] += cell.count
        return hits

    def __iter__(self) -> Iterator[Cell]:
        return iter(list(self._cells.values()))

    def __len__(self) -> int:
        return len(self._cells)
