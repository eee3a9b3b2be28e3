"""JSON: fast when it is fine, exact about the place when it is not."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import pointer
from mockops.core.documents.document import MAX_WARNINGS, Document, line_and_column, refusal, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json

_TOO_DEEP = "the document nests too deeply to be read"
_RIGHT_FILE = "no real document nests this deeply; is it the right file?"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^\s{}\[\],:"]+')
_BLANK = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(raw: bytes, source: str) -> Document:
    """Read JSON in UTF-8; raises DocumentInvalid with line and column."""
    try:
        data = msgspec.json.decode(raw)
        warnings = _duplicates(raw, source) if _has_duplicates(raw, data) else []
    except RecursionError as error:
        raise refusal(_TOO_DEEP, source, hint=_RIGHT_FILE) from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        data, warnings = _read_leniently(raw, source)
    return Document(data, source, lambda: JsonPositions(raw.decode()), warnings)


def _read_leniently(raw: bytes, source: str) -> tuple[Json, list[Diagnostic]]:
    """Read what the strict parser refused: NaN, numbers out of range, lone surrogates; or say what is wrong."""
    text = raw.decode()
    try:
        data = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        raise refusal(f"not valid JSON: {message}", source, line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise refusal(_TOO_DEEP, source, hint=_RIGHT_FILE) from error
    return _without_nonsense(data), [*islice(_odd_numbers(text, source), MAX_WARNINGS), *_duplicates(raw, source)]


def _integer(digits: str) -> int | float:
    """Convert an integer; one with more digits than anyone means (Python refuses at 4,300) becomes infinite."""
    return int(digits) if len(digits) <= 1000 else math.inf


def _without_nonsense(value: Json) -> Json:
    """Return the value with what JSON cannot say (NaN, Infinity, lone surrogates) replaced."""
    if isinstance(value, dict):
        return {_without_nonsense(key): _without_nonsense(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nonsense(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and _SURROGATE.search(value):
        return _SURROGATE.sub("\ufffd", value)
    return value


def _odd_numbers(text: str, source: str) -> Iterator[Diagnostic]:
    for path, offset, token in _tokens(text):
        if token in ("NaN", "Infinity", "-Infinity") or (token[0] in "-0123456789" and math.isinf(float(token))):
            line, column = line_and_column(text, offset)
            yield warning(
                "document.not_a_number",
                f"{token[:40]} is not a number that JSON can carry; read as null",
                source,
                pointer=pointer(*path),
                line=line,
                column=column,
                hint="write a finite number, or null",
            )


def _has_duplicates(raw: bytes, data: Json) -> bool:
    r"""Tell whether an object of the text has a key twice.

    The compact text and the compact data hold equally many keys unless some were dropped; both are made and
    counted at the speed of C. A quote inside a string is escaped, so `\\":` is no key.
    """
    written = msgspec.json.format(raw, indent=-1)
    in_text = written.count(b'":') - written.count(b'\\":')
    del written
    kept = msgspec.json.encode(data)
    return in_text != kept.count(b'":') - kept.count(b'\\":')


def _duplicates(raw: bytes, source: str) -> list[Diagnostic]:
    text = raw.decode()
    seen: dict[tuple[str | int, ...], int] = {}
    found = []
    for path, offset, token in _tokens(text, keys=True):
        first = seen.setdefault(path, offset)
        if first != offset:
            line, column = line_and_column(text, offset)
            found.append(
                warning(
                    "document.duplicate_key",
                    f"key {token} was already given on line {line_and_column(text, first)[0]}; the last one counts",
                    source,
                    pointer=pointer(*path),
                    line=line,
                    column=column,
                    hint="remove or rename one of them",
                )
            )
            if len(found) == MAX_WARNINGS:
                break
    return found


def _tokens(text: str, *, keys: bool = False) -> Iterator[tuple[tuple[str | int, ...], int, str]]:
    """Yield path, offset and text of every scalar (or, with `keys`, of every key) of a valid JSON text."""
    path: list[str | int] = []
    awaits_key: list[bool] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in ("{", "["):
            awaits_key.append(word == "{")
            path.append("" if word == "{" else 0)
        elif word in ("}", "]"):
            awaits_key.pop()
            path.pop()
        elif word == ",":
            if isinstance(path[-1], int):
                path[-1] += 1
            else:
                awaits_key[-1] = True
        elif awaits_key and awaits_key[-1]:
            path[-1] = json.loads(word)
            awaits_key[-1] = False
            if keys:
                yield tuple(path), match.start(), word
        elif not keys and word[0] != '"':
            yield tuple(path), match.start(), word


class JsonPositions:
    """Finds values in a JSON text; each container on the way is indexed once, its contents skipped at C speed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._skip = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len).raw_decode
        self._index: dict[int, dict[str, tuple[int, int]]] = {}
        self._line_ends = [match.start() for match in re.finditer("\n", text)]

    def find(self, tokens: Sequence[str]) -> tuple[int, int] | None:
        """Return line and column (1-based) of the value that reference tokens lead to, or None."""
        key_at = value_at = self._after_blank(0)
        for token in tokens:
            if value_at not in self._index:
                self._index[value_at] = self._members(value_at)
            if token not in self._index[value_at]:
                return None
            key_at, value_at = self._index[value_at][token]
        line = bisect_left(self._line_ends, key_at)
        return line + 1, key_at - (self._line_ends[line - 1] if line else -1)

    def _after_blank(self, offset: int) -> int:
        match = _BLANK.match(self._text, offset)
        return match.end() if match else offset

    def _members(self, start: int) -> dict[str, tuple[int, int]]:
        """Return where each member of the container at `start` has its key and its value."""
        opening = self._text[start]
        if opening not in "{[":
            return {}
        members: dict[str, tuple[int, int]] = {}
        offset = self._after_blank(start + 1)
        while self._text[offset] not in "}]":
            key_at, key = offset, str(len(members))
            if opening == "{":
                key, offset = self._skip(self._text, offset)
                offset = self._after_blank(self._after_blank(offset) + 1)
            members[key] = (key_at, offset)
            _, offset = self._skip(self._text, offset)
            offset = self._after_blank(offset)
            if self._text[offset] == ",":
                offset = self._after_blank(offset + 1)
        return members
