"""What was counted since the last look: cells that changed, as rows of differences."""

from __future__ import annotations

from itertools import compress
from operator import attrgetter, is_not
from typing import TYPE_CHECKING

from mockops.gateway.counters import BUCKETS
from mockops.publishing.model import CountRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mockops.gateway.counters import Cell, Counters

_total_of = attrgetter("total_s")
_NOTHING = (0,) * BUCKETS


class Tally:
    """Compares counters with what they were; the cells themselves know nothing of it."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._cells: list[Cell] = []
        self._totals: list[float] = []
        """Seconds of each cell when it was last looked at: every answer takes some, so they tell that one came.

        The very objects: a sum is a new one, and to compare identities is the quickest there is.
        """
        self._buckets: dict[int, tuple[int, ...]] = {}

    def changed(self) -> list[int]:
        """Return which cells changed; 50,000 are looked through in a few milliseconds."""
        new = self._counters.made_since(len(self._cells))
        self._cells += new
        self._totals += [-1.0] * len(new)
        return list(compress(range(len(self._cells)), map(is_not, map(_total_of, self._cells), self._totals)))

    def rows(self, which: Sequence[int], minute: datetime) -> list[CountRow]:
        """Return what came to some cells since they were last asked for, and remember that it was told."""
        rows = []
        for at in which:
            cell = self._cells[at]
            now, before = tuple(cell.buckets), self._buckets.get(at, _NOTHING)
            if now == before:
                continue
            seconds = cell.total_s - max(0.0, self._totals[at])
            self._buckets[at] = now
            self._totals[at] = cell.total_s
            rows.append(_row(cell, now, before, seconds, minute))
        return rows


def _row(cell: Cell, now: tuple[int, ...], before: tuple[int, ...], seconds: float, minute: datetime) -> CountRow:
    buckets = tuple((nth, more) for nth, more in enumerate(map(int.__sub__, now, before)) if more)
    what = cell.dimensions
    return CountRow(
        minute=minute,
        count=sum(more for _, more in buckets),
        total_s=seconds,
        buckets=buckets,
        key=what.key,
        target=what.target,
        environment=what.environment,
        operation=what.operation,
        media_type=what.media_type,
        status=what.status,
        source=what.source,
        stub=what.stub,
        scenario=what.scenario,
        persona=what.persona,
        ci_run=what.ci_run,
        caller=what.caller,
    )


def add_up(former: Sequence[CountRow], more: Sequence[CountRow]) -> tuple[CountRow, ...]:
    """Return rows of two batches as those of one: one row for each minute and kind of answer."""
    kinds: dict[tuple[object, ...], CountRow] = {}
    for row in (*former, *more):
        kind = tuple(getattr(row, name) for name in _KIND)
        known = kinds.get(kind)
        kinds[kind] = row if known is None else _sum(known, row)
    return tuple(kinds.values())


_KIND = tuple(name for name in CountRow.__struct_fields__ if name not in ("count", "total_s", "buckets"))


def _sum(one: CountRow, other: CountRow) -> CountRow:
    buckets = dict(one.buckets)
    for nth, count in other.buckets:
        buckets[nth] = buckets.get(nth, 0) + count
    told = {name: getattr(one, name) for name in _KIND}
    return CountRow(
        **told,
        count=one.count + other.count,
        total_s=one.total_s + other.total_s,
        buckets=tuple(sorted(buckets.items())),
    )
