"""Texts: by pattern, by format, by the field's name, within lengths."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate import fields, words
from mockops.mocking.rules.generate.formats import FORMATS
from mockops.mocking.rules.generate.lengths import variants
from mockops.mocking.rules.generate.patterns import PatternUnreadable, draw_match, parse_pattern
from mockops.mocking.rules.generate.place import DeadEnd
from mockops.mocking.rules.generate.times import order_of, step_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.mocking.rules.generate.context import Walk
    from mockops.mocking.rules.generate.patterns.tree import Node
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Shape

_MAX_LENGTH = 200_000
_TRIES = 24
_LONG = 10_000
"""From how many characters on making a text again costs too much."""
_ID_WORDS = frozenset(("id", "ids", "key", "arn", "sid"))


def draw_string(walk: Walk, shape: Shape, place: Place) -> str:
    """Return a text that conforms; raises DeadEnd when none was found."""
    if shape.max_length is not None and shape.min_length > shape.max_length:
        raise DeadEnd(f"no text has at least {shape.min_length} and at most {shape.max_length} characters")
    if shape.min_length > _MAX_LENGTH:
        raise DeadEnd(f"a text of {shape.min_length} characters is too long to make up")
    if not walk.is_wide or (shape.formats and not shape.patterns):
        text = ""
        for text in _likely(shape, place):
            if _conforms(walk, shape, text):
                return text
        if not shape.patterns and not shape.formats:
            return _fitted(text, shape, walk)
    if shape.patterns:
        return _by_pattern(walk, shape)
    return _filled(walk, shape)


def _likely(shape: Shape, place: Place) -> Iterator[str]:
    """Yield what the text probably looks like, the best guess first."""
    known = [name for name in shape.formats if name in FORMATS]
    for name in known:
        text = FORMATS[name](place)
        yield text
        yield from variants(name, text, shape.min_length, shape.max_length)
    named = _by_name(place)
    if named is not None:
        yield named
        yield from variants(_kind_of(named), named, shape.min_length, shape.max_length)
        yield named
    elif not known:
        yield place.scene.dice.pick(words.NOUNS)


def _kind_of(text: str) -> str:
    """Return the format a text has without its schema saying so; empty for none."""
    if text.startswith("https://"):
        return "url"
    if "@" in text:
        return "email"
    return "date-time" if text.endswith("Z") and text[4:5] == "-" and text[10:11] == "T" else ""


def _by_name(place: Place) -> str | None:
    maker = fields.maker_of(place.name)
    if maker is not None:
        return str(maker(place.scene))
    if step_of(place.name) is not None:
        return fields.timestamp(place.scene.moment(order_of(place.name)))
    if place.name.rpartition("_")[2] in _ID_WORDS:
        return place.scene.dice.text(words.HEX, 12)
    return None


def _fitted(text: str, shape: Shape, walk: Walk) -> str:
    """Return a text cut or lengthened to the shape's lengths."""
    if shape.max_length is not None and len(text) > shape.max_length:
        text = text[: shape.max_length].rstrip() or text[: shape.max_length]
    if len(text) < shape.min_length:
        joint = " " if " " in text else ""
        while len(text) < shape.min_length:
            text += joint + walk.dice.pick(words.NOUNS)
        text = text[: max(shape.min_length, 0)] if shape.max_length is not None else text
        if shape.max_length is not None:
            text = text[: shape.max_length]
    return text


def _conforms(walk: Walk, shape: Shape, text: str) -> bool:
    length = len(text)
    if length < shape.min_length or (shape.max_length is not None and length > shape.max_length):
        return False
    return all(walk.checks.matches(pattern, text) for pattern in shape.patterns)


def _filled(walk: Walk, shape: Shape) -> str:
    length = max(shape.min_length, min(8, shape.max_length if shape.max_length is not None else 8))
    return walk.dice.text(words.LETTERS, length)


@lru_cache(maxsize=4096)
def _parsed(pattern: str) -> Node | None:
    try:
        return parse_pattern(pattern)
    except PatternUnreadable:
        return None


def _by_pattern(walk: Walk, shape: Shape) -> str:
    trees = [tree for tree in map(_parsed, shape.patterns) if tree is not None]
    tries = _TRIES if shape.min_length < _LONG else 2
    for attempt in range(tries):
        for tree in trees:
            is_wide = walk.is_wide or attempt * 2 >= tries
            text = draw_match(tree, walk.dice, low=shape.min_length, high=shape.max_length, is_wide=is_wide)
            for padded in (text, _padded(text, shape, walk)):
                if _conforms(walk, shape, padded):
                    return padded
    if not trees and _conforms(walk, shape, text := _filled(walk, shape)):
        return text
    raise DeadEnd(f"no text was found that matches {' and '.join(shape.patterns)}")


def _padded(text: str, shape: Shape, walk: Walk) -> str:
    """Lengthen a match: a pattern without anchors lets anything stand around it."""
    missing = shape.min_length - len(text)
    return text + walk.dice.text(words.ALPHANUMERIC, missing) if missing > 0 else text
