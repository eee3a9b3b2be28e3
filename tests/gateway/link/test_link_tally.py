"""Nothing counted is told twice, and nothing is forgotten."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.gateway.counters import Counters, Dimensions
from mockops.gateway.link.tally import Tally, add_up

MINUTE = datetime(2030, 1, 1, tzinfo=UTC)
answers = st.lists(st.tuples(st.integers(0, 5), st.floats(1e-6, 200.0)), max_size=20)


@settings(max_examples=60)
@given(rounds=st.lists(answers, max_size=6))
def test_rows_add_up_to_what_was_counted(rounds: list[list[tuple[int, float]]]) -> None:
    counters = Counters()
    tally = Tally(counters)
    told: Counter[str] = Counter()
    buckets: Counter[tuple[str, int]] = Counter()
    merged = ()
    for each in rounds:
        for which, seconds in each:
            counters.cell(Dimensions(target="t", key="k", operation=f"GET /{which}")).add(seconds)
        rows = tally.rows(tally.changed(), MINUTE)
        assert len(rows) == len({which for which, _ in each}), "only what changed is told"
        for row in rows:
            assert row.key == "k"
            assert row.count == sum(count for _, count in row.buckets)
            told[row.operation] += row.count
            buckets.update({(row.operation, nth): count for nth, count in row.buckets})
        merged = add_up(merged, rows)
    counted = Counter(f"GET /{which}" for each in rounds for which, _ in each)
    assert told == counted
    assert {row.operation: row.count for row in merged} == counted
    for cell in counters:
        name = cell.dimensions.operation
        assert [buckets[name, nth] for nth in range(len(cell.buckets))] == cell.buckets
        row = next(row for row in merged if row.operation == name)
        assert abs(row.total_s - cell.total_s) < 1e-6
        assert dict(row.buckets) == {nth: count for nth, count in enumerate(cell.buckets) if count}


def test_a_cell_that_was_made_but_not_counted_is_not_told() -> None:
    counters = Counters()
    tally = Tally(counters)
    cell = counters.cell(Dimensions(target="t"))
    assert tally.rows(tally.changed(), MINUTE) == []
    cell.add(0.001)
    assert [row.count for row in tally.rows(tally.changed(), MINUTE)] == [1]
    assert tally.changed() == []
