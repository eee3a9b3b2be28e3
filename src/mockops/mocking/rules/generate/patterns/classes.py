"""Sets of characters and the arithmetic of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.patterns.tree import Chars

if TYPE_CHECKING:
    from collections.abc import Iterable

LAST = 0x10FFFF

DIGITS = ((0x30, 0x39),)
WORDS = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACES = ((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0))
NEWLINES = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_LETTERS = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0xFF))
_UPPER = ((0x41, 0x5A), (0xC0, 0xD6), (0xD8, 0xDE))
_LOWER = ((0x61, 0x7A), (0xDF, 0xF6), (0xF8, 0xFF))
_PUNCTUATION = (
    (0x21, 0x23),
    (0x25, 0x2A),
    (0x2C, 0x2F),
    (0x3A, 0x3B),
    (0x3F, 0x40),
    (0x5B, 0x5D),
    (0x5F, 0x5F),
    (0x7B, 0x7B),
    (0x7D, 0x7D),
)
_SYMBOLS = ((0x24, 0x24), (0x2B, 0x2B), (0x3C, 0x3E), (0x5E, 0x5E), (0x60, 0x60), (0x7C, 0x7C), (0x7E, 0x7E))
_BLANKS = ((0x20, 0x20), (0xA0, 0xA0))
_CONTROLS = ((0x00, 0x1F), (0x7F, 0x9F))

# The Latin part of each category of the Unicode Character Database: a few characters surely inside are all that
# making a text needs. A negated category takes what is Latin and outside, for the same reason.
PROPERTIES = {
    "L": _LETTERS,
    "LETTER": _LETTERS,
    "ALPHABETIC": _LETTERS,
    "ALPHA": _LETTERS,
    "LU": _UPPER,
    "UPPERCASE": _UPPER,
    "LL": _LOWER,
    "LOWERCASE": _LOWER,
    "LM": ((0x2B0, 0x2B8),),
    "LO": ((0x5D0, 0x5EA),),
    "LT": ((0x1C5, 0x1C5),),
    "M": ((0x300, 0x30F),),
    "MN": ((0x300, 0x30F),),
    "MC": ((0x903, 0x903),),
    "N": DIGITS,
    "ND": DIGITS,
    "NUMBER": DIGITS,
    "NL": ((0x2160, 0x2188),),
    "NO": ((0xB2, 0xB3),),
    "P": _PUNCTUATION,
    "PUNCT": _PUNCTUATION,
    "PD": ((0x2D, 0x2D),),
    "PC": ((0x5F, 0x5F),),
    "PO": ((0x21, 0x23), (0x25, 0x27), (0x2A, 0x2A), (0x2C, 0x2C), (0x2E, 0x2F)),
    "PS": ((0x28, 0x28), (0x5B, 0x5B), (0x7B, 0x7B)),
    "PE": ((0x29, 0x29), (0x5D, 0x5D), (0x7D, 0x7D)),
    "S": _SYMBOLS,
    "SM": ((0x2B, 0x2B), (0x3C, 0x3E), (0x7C, 0x7C), (0x7E, 0x7E)),
    "SC": ((0x24, 0x24), (0xA3, 0xA5)),
    "Z": _BLANKS,
    "ZS": _BLANKS,
    "C": _CONTROLS,
    "CC": _CONTROLS,
    "CNTRL": _CONTROLS,
    "ALNUM": (*DIGITS, *_LETTERS),
    "DIGIT": DIGITS,
    "SPACE": SPACES,
    "XDIGIT": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
    "ASCII": ((0x00, 0x7F),),
    "LATIN": _LETTERS,
}


def chars(ranges: Iterable[tuple[int, int]]) -> Chars:
    """Return the set of the given ranges, joined and in order."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return Chars(tuple(joined))


def all_but(ranges: Iterable[tuple[int, int]]) -> Chars:
    """Return every character that is not in the ranges."""
    rest: list[tuple[int, int]] = []
    start = 0
    for low, high in chars(ranges).ranges:
        if low > start:
            rest.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        rest.append((start, LAST))
    return Chars(tuple(rest))
