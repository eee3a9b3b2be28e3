"""Single keywords of a schema: what real documents write, turned into what JSON Schema 2020-12 allows.

Each repair takes the keyword's value and returns what to use instead, or raises Unusable with the reason to drop it.
`None` in `Repaired.complaint` means that the value was fine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from mockops.contracts.importers.patterns import usable_pattern
from mockops.contracts.importers.places import shown

if TYPE_CHECKING:
    from mockops.core.json import Json

TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

_TYPE_NAMES: dict[str, tuple[str | None, str | None]] = {
    "int": ("integer", None),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "long": ("integer", "int64"),
    "short": ("integer", None),
    "bigint": ("integer", None),
    "float": ("number", "float"),
    "double": ("number", "double"),
    "decimal": ("number", None),
    "numeric": ("number", None),
    "str": ("string", None),
    "text": ("string", None),
    "char": ("string", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "timestamp": ("string", None),
    "uuid": ("string", "uuid"),
    "guid": ("string", "uuid"),
    "email": ("string", "email"),
    "uri": ("string", "uri"),
    "url": ("string", None),
    "password": ("string", "password"),
    "byte": ("string", "byte"),
    "binary": ("string", "binary"),
    "file": ("string", "binary"),
    "enum": ("string", None),
    "bool": ("boolean", None),
    "list": ("array", None),
    "set": ("array", None),
    "tuple": ("array", None),
    "dict": ("object", None),
    "map": ("object", None),
    "hash": ("object", None),
    "json": (None, None),
    "any": (None, None),
    "mixed": (None, None),
    "*": (None, None),
    "": (None, None),
    "none": ("null", None),
    "nil": ("null", None),
    "undefined": (None, None),
}


class Unusable(Exception):
    """A keyword's value makes no sense and is dropped; the text says why."""


class Repaired(NamedTuple):
    """A usable value, and what was wrong with the one written."""

    value: Json
    complaint: str | None = None


def type_name(written: str) -> tuple[str | None, str | None]:
    """Return the JSON type and the format that a made-up type name stands for; raises Unusable."""
    name = written.strip().lower()
    if name in TYPES:
        return name, None
    if name in _TYPE_NAMES:
        return _TYPE_NAMES[name]
    raise Unusable(f"type {written!r} is no JSON type")


def count(value: Json) -> Repaired:
    """Repair a keyword that counts (`minLength`, `maxItems` …): a non-negative integer."""
    repaired = number(value)
    whole = repaired.value
    if isinstance(whole, float) and not whole.is_integer():
        raise Unusable(f"{shown(value)} is no whole number")
    if whole < 0:
        raise Unusable(f"{shown(value)} is negative")
    return Repaired(int(whole), repaired.complaint)


def number(value: Json) -> Repaired:
    """Repair a keyword that bounds (`minimum` …): a number."""
    if type(value) in (int, float):
        return Repaired(value)
    if isinstance(value, str):
        try:
            parsed = int(value)
        except ValueError:
            try:
                parsed = float(value)  # type: ignore[assignment]
            except ValueError:
                raise Unusable(f"{shown(value)} is no number") from None
        if math.isfinite(parsed):
            return Repaired(parsed, f"{shown(value)} is text, read as a number")
    raise Unusable(f"{shown(value)} is no number")


def divisor(value: Json) -> Repaired:
    """Repair `multipleOf`: a number above 0."""
    repaired = number(value)
    if repaired.value <= 0:
        raise Unusable(f"{shown(value)} is not above 0")
    return repaired


def flag(value: Json) -> Repaired:
    """Repair a boolean."""
    if type(value) is bool:
        return Repaired(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false", "yes", "no"):
        return Repaired(value.strip().lower() in ("true", "yes"), f"{shown(value)} is text, read as a boolean")
    if value in (0, 1):
        return Repaired(bool(value), f"{shown(value)} is read as a boolean")
    raise Unusable(f"{shown(value)} is neither true nor false")


def text(value: Json) -> Repaired:
    """Repair a keyword that holds text."""
    if type(value) is str:
        return Repaired(value)
    if value is None or isinstance(value, dict | list):
        raise Unusable(f"{shown(value)} is no text")
    return Repaired(str(value), f"{shown(value)} is read as text")


def pattern(value: Json) -> Repaired:
    """Repair `pattern`: a regular expression (ECMA-262) that the validator's engine can run."""
    written = text(value).value
    usable = usable_pattern(written)
    if usable is None:
        raise Unusable(f"{shown(written)} is no regular expression that can be used")
    return Repaired(usable, None if usable == written else f"{shown(written)} is read as {shown(usable)}")


def names(value: Json) -> Repaired:
    """Repair a list of property names (`required`)."""
    if isinstance(value, str):
        return Repaired([value], f"{shown(value)} is no list")
    if not isinstance(value, list):
        raise Unusable(f"{shown(value)} is no list of names")
    kept = [*dict.fromkeys(name for name in value if isinstance(name, str))]
    return Repaired(kept, None if len(kept) == len(value) else f"{shown(value)} repeats names, or has what is no name")


def fits(value: Json, kind: Json) -> bool:
    """Tell whether a value is of a JSON type (or of one of several)."""
    if isinstance(kind, list):
        return any(fits(value, one) for one in kind)
    if isinstance(value, bool):
        return bool(kind == "boolean")
    if isinstance(value, float):
        return kind == "number" or (kind == "integer" and value.is_integer())
    wanted = {str: ("string",), int: ("integer", "number"), list: ("array",), dict: ("object",), type(None): ("null",)}
    return kind in wanted.get(type(value), ())


def cast(value: Json, kind: Json) -> Json:
    """Return a scalar as the type it should have had; raises Unusable if there is no certain way."""
    for one in kind if isinstance(kind, list) else [kind]:
        if one == "string" and isinstance(value, bool):
            return "true" if value else "false"
        if one == "string" and isinstance(value, int | float):
            return str(value)
        if isinstance(value, str) and one in ("integer", "number"):
            try:
                parsed = number(value).value
            except Unusable:
                continue
            if fits(parsed, one):
                return parsed
        if isinstance(value, str) and one == "boolean" and value.lower() in ("true", "false"):
            return value.lower() == "true"
    raise Unusable(f"{shown(value)} is not of type {kind}")
