"""URLs of Postman requests: objects, texts, variables for hosts and segments, `:path` variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from mockops.mocking.importers.foreign_parts import as_list, as_object, as_text
from mockops.mocking.importers.postman.variables import VARIABLE

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.importers.foreign_parts import Tally, Tokens
    from mockops.mocking.importers.postman.variables import Variables

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_CONSTANT = re.compile(r"v\d+(?:\.\d+)*|api", re.IGNORECASE)
_NAME = re.compile(r"[^A-Za-z0-9_]+")
_PLACEHOLDER = re.compile(r"<[^<>]*>|\{\{.*\}\}")
_MAX_SEGMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request goes, as a stub says it."""

    path: str
    """A path template."""
    params: dict[str, str] = field(default_factory=dict)
    """Path variables to the values that the request has for them; those without a value are left out."""
    query: dict[str, str] = field(default_factory=dict)
    """Query parameters that are sent, the first of each name."""


def read_address(url: Json, variables: Variables, tally: Tally, tokens: Tokens) -> Address | None:
    """Return where a `url` (text or object) goes; None: there is no URL."""
    if isinstance(url, str):
        if not url.strip():
            return None
        return _address(*_parts_of(url, variables, tally, tokens), {}, variables)
    if not isinstance(url, dict):
        return None
    raw_path, raw_query = _parts_of(as_text(url.get("raw")), variables, tally, tokens)
    path = url.get("path")
    if isinstance(path, list):
        raw_path = "/".join(
            as_text(each) if not isinstance(each, dict) else as_text(each.get("value")) for each in path
        )
    elif isinstance(path, str):
        raw_path = path
    elif not url.get("raw") and not url.get("host"):
        return None
    pairs = _pairs(url.get("query"), raw_query)
    given = {}
    for each in map(as_object, as_list(url.get("variable"))):
        name = as_text(each.get("key")) or as_text(each.get("id"))
        if each.get("disabled") is not True:
            given[name] = as_text(each.get("value"))
    return _address(raw_path, pairs, given, variables)


def _pairs(query: Json, raw: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the query parameters that are sent: a list of objects, an object (v2.0), or those of the raw URL."""
    if isinstance(query, list):
        sent = [each for each in map(as_object, query) if each.get("disabled") is not True]
        return [(as_text(each.get("key")), as_text(each.get("value"))) for each in sent]
    if isinstance(query, dict):
        return [(str(name), as_text(value)) for name, value in query.items()]
    return raw


def _parts_of(url: str, variables: Variables, tally: Tally, tokens: Tokens) -> tuple[str, list[tuple[str, str]]]:
    """Return path and query of a URL as text; what stands for scheme and host is dropped."""
    url, _, _ = url.strip().partition("#")
    path, _, query = url.partition("?")
    scheme = _SCHEME.match(path)
    leading = VARIABLE.match(path)
    if scheme:
        path = path[scheme.end() :].partition("/")[2]
    elif leading:
        base = variables.resolve(leading[0])
        below = _SCHEME.sub("", base).partition("/")[2].strip("/") if _SCHEME.match(base) else ""
        if below:
            tally.add(
                "{n} URL{s} begin with a variable whose path is dropped, as Postman's mock servers do",
                tokens,
                f"{leading[0]} = {base}",
                hint="call the mock without this base path, or write it into the paths",
            )
        path = path[leading.end() :].partition("/")[2]
    elif not path.startswith("/") and ("." in path.partition("/")[0] or ":" in path.partition("/")[0]):
        path = path.partition("/")[2]
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return path, [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def _address(path: str, pairs: list[tuple[str, str]], given: dict[str, str], variables: Variables) -> Address:
    segments: list[str] = []
    params: dict[str, str] = {}
    for segment in path.strip("/").split("/") if path.strip("/") else []:
        segments += _segment(segment, given, variables, params)
    query: dict[str, str] = {}
    for name, value in pairs:
        if name:
            query.setdefault(variables.resolve(name), variables.resolve(value))
    query = {name: value for name, value in query.items() if not _PLACEHOLDER.search(value) and "{{" not in name}
    end = "/" if path.endswith("/") and segments else ""
    return Address(path="/" + "/".join(segments[:_MAX_SEGMENTS]) + end, params=params, query=query)


def _segment(segment: str, given: dict[str, str], variables: Variables, params: dict[str, str]) -> list[str]:
    """Return what one segment of a path becomes; a variable may hold several."""
    if segment.startswith(":") and len(segment) > 1:
        name = _free_name(segment[1:], params)
        value = variables.resolve(given.get(segment[1:], ""))
        params[name] = value if value and not _PLACEHOLDER.search(value) else ""
        return [f"{{{name}}}"]
    whole = VARIABLE.fullmatch(segment)
    if whole:
        value = variables.values.get(whole[1], "")
        resolved = variables.resolve(value)
        if "{{" not in resolved and ("/" in resolved or _CONSTANT.fullmatch(resolved)):
            return [_literal(each) for each in resolved.strip("/").split("/")]
    pieces, at = [], 0
    for match in VARIABLE.finditer(segment):
        name = _free_name(match[1], params)
        params[name] = ""
        pieces += [_literal(segment[at : match.start()]), f"{{{name}}}"]
        at = match.end()
    if any(not pieces[each] for each in range(2, len(pieces), 2)):
        return [f"{{{_free_name('segment', params)}}}"]  # two variables side by side: nothing says where one ends
    return ["".join(pieces) + _literal(segment[at:])]


def _literal(text: str) -> str:
    return text.replace("{", "%7B").replace("}", "%7D").replace("*", "%2A").replace("?", "%3F").replace(" ", "%20")


def _free_name(name: str, taken: dict[str, str]) -> str:
    name = _NAME.sub("_", unquote(name)).strip("_") or "value"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
