"""Choosing a representation by `Accept` (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_RANGES = 100
_MAX_LENGTH = 4096
_MAX_KEPT = 400
"""Longest text that what it means is remembered of."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PIECE = re.compile(r'(?:[^",;]+|"(?:[^"\\]+|\\.?)*(?:"|\Z))*', re.DOTALL)
"""Up to a separator; a quote that never closes goes to the end, so that no text is looked at twice."""
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_IGNORED_PARAMETERS = frozenset({"charset", "q"})
_CONCRETE = {
    "*": "application/json",
    "application": "application/json",
    "text": "text/plain",
    "image": "image/png",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "font": "font/woff2",
    "multipart": "multipart/form-data",
}


class MediaRange(msgspec.Struct, frozen=True):
    """A media type or range, in lower case."""

    kind: str
    subtype: str
    parameters: frozenset[tuple[str, str]] = frozenset()
    """Without `q` and `charset`, which choose no representation."""
    weight: float = 1.0
    """`q`, 0 (never) to 1."""


def split_quoted(text: str, separator: str) -> list[str]:
    """Split at a separator that is not inside a quoted string; pieces are stripped, empty ones left out."""
    pieces: list[str] = []
    current: list[str] = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        end = match.end() if match else position
        current.append(text[position:end])
        if end >= len(text):
            break
        if text[end] == separator:
            pieces.append("".join(current))
            current = []
        else:
            current.append(text[end])
        position = end + 1
    pieces.append("".join(current))
    return [piece.strip() for piece in pieces if piece.strip()]


def unquote_string(text: str) -> str:
    """Return what a quoted string says (RFC 9110 section 5.6.4); a token says itself."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def parse_range(text: str) -> MediaRange | None:
    """Return one element of an `Accept` field, or None when it is malformed."""
    name, *rest = split_quoted(text, ";") or [""]
    kind, slash, subtype = (part.strip().lower() for part in name.partition("/"))
    if name.strip() == "*":
        kind, slash, subtype = "*", "/", "*"
    if not slash or not _TOKEN.fullmatch(kind) or not _TOKEN.fullmatch(subtype) or (kind == "*" and subtype != "*"):
        return None
    weight = 1.0
    parameters: set[tuple[str, str]] = set()
    for piece in rest:
        key, sign, value = (part.strip() for part in piece.partition("="))
        key = key.lower()
        if key == "q":
            if not _WEIGHT.fullmatch(value):
                return None
            weight = float(value)
        elif sign and key not in _IGNORED_PARAMETERS:
            parameters.add((key, unquote_string(value).lower()))
    return MediaRange(kind, subtype, frozenset(parameters), weight)


def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """Return the ranges of an `Accept` field in order; malformed ones are left out (as if never sent)."""
    return _known_accept(header) if len(header) <= _MAX_KEPT else _parse_accept(header)


def _parse_accept(header: str) -> tuple[MediaRange, ...]:
    found = (parse_range(element) for element in split_quoted(header[:_MAX_LENGTH], ",")[:_MAX_RANGES])
    return tuple(each for each in found if each is not None)


def parse_media_type(text: str) -> MediaRange:
    """Return a declared media type; one that is malformed matches only itself."""
    return _known_media_type(text) if len(text) <= _MAX_KEPT else _parse_media_type(text)


def _parse_media_type(text: str) -> MediaRange:
    return parse_range(text) or MediaRange(text.strip().lower(), "")


# longer texts are not remembered: requests bring them, and a cache that counts does not see how large they are
_known_accept = lru_cache(maxsize=1024)(_parse_accept)
_known_media_type = lru_cache(maxsize=4096)(_parse_media_type)


def is_json(media_type: str) -> bool:
    """Return whether bodies are JSON: `application/json`, `text/json`, `+json` (RFC 6839), `application/*`, `*/*`."""
    found = parse_media_type(media_type)
    if found.subtype == "*":
        return found.kind in {"application", "*"}
    return found.subtype in {"json", "x-json"} or found.subtype.endswith("+json")


def concrete(media_type: str) -> str:
    """Return a type that can be sent for a declared type or range: `*/*` is `application/json`, `image/*` is a PNG."""
    found = parse_media_type(media_type)
    if "*" not in (found.kind, found.subtype):
        return media_type
    return _CONCRETE.get(found.kind, "application/octet-stream")


def matches(declared: str, sent: str) -> int:
    """Return how well a declared type or range fits a type that was sent: 0 not at all, more is more specific."""
    return _fit(parse_media_type(declared), parse_media_type(sent))


def _fit(wide: MediaRange, narrow: MediaRange) -> int:
    """Return how specifically `wide` covers `narrow`: 1 by `*/*`, 2 by `type/*`, 3 by type, more by parameters."""
    if wide.kind == "*":
        level = 1
    elif wide.kind != narrow.kind:
        return 0
    elif wide.subtype == "*":
        level = 2
    elif wide.subtype == narrow.subtype:
        level = 3
    else:
        return 0
    stated = dict(narrow.parameters)
    for name, value in wide.parameters:
        if name in stated:
            if stated[name] != value:
                return 0
            level += 1
    return level


class _Candidate(msgspec.Struct, frozen=True):
    """A declared type with what `Accept` says of it."""

    media_type: str
    """As it would be sent."""
    weight: float
    level: int
    position: int
    """Index of the range that decided."""


def _judge(declared: str, ranges: Sequence[MediaRange]) -> _Candidate | None:
    """Apply the most specific range to a declared type (RFC 9110: specific ranges override general ones)."""
    offered = parse_media_type(declared)
    best: _Candidate | None = None
    for position, wanted in enumerate(ranges):
        level = _fit(wanted, offered)
        name = concrete(declared)
        if not level and "*" in (offered.kind, offered.subtype) and _fit(offered, wanted):
            level, name = 3, f"{wanted.kind}/{wanted.subtype}"
        if level and (best is None or level > best.level):
            best = _Candidate(name, wanted.weight, level, position)
    return best


def _judge_leniently(declared: str, ranges: Sequence[MediaRange]) -> _Candidate | None:
    """Let any JSON type stand for any other: who asks `application/vnd.x+json` can read `application/json`."""
    if not is_json(declared):
        return None
    offered = parse_media_type(declared)
    for position, wanted in enumerate(ranges):
        if (wanted.kind, wanted.subtype) == (offered.kind, offered.subtype):
            continue  # the same type with other parameters, such as another version, was not asked for
        if wanted.weight and (wanted.subtype == "json" or wanted.subtype.endswith("+json")):
            return _Candidate(concrete(declared), wanted.weight, 1, position)
    return None


def best_media_type(accept: str | None, declared: Sequence[str]) -> tuple[int, str] | None:
    """Return the index of the declared type to answer with and the concrete type to send; None means 406.

    Without `Accept`, and between equals, JSON comes before everything else, then the order of declaration.
    Where nothing declared fits, one JSON type may stand for another (structured suffixes, RFC 6839).
    """
    preferred = sorted(range(len(declared)), key=lambda index: (not is_json(declared[index]), index))
    ranges = parse_accept(accept) if accept else ()
    if not ranges:
        return (preferred[0], concrete(declared[preferred[0]])) if preferred else None
    judged = [(index, _judge(declared[index], ranges)) for index in preferred]
    fitting = [(index, found) for index, found in judged if found is not None and found.weight > 0]
    if not fitting:
        refused = {index for index, found in judged if found is not None}
        judged = [(index, _judge_leniently(declared[index], ranges)) for index in preferred if index not in refused]
        fitting = [(index, found) for index, found in judged if found is not None]
    if not fitting:
        return None
    index, found = min(fitting, key=lambda pair: (-pair[1].weight, -pair[1].level, pair[1].position))
    return index, found.media_type
