"""What a caller prefers (RFC 7240), in the words of Prism: `Prefer: code=404, example=cat, dynamic=true`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.rules.negotiate.accept import split_quoted, unquote_string

if TYPE_CHECKING:
    from mockops.contracts.model import Operation
    from mockops.core.exchange import Request

_MAX_LENGTH = 4096
_MAX_KEPT = 400
"""Longest field that what it means is remembered of: requests bring them."""
_QUERY_NAMES = {"__code": "code", "__example": "example", "__dynamic": "dynamic"}
_TRUE = frozenset({"", "true", "1", "yes"})


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; equal preferences are equal keys of a cache."""

    code: str = ""
    """The status asked for, as written; empty: none."""
    example: str = ""
    """Name of the example asked for; empty: none."""
    dynamic: bool | None = None
    """True: generate, even where there are examples. False: do not. None: not said."""
    provenance: bool = False
    """Say where each field of a blended body came from."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for that changes the body or status."""
        return not self.code and not self.example and self.dynamic is None


NO_PREFERENCE = Preference()


def parse_prefer(header: str) -> Preference:
    """Return what a `Prefer` field asks for; unknown preferences are ignored, of repeated ones the first counts.

    Semicolons separate like commas: `code=404; example=cat` is what people write.
    """
    return _known_prefer(header) if len(header) <= _MAX_KEPT else _parse_prefer(header)


def _parse_prefer(header: str) -> Preference:
    found: dict[str, str] = {}
    for element in split_quoted(header[:_MAX_LENGTH], ","):
        for piece in split_quoted(element, ";"):
            name, _, value = piece.partition("=")
            found.setdefault(name.strip().lower(), unquote_string(value.strip()))
    return _preference(found)


_known_prefer = lru_cache(maxsize=1024)(_parse_prefer)


def _preference(found: dict[str, str]) -> Preference:
    dynamic = found.get("dynamic")
    return Preference(
        code=found.get("code", ""),
        example=found.get("example", ""),
        dynamic=None if dynamic is None else dynamic.lower() in _TRUE,
        provenance=found.get("provenance", "no").lower() in _TRUE,
    )


def preference_of(operation: Operation, request: Request) -> Preference:
    """Return what a request prefers, by `Prefer` and, as in Prism, `__code`, `__example`, `__dynamic` in the query.

    The field wins over the query; a query parameter that the contract declares under such a name is the contract's.
    """
    header = request.header("prefer")
    if "__" not in request.query_string:
        return parse_prefer(header) if header else NO_PREFERENCE
    declared = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    found: dict[str, str] = {}
    for name, value in request.query:
        if name in _QUERY_NAMES and name not in declared:
            found.setdefault(_QUERY_NAMES[name], value)
    by_query = _preference(found)
    if not header:
        return by_query
    by_field = parse_prefer(header)
    return Preference(
        code=by_field.code or by_query.code,
        example=by_field.example or by_query.example,
        dynamic=by_query.dynamic if by_field.dynamic is None else by_field.dynamic,
        provenance=by_field.provenance,
    )
