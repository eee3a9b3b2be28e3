"""Endpoints of Mockoon (the path patterns of Express 4) as path templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.mocking.importers.mockoon.conditions import whole_regex

if TYPE_CHECKING:
    from mockops.core.json import JsonObject

_SEGMENT = re.compile(r":([A-Za-z_]\w*)(\((?:[^()]|\([^()]*\))*\))?([?+*]?)|(\*)|([^:*]+|:)")
_MAX_SEGMENTS = 100


class Endpoint:
    """A path pattern, as one match says it."""

    def __init__(self, path: str, params: JsonObject, regex: str = "") -> None:
        self.path = path
        """A path template; empty where only a regular expression can say it."""
        self.params = params
        """Value matchers of its parameters."""
        self.regex = regex
        """For the whole path, where `path` is empty."""


def endpoints_of(prefix: str, endpoint: str) -> list[Endpoint]:
    """Return what an endpoint matches: one pattern, or two where its last segment may be left out (`:id?`)."""
    whole = "/".join(part.strip("/") for part in (prefix, endpoint) if part.strip("/"))
    segments = whole.split("/") if whole else []
    if len(segments) > _MAX_SEGMENTS:
        segments = segments[:_MAX_SEGMENTS]
    if _needs_regex(segments):
        return [Endpoint("", {}, "/" + "/".join(map(_as_regex, segments)))]
    params: JsonObject = {}
    written = [_template(segment, params, is_last=at == len(segments) - 1) for at, segment in enumerate(segments)]
    found = [Endpoint("/" + "/".join(written), params)]
    if segments and re.fullmatch(r":\w+(?:\(.*\))?\?", segments[-1]):
        without = "/" + "/".join(written[:-1])
        name = segments[-1][1:].rstrip("?").partition("(")[0]
        found.insert(0, Endpoint(without, {key: value for key, value in params.items() if key != name}))
    return found


def _needs_regex(segments: list[str]) -> bool:
    """Whether templates cannot say it: several `*`, one beside text, groups, optional parts in the middle."""
    stars = sum("*" in re.sub(r"\(.*?\)", "", segment) for segment in segments)
    for at, segment in enumerate(segments):
        is_last = at == len(segments) - 1
        bare = re.sub(r"\([^()]*\)", "", segment) if segment.startswith(":") else segment
        if any(sign in bare for sign in "()[]") or (bare.endswith(("+", "?")) and not _is_optional(bare, is_last)):
            return True
        if "*" in bare and (bare != "*" or stars > 1):
            return True
    return False


def _is_optional(segment: str, is_last: bool) -> bool:
    return is_last and re.fullmatch(r":\w+\?", segment) is not None


def _template(segment: str, params: JsonObject, *, is_last: bool) -> str:
    if segment == "*":
        return "**" if is_last else "{wildcard+}"
    pieces = []
    for name, pattern, _, _, text in _SEGMENT.findall(segment):
        if name:
            pieces.append(f"{{{name}}}")
            if pattern:
                params[name] = {"regex": whole_regex(f"^{pattern[1:-1]}$")}
        else:
            pieces.append(text.replace("{", "%7B").replace("}", "%7D"))
    return "".join(pieces)


def _as_regex(segment: str) -> str:
    pieces = []
    for name, pattern, repeat, star, text in _SEGMENT.findall(segment):
        if name:
            inner = pattern[1:-1] if pattern else "[^/]+"
            pieces.append(f"(?:{inner}){'?' if repeat == '?' else ''}")
        elif star:
            pieces.append(".*")
        else:
            pieces.append(text if any(sign in text for sign in "()[]?+") else re.escape(text))
    return "".join(pieces)
