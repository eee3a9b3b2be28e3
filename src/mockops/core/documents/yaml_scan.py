"""Cheap looks at a YAML text: may it contain what needs a closer look? Never wrongly "no" for usual styles."""

from __future__ import annotations

import re

MAX_DEPTH = 250
"""Deepest nesting that is read."""

# each pattern begins with its literal and looks back from there: that keeps the search at the speed of memchr
_ANCHOR = re.compile(r"&(?<![^\s\[{,]&)([^\s,\[\]{}]+)")
_ALIAS = re.compile(r"\*(?<![^\s\[{,]\*)([^\s,\[\]{}:]+)")
_LONG_NUMBER = re.compile(r"[0-9]{19}")
_BEYOND_64_BITS = re.compile(r"(?:^|[\s,\[{:])[-+]?\d{19,}(?=[\s,\]}:]|$)", re.MULTILINE)
# number-like keys that are not written as JSON writes them
_OCTAL_KEY = re.compile(r"0(?<![\w.]0)[0-9xo][0-9a-fA-F]*[ \t]*:(?=\s|$)", re.MULTILINE)
_SIGNED_KEY = re.compile(r"\+(?<!\w\+)[0-9]+[ \t]*:(?=\s|$)", re.MULTILINE)
_DEEP_LINE = re.compile(rf"^[ \t?-]{{{MAX_DEPTH}}}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")
_FLOW_MAPPING = re.compile(r"\{[^{}]*\}")
_FLOW_KEY = re.compile(r"""[{,]\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"',:{}\[\]][^,:{}\[\]]*?)\s*:""")
_LINE = re.compile(
    r"""(?P<lead>[ ]*(?:[-?][ \t]+)*)"""
    r"""(?:(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'\#][^\n]*?)[ \t]*:(?=[ \t\r]|$))?(?P<rest>.*)"""
)
_BLOCK_SCALAR = re.compile(r"[ \t]*(?:[&!]\S+[ \t]+)*[|>][-+0-9]*[ \t]*(?:\#.*)?\r?$")


def may_nest_deeply(text: str) -> bool:
    """Tell whether the text may nest deeper than MAX_DEPTH, or deeper than the fast parser survives."""
    # each level takes a column of indentation, or a `- ` on its line, or a bracket
    if _DEEP_LINE.search(text):
        return True
    if text.count("[") + text.count("{") <= MAX_DEPTH // 2:
        return False
    depth = 0
    for match in _BRACKET.finditer(text):
        depth = depth + 1 if match.group() in "[{" else max(0, depth - 1)
        if depth > MAX_DEPTH // 2:
            return True
    return False


def may_need_nodes(text: str) -> bool:
    """Tell whether the fast parser might expand an alias, lose digits or see only the first of several documents."""
    if "*" in text and "&" in text and {*_ANCHOR.findall(text)} & {*_ALIAS.findall(text)}:
        return True
    if _LONG_NUMBER.search(text) and _BEYOND_64_BITS.search(text):
        return True
    return bool(_OCTAL_KEY.search(text) or _SIGNED_KEY.search(text))


def may_have_duplicates(text: str) -> bool:
    """Tell whether a mapping, in block or flow style, may have a key twice."""
    return _block_duplicates(text) or _flow_duplicates(text)


def _block_duplicates(text: str) -> bool:
    open_mappings: list[tuple[int, set[str]]] = []
    scalar_column = -1
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match is None or not (content := line.strip()) or content[0] == "#":
            continue
        lead, key, rest = match.group("lead", "key", "rest")
        first_column = len(line) - len(line.lstrip(" "))
        if scalar_column >= 0:
            if first_column > scalar_column:
                continue
            scalar_column = -1
        if _BLOCK_SCALAR.match(rest):
            scalar_column = len(lead) if key is not None else lead.rfind("-")
        # a dash closes the mapping of the item before it
        while open_mappings and open_mappings[-1][0] > first_column:
            open_mappings.pop()
        if key is not None and _is_repeated(open_mappings, len(lead), key):
            return True
    return False


def _is_repeated(open_mappings: list[tuple[int, set[str]]], column: int, key: str) -> bool:
    key = key[1:-1] if key[0] in "\"'" else key
    if not open_mappings or open_mappings[-1][0] != column:
        open_mappings.append((column, {key}))
        return False
    keys = open_mappings[-1][1]
    if key in keys:
        return True
    keys.add(key)
    return False


def _flow_duplicates(text: str) -> bool:
    is_repeated = False

    def look(match: re.Match[str]) -> str:
        nonlocal is_repeated
        if match.group().count(":") > 1:
            keys = [key.strip("\"'") for key in _FLOW_KEY.findall(match.group())]
            is_repeated = is_repeated or len(set(keys)) < len(keys)
        return "_"

    for _ in range(MAX_DEPTH):
        text, count = _FLOW_MAPPING.subn(look, text)
        if is_repeated or not count:
            break
    return is_repeated
