"""YAML 1.2: the fast parser for the usual, the node parser for what the fast one gets wrong.

The fast parser (yaml12, in Rust) expands aliases without bound, keeps the last of duplicate keys silently, turns
integers beyond 64 bits into floats and overflows the stack on absurd nesting. Cheap scans of the text find out
whether any of that could matter; only then the node parser (libyaml through PyYAML) takes over.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml12

from mockops.core.documents import yaml_scan
from mockops.core.documents.document import Document, DocumentInvalid, line_and_column, refusal

if TYPE_CHECKING:
    from types import ModuleType

    from mockops.core.documents.document import Positions
    from mockops.core.json import Json

_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


MAX_VALUES = 3_000_000
"""Values in one document, counted by the signs before and after them: a million takes 400 MB and two seconds."""


class _NeedsNodes(Exception):
    """The fast parser cannot be trusted with this document."""


def read_yaml(raw: bytes, source: str) -> Document:
    """Read YAML in UTF-8; raises DocumentInvalid with line and column."""
    text = raw.decode()
    _refuse_controls(text, source)
    if len(text) > MAX_VALUES and sum(map(text.count, (": ", ":\n", "- ", ","))) > MAX_VALUES:
        raise refusal(
            f"the document has more than {MAX_VALUES:,} values",
            source,
            hint="convert it to JSON, which takes a tenth of the time and memory, or split it with $ref",
        )
    find_positions = partial(_find_positions, raw)
    if yaml_scan.may_nest_deeply(text):
        _nodes().refuse_depth(text, source)
    if yaml_scan.may_need_nodes(text):
        return _read_nodes(text, source)
    try:
        data = _fast(text)
    except (_NeedsNodes, ValueError, RecursionError):
        return _read_nodes(text, source)
    if data is None:
        raise refusal("the document is empty", source, line=1, column=1)
    warnings = _nodes().duplicates(text, source) if yaml_scan.may_have_duplicates(text) else ()
    return Document(data, source, find_positions, warnings)


def _read_nodes(text: str, source: str) -> Document:
    try:
        data, warnings = _nodes().read(text, source)
    except DocumentInvalid:
        joined = _SURROGATES.sub(_join_surrogates, text)
        if joined == text:
            raise
        return read_yaml(joined.encode(), source)
    if data is None:
        raise refusal("the document is empty", source, line=1, column=1)
    return Document(data, source, partial(_find_positions, text.encode()), warnings)


def _find_positions(raw: bytes) -> Positions:
    positions: Positions = _nodes().YamlPositions(raw.decode())
    return positions


def _nodes() -> ModuleType:
    from mockops.core.documents import yaml_nodes  # noqa: PLC0415 (PyYAML takes 80 ms; most documents do without)

    return yaml_nodes


def _refuse_controls(text: str, source: str) -> None:
    if match := _CONTROL.search(text):
        line, column = line_and_column(text, match.start())
        raise refusal(
            f"control character U+{ord(match.group()):04X} is not allowed in YAML", source, line=line, column=column
        )


def _join_surrogates(match: re.Match[str]) -> str:
    """Return the character of a surrogate pair: JSON escapes it in two, YAML (section 5.7) only in one."""
    return (chr(int(match[1], 16)) + chr(int(match[2], 16))).encode("utf-16", "surrogatepass").decode("utf-16")


def _fast(text: str) -> Json:
    documents: list[Any] = yaml12.parse_yaml(text, multi=True)
    if len(documents) > 1:
        raise _NeedsNodes
    return _as_json(documents[0]) if documents else None


def _as_json(value: Any) -> Json:
    """Turn keys into text, in place; raise _NeedsNodes for what has no certain spelling in JSON."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(item) is not str:
                value[key] = _as_json(item)
        if any(type(key) is not str for key in value):
            return {_as_key(key): item for key, item in value.items()}
    elif kind is list:
        for index, item in enumerate(value):
            if type(item) is not str:
                value[index] = _as_json(item)
    elif (kind is float and not math.isfinite(value)) or kind is yaml12.Yaml:
        raise _NeedsNodes
    return value


def _as_key(key: Any) -> str:
    if type(key) is str:
        return key
    if type(key) is int:
        return str(key)
    raise _NeedsNodes
