"""Texts that match a pattern, in the dialect of the validator."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.mocking.rules.generate import Unsatisfiable, generate
from mockops.mocking.rules.generate.dice import Dice
from mockops.mocking.rules.generate.patterns import PatternUnreadable, draw_match, parse_pattern

REAL = [
    r"^arn:aws[^\s:]*:elastic-inference:[^\s:]+:\d{12}:elastic-inference-accelerator/eia-[0-9a-f]+$",
    r"^(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])(\.)?$",
    r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$",
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
    r"[\u0020-\u202D\u202F-\uFFFF]+",
    r"\P{C}+",
    r"^(?=.*[A-Z])(?=.*\d)(?=.*[!@#$%])[A-Za-z\d!@#$%]{8,16}$",
    r"^(\+\d{1,2}\s)?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}$",
    r"^\/[a-z]+(\/[a-z0-9]{2,8})*$",
    r"^(19|20)\d\d-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])$",
    r"^(x|y)-\1$",
    r"^[-a-zA-Z0-9._]*$",
    r"\(\?s\).*",
    r"^[^*#&+:<>?]+$",
    r"^.{0}$",
]


@pytest.mark.parametrize("pattern", REAL)
def test_patterns_of_real_contracts_are_matched(pattern: str) -> None:
    import jsonschema_rs

    schema = {"type": "string", "pattern": pattern}
    judge = jsonschema_rs.Draft202012Validator(schema)
    values = {generate(schema, definitions={}, seed=seed) for seed in range(8)}
    assert all(judge.is_valid(value) for value in values), values


@pytest.mark.parametrize(("low", "high"), [(0, 3), (5, 5), (40, 60), (300, 310)])
def test_a_match_keeps_the_lengths_asked_for(low: int, high: int) -> None:
    schema = {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$", "minLength": low, "maxLength": high}
    for seed in range(10):
        assert low <= len(generate(schema, definitions={}, seed=seed)) <= high


def test_a_pattern_and_a_format_together_are_kept() -> None:
    schema = {"type": "string", "format": "email", "pattern": r"@example\.com$", "maxLength": 40}
    assert generate(schema, definitions={}, seed=1).endswith("@example.com")


def test_a_pattern_nothing_matches_is_said() -> None:
    with pytest.raises(Unsatisfiable, match="no text was found"):
        generate({"type": "string", "pattern": "^a(?=b)c$"}, definitions={}, seed=0)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{5,2}", "*a", r"\p{Nonsense", "a" * 30_000, "(" * 100 + ")" * 100])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternUnreadable):
        parse_pattern(pattern)


@pytest.mark.parametrize(("pattern", "text"), [("{", "{"), ("a{,}", "a{,}"), ("[]a]", "]a"), ("x{0}", "")])
def test_braces_and_brackets_may_stand_for_themselves(pattern: str, text: str) -> None:
    assert set(draw_match(parse_pattern(pattern), Dice(1))) <= set(text)


PIECES = st.sampled_from(["a", "[b-y]", r"\d", r"\w", "(x|yz)", "(?:q)", ".", r"\.", "[^c]", r"\s", "(k)"])
COUNTS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{0,2}?", "{3,}"])


@given(st.lists(st.tuples(PIECES, COUNTS), min_size=1, max_size=6), st.integers(0, 2**32), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_is_drawn_matches(parts: list[tuple[str, str]], seed: int, is_wide: bool) -> None:
    pattern = "".join(piece + count for piece, count in parts)
    text = draw_match(parse_pattern(pattern), Dice(seed), is_wide=is_wide)
    assert re.fullmatch(pattern, text, re.DOTALL), (pattern, text)
    assert len(text) < 500
