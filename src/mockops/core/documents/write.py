"""JSON values as YAML that people like to read and that every reader understands alike.

Block style, keys in their order, texts of several lines as literal blocks (YAML 1.2 section 8.1.2), no anchors. What
readers of YAML 1.1 and 1.2 disagree on (`no`, `1:30`, `0o7`, `2020-01-01`) is quoted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import Json, JsonObject

_PLAIN = re.compile(r"[A-Za-z_/$(][^\x00-\x1f]*")
"""How a text begins that can be no number, date, indicator or merge key."""
_INDICATED = re.compile(r": |:$| #|\s$|: ?$")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_MAX_KEY_CHARS = 1_000
"""Longer keys cannot be implicit (YAML 1.2 section 7.4: 1,024)."""
_MAX_DEPTH = 60
"""What nests deeper is written as JSON, which is YAML too."""
_STEP = "  "
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write_yaml(value: Json, *, schema: str = "") -> str:
    """Return a JSON value as a YAML document; `read_document` of it gives the value again.

    Args:
        value: What to write.
        schema: URL or relative path of a JSON Schema that editors check the file with; empty: none.

    """
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += _block(value, 0) if _is_block(value) else [_inline(value, 0)]
    return "\n".join(lines) + "\n"


def _is_block(value: Json) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _block(value: Json, depth: int) -> Iterator[str]:
    """Give the lines of a mapping or list that is not empty, without indentation of their own."""
    if depth >= _MAX_DEPTH:
        yield msgspec.json.encode(value).decode()
    elif isinstance(value, dict):
        yield from _mapping(value, depth)
    else:
        for item in value:
            first, *rest = _block(item, depth + 1) if _is_block(item) else _inline(item, 1).split("\n")
            yield f"- {first}"
            yield from (_STEP + line if line else line for line in rest)


def _mapping(value: JsonObject, depth: int) -> Iterator[str]:
    for name, member in value.items():
        key = _scalar(str(name))
        start = f"{key}:" if len(key) <= _MAX_KEY_CHARS else f"? {key}\n:"
        if not _is_block(member):
            first, *rest = f"{start} {_inline(member, 1)}".split("\n")
        elif depth + 1 >= _MAX_DEPTH:
            first, *rest = f"{start} {next(_block(member, depth + 1))}".split("\n")
        else:
            first, *rest = start.split("\n")
            rest += (_STEP + line if line else line for line in _block(member, depth + 1))
        yield first
        yield from rest


def _inline(value: Json, depth: int) -> str:
    """Return what has no members; a literal block's lines are indented by one step below `depth` 1."""
    if isinstance(value, str) and _is_literal(value):
        lines = value.removesuffix("\n").split("\n")
        sign = "|" if value.endswith("\n") else "|-"
        return "\n".join([sign, *(_STEP + line if line else line for line in lines)])
    return _scalar(value)


def _is_literal(text: str) -> bool:
    """Say whether a text reads best, and unharmed, as a literal block."""
    lines = text.removesuffix("\n").split("\n")
    return (
        "\n" in text
        and bool(lines[0] and lines[-1])
        and not any(line[:1].isspace() and line is lines[0] for line in lines)
        and all(_is_literal_line(line) for line in lines)
    )


def _is_literal_line(line: str) -> bool:
    return not line or (line.isprintable() and line[-1] != " ")


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return msgspec.json.encode(value).decode()


def _is_plain(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and text.isprintable()
        and _INDICATED.search(text) is None
        and text.lower() not in _WORDS
    )


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(sign) or _shown(sign) for sign in text) + '"'


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _float(value: float) -> str:
    """Return a number so that YAML 1.1 sees one too: with a point, and a sign in the exponent."""
    if value != value or value in (float("inf"), float("-inf")):
        return "null"
    mantissa, sign, exponent = repr(value).partition("e")
    if not sign:
        return mantissa
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
