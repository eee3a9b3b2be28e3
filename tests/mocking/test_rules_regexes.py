"""Regular expressions of others: RE2, whole texts, bounded, refused with advice."""

from __future__ import annotations

import pytest

from mockops.mocking.model import StubInvalid
from mockops.mocking.rules.regexes import compile_regex


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("[0-9]+", "42", True),
        ("[0-9]+", "42x", False),
        ("a|ab", "ab", True),
        ("(?i)rex", "REX", True),
        ("", "", True),
        ("ü.", "üx", True),
        ("a.b", "a\nb", False),
    ],
)
def test_a_pattern_takes_the_whole_text(pattern: str, text: str, *, matches: bool) -> None:
    assert compile_regex(pattern)(text) is matches


def test_no_text_makes_a_pattern_slow() -> None:
    assert not compile_regex("(a*)*b")("a" * 200_000)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "is not RE2 syntax"),
        ("a(?!b)", "not_regex"),
        ("(?<=a)b", "look-behind"),
        (r"(a)\1", "back references"),
        ("a" * 10_001, "at most 10000"),
        ("((a{100}){100}){100}", "not RE2 syntax"),
    ],
)
def test_what_re2_does_not_take_is_refused_with_advice(pattern: str, words: str) -> None:
    with pytest.raises(StubInvalid, match=words):
        compile_regex(pattern)
