"""From a validator's errors to violations in plain words, without secrets."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import pointer
from mockops.mocking.model import Violation
from mockops.mocking.rules.schemas import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jsonschema_rs import ValidationError

    from mockops.core.json import Json, JsonObject

MAX_VIOLATIONS = 50
_MAX_TEXT = 80
_MAX_UNION_DEPTH = 8
_SECRET = re.compile(
    r"passw|passwd|passphrase|passcode|\bpass\b|pwd|secret|token|api[-_]?key|authorization|credential|cookie"
    r"|private[-_]?key|cvv|cvc|\bpin\b",
    re.IGNORECASE,
)
_UNIONS = frozenset({"anyOf", "oneOf"})


def is_secret(path: Iterable[object]) -> bool:
    """Return whether a value under these names must not be shown."""
    return any(isinstance(name, str) and _SECRET.search(name) for name in path)


def show(value: Json, *, secret: bool = False) -> str:
    """Return a value in short: scalars as JSON, arrays and objects by their size, secrets as `***`."""
    if secret and value not in (None, "", [], {}):
        return "***"
    if isinstance(value, list):
        return f"an array of {len(value)} item{'' if len(value) == 1 else 's'}"
    if isinstance(value, dict):
        return f"an object of {len(value)} propert{'y' if len(value) == 1 else 'ies'}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def expand(error: ValidationError, depth: int = 0) -> Iterator[ValidationError]:
    """Yield what is really wrong: inside a union, the errors of the alternative that was meant."""
    if error.kind.name not in _UNIONS or depth > _MAX_UNION_DEPTH:
        yield error
        return
    context: list[list[ValidationError]] = error.kind.as_dict().get("context", [])
    meant = _meant(context, list(error.instance_path))
    if meant is None:
        yield error
        return
    for inner in meant:
        yield from expand(inner, depth + 1)


def _meant(context: list[list[ValidationError]], path: list[str | int]) -> list[ValidationError] | None:
    """Return the errors of the one alternative that comes closest; None when several do, or none."""
    if not context or any(not branch for branch in context):
        return None
    near = [branch for branch in context if not any(_is_other_kind(error, path) for error in branch)]
    if not near:
        return None
    counts = sorted(len(branch) for branch in near)
    if len(counts) > 1 and counts[0] == counts[1]:
        return None
    return min(near, key=len)


def _is_other_kind(error: ValidationError, path: list[str | int]) -> bool:
    """Return whether an error says that quite another alternative was meant: wrong type, other discriminator."""
    where = list(error.instance_path)
    if where == path:
        return error.kind.name in {"type", "const", "enum", "falseSchema"}
    return len(where) == len(path) + 1 and error.kind.name in {"const", "enum"}


_BOUNDS: dict[str, str] = {
    "minimum": "at least {limit}",
    "maximum": "at most {limit}",
    "exclusiveMinimum": "more than {limit}",
    "exclusiveMaximum": "less than {limit}",
    "minLength": "at least {limit} characters",
    "maxLength": "at most {limit} characters",
    "minItems": "at least {limit} items",
    "maxItems": "at most {limit} items",
    "minProperties": "at least {limit} properties",
    "maxProperties": "at most {limit} properties",
    "multipleOf": "a multiple of {multiple_of}",
    "pattern": "text matching `{pattern}`",
    "format": "a valid `{format}`",
    "uniqueItems": "items that all differ",
    "contains": "an item that fits `contains`",
    "not": "a value that does not fit `not`",
    "falseSchema": "no value",
    "contentEncoding": "content encoded as declared",
    "contentMediaType": "content of the declared type",
    "propertyNames": "property names that fit `propertyNames`",
    "unevaluatedItems": "no further items",
    "additionalItems": "no further items",
}


def _expect_types(details: dict[str, Json]) -> str:
    return " or ".join(details.get("types", []))


def _expect_options(details: dict[str, Json]) -> str:
    options = details.get("options", [])
    shown = ", ".join(show(option) for option in options[:20])
    return f"one of {shown}" + (f" … ({len(options)} in all)" if len(options) > 20 else "")


def _expect_union(details: dict[str, Json]) -> str:
    context = details.get("context", [])
    if any(not branch for branch in context):
        return "exactly one of the alternatives, not several"
    types = [_expect_types(error.kind.as_dict()) for branch in context for error in branch[:1] if _is_type(error)]
    if context and len(types) == len(context):
        return " or ".join(dict.fromkeys(types))
    return f"one of {len(context)} alternatives" if context else "one of the alternatives"


def _is_type(error: ValidationError) -> bool:
    return error.kind.name == "type"


_EXPECTATIONS: dict[str, Callable[[dict[str, Json]], str]] = {
    "type": _expect_types,
    "enum": _expect_options,
    "const": lambda details: show(details.get("expected_value")),
    "anyOf": _expect_union,
    "oneOf": _expect_union,
}


def expectation(rule: str, details: dict[str, Json]) -> str:
    """Return in words what a keyword demands."""
    if rule in _EXPECTATIONS:
        return _EXPECTATIONS[rule](details)
    words = _BOUNDS.get(rule)
    return words.format_map(_Lenient(details)) if words else f"a value that satisfies `{rule}`"


class _Lenient(dict[str, "Json"]):
    """Details by name; one that a validator did not give reads `?`."""

    def __missing__(self, key: str) -> str:
        return "?"


Place = tuple[str, tuple[str | int, ...]]
"""Location and path within it."""


def explain(
    errors: Iterable[ValidationError],
    place: Callable[[Sequence[str | int]], Place],
    schema: JsonObject,
    secrets: frozenset[str] = frozenset(),
) -> list[Violation]:
    """Return at most 50 violations in plain words.

    Args:
        errors: What a validator found.
        place: Says which part of the request an instance path lies in.
        schema: What the errors' schema paths lead through, with its `$defs`.
        secrets: Names of parameters that carry credentials, whose values are not shown.

    """
    found: dict[tuple[str, str, str, str], Violation] = {}
    for error in islice(errors, MAX_VIOLATIONS):
        for inner in expand(error):
            for violation in _violations(inner, place, schema, secrets):
                key = (violation.location, violation.pointer, violation.rule, violation.expected)
                found.setdefault(key, violation)
        if len(found) >= MAX_VIOLATIONS:
            break
    return list(found.values())[:MAX_VIOLATIONS]


def _is_masked(error: ValidationError, schema: Json) -> bool:
    """Return whether the schema that failed says that its value is a password."""
    for token in list(error.schema_path)[:-1]:
        try:
            schema = schema[token]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(schema, dict) and schema.get("format") == "password"


def _violations(
    error: ValidationError,
    place: Callable[[Sequence[str | int]], Place],
    schema: JsonObject,
    secrets: frozenset[str],
) -> Iterator[Violation]:
    rule, details = error.kind.name, error.kind.as_dict()
    location, path = place(error.instance_path)
    if rule == "required":
        yield missing(location, (*path, details["property"]))
    elif rule in {"additionalProperties", "unevaluatedProperties"}:
        for name in details.get("unexpected", [])[:MAX_VIOLATIONS]:
            yield _undeclared(location, (*path, name), rule)
    else:
        secret = (
            location == "cookie" or is_secret(path) or not secrets.isdisjoint(path[:1]) or _is_masked(error, schema)
        )
        actual = show(error.instance, secret=secret)
        if rule == "type" and not secret and not isinstance(error.instance, list | dict):
            actual = f"{type_name(error.instance)} {actual}"
        expected = expectation(rule, details)
        message = f"{name_place(location, path)} must be {expected}, but is {actual}"
        yield Violation(
            location=location, pointer=pointer(*path), rule=rule, expected=expected, actual=actual, message=message
        )


def name_place(location: str, path: Sequence[str | int]) -> str:
    """Name a place for people: `query parameter `limit``, `body /items/0/price`."""
    if location == "body":
        return f"body {pointer(*path)}" if path else "the body"
    inner = pointer(*path[1:])
    word = location if location in {"header", "cookie"} else f"{location} parameter"
    return f"{word} `{path[0]}`" + (f" {inner}" if inner else "") if path else f"the {location}"


def unexplained(location: str, path: tuple[str | int, ...], value: Json) -> Violation:
    """Return the violation of a value that does not fit for reasons that would take too long to name."""
    return Violation(
        location=location,
        pointer=pointer(*path),
        rule="schema",
        expected="a value that fits the schema",
        actual=show(value),
        message=f"{name_place(location, path)} does not fit the schema; it nests alternatives too deeply to say where",
    )


def missing(location: str, path: tuple[str | int, ...]) -> Violation:
    """Return the violation of something required that is not there."""
    return Violation(
        location=location,
        pointer=pointer(*path),
        rule="required",
        expected="a value",
        actual="nothing",
        message=f"{name_place(location, path)} is required, but missing",
    )


def _undeclared(location: str, path: tuple[str | int, ...], rule: str) -> Violation:
    return Violation(
        location=location,
        pointer=pointer(*path),
        rule=rule,
        expected="no such property",
        actual=f"property `{str(path[-1])[:_MAX_TEXT]}`",
        message=f"{name_place(location, path)} is not declared, and no other properties are allowed",
    )
