"""Tables: columns that line up, whatever is in them; cut to a terminal's width, in full elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.cli import output
from mockops.cli.output import cell, details, since, table, width
from mockops.client.shown.events import read_event

COLUMNS = {"A": "a", "LONG HEADING": "b"}
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
rows = st.lists(st.builds(SimpleNamespace, a=st.text(max_size=12), b=st.text(max_size=90)), max_size=6)


@given(rows)
def test_columns_line_up_and_nothing_is_lost_or_steers_a_terminal(values: list[SimpleNamespace]) -> None:
    lines = table(values, COLUMNS)
    assert len(lines) == len(values) + 1
    assert len({width(line) for line in lines}) == 1
    for value, line in zip(values, lines[1:], strict=True):
        assert cell(value.a, is_terminal=False) in line
        assert line.isprintable()


@given(rows, st.integers(30, 120))
def test_on_a_terminal_a_row_is_no_wider_than_it(values: list[SimpleNamespace], columns: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "is_terminal", lambda: True)
        patch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
        assert all(width(line) <= columns for line in table(values, COLUMNS))


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=0.4), "now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=90), "1 h ago"),
        (timedelta(days=400), "400 d ago"),
        (timedelta(minutes=-5), "in 5 m"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(ago: timedelta, text: str) -> None:
    assert since(NOW - ago, NOW) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ((), "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (("a", "b"), "a, b"),
        ({"k": 1}, "k=1"),
        (NOW, "2026-03-02T12:00:00+00:00"),
        (0.12345, "0.123"),
        (12345.6, "12,346"),
    ],
)
def test_a_cell_is_short_and_plain(value: object, text: str) -> None:
    assert cell(value, is_terminal=False) == text


def test_what_is_no_simple_value_stands_below_its_name() -> None:
    assert details({"name": "x", "settings": {"a": {"b": 1}}, "tags": ("p", "q")}) == [
        "name      x",
        "settings:",
        "  a:",
        "    b: 1",
        "tags      p, q",
    ]


def test_an_event_is_shown_as_the_server_has_it() -> None:
    written = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s", "time": "2026-03-02T12:00:00Z", "org": "o"}
    written |= {"actor": "a", "depth": 0, "sequence": 3, "traceparent": "00-1", "data": {"n": 1}}
    import msgspec

    assert output.as_json([read_event(msgspec.json.encode(written))]) == [written]
