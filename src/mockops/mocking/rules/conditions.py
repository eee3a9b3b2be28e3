"""The single conditions that a match is made of: on text values and on the body."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from mockops.core.exchange import NotJson
from mockops.mocking.model import StubInvalid, ValueMatcher
from mockops.mocking.rules.equality import is_json_equal, is_json_subset
from mockops.mocking.rules.jsonpaths import compile_json_path
from mockops.mocking.rules.regexes import compile_regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.core.exchange import Request
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import BodyMatcher

_SHOWN_CHARACTERS = 200
_BACKTRACK_LIMIT = 100_000
_VALUE_KEYS = frozenset(ValueMatcher.__struct_fields__)


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must hold of a `match.Subject`."""

    field: str
    """What it looks at, as people name it: `query.limit`."""
    expected: str
    """What it wants, in words."""
    weight: float
    holds: Callable[[Any], bool]
    actual: Callable[[Any], str]


def show(value: object) -> str:
    """Return a value as people are shown it: JSON unless text, cut when long."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def value_test(matcher: ValueMatcher) -> tuple[Callable[[Sequence[str]], bool], str]:
    """Return a test of a field's values, and what it wants in words.

    One of the values must satisfy all that is asked for; none may be what is excluded.
    """
    wanted = list(_wanted(matcher))
    excluded = list(_excluded(matcher))
    present = matcher.present
    words = [text for _, text in wanted] + [f"not {text}" for _, text in excluded]
    if present is not UNSET:
        words.append("present" if present else "absent")
    tests, refusals = [test for test, _ in wanted], [test for test, _ in excluded]
    if len(tests) == 1 and not refusals and present is UNSET:
        only = tests[0]
        return (lambda values: any(map(only, values))), words[0]

    def test(values: Sequence[str]) -> bool:
        if present is not UNSET and present != bool(values):
            return False
        if tests and not any(all(each(value) for each in tests) for value in values):
            return False
        return not any(each(value) for each in refusals for value in values)

    return test, " and ".join(words) or "anything"


def _wanted(matcher: ValueMatcher) -> Iterator[tuple[Callable[[str], bool], str]]:
    fold = _fold(matcher)
    if matcher.equals is not UNSET:
        yield _equals(matcher.equals, fold), show(matcher.equals)
    if matcher.contains is not UNSET:
        yield _contains(matcher.contains, fold), f"contains {show(matcher.contains)}"
    if matcher.regex is not UNSET:
        yield compile_regex(matcher.regex), f"matches {show(matcher.regex)}"


def _excluded(matcher: ValueMatcher) -> Iterator[tuple[Callable[[str], bool], str]]:
    fold = _fold(matcher)
    if matcher.not_equals is not UNSET:
        yield _equals(matcher.not_equals, fold), show(matcher.not_equals)
    if matcher.not_contains is not UNSET:
        yield _contains(matcher.not_contains, fold), f"contains {show(matcher.not_contains)}"
    if matcher.not_regex is not UNSET:
        yield compile_regex(matcher.not_regex), f"matches {show(matcher.not_regex)}"


def _fold(matcher: ValueMatcher) -> Callable[[str], str]:
    return str.casefold if matcher.ignore_case else str


def _equals(wanted: str, fold: Callable[[str], str]) -> Callable[[str], bool]:
    folded = fold(wanted)
    return folded.__eq__ if fold is str else lambda value: fold(value) == folded


def _contains(wanted: str, fold: Callable[[str], str]) -> Callable[[str], bool]:
    folded = fold(wanted)
    return lambda value: folded in fold(value)


def body_conditions(body: BodyMatcher) -> Iterator[Condition]:
    """Yield the conditions of a body matcher, cheapest first.

    Raises:
        StubInvalid: A regular expression, JSONPath, schema or Base64 text cannot be used.

    """
    if body.present is not UNSET:
        wanted = body.present
        yield _on_body("present", "present" if wanted else "absent", lambda r: bool(r.body) == wanted)
    if body.base64 is not UNSET:
        content = _decode(body.base64)
        yield _on_body("base64", show(body.base64), lambda r: r.body == content)
    if body.equals is not UNSET:
        yield _body_equals(body.equals, ignore_order=body.ignore_array_order)
    yield from _on_text(body)
    if body.form is not UNSET:
        yield from _on_form(body.form)
    if body.json_path is not UNSET:
        for path, wanted_value in body.json_path.items():
            yield _on_json_path(path, wanted_value)
    if body.json_subset is not UNSET:
        part, ignore_order = body.json_subset, body.ignore_array_order
        yield _on_json(
            "json_subset", f"holds {show(part)}", lambda v: is_json_subset(part, v, ignore_order=ignore_order)
        )
    if body.json_schema is not UNSET:
        yield _on_json("json_schema", f"valid against {show(body.json_schema)}", _schema_test(body.json_schema))
    for further in body.all_of:
        yield from body_conditions(further)


def _on_body(name: str, expected: str, holds: Callable[[Request], bool]) -> Condition:
    return Condition(
        field=f"body.{name}",
        expected=expected,
        weight=1,
        holds=lambda subject: holds(subject.request),
        actual=lambda subject: subject.request.text if subject.request.body else "absent",
    )


def _on_json(name: str, expected: str, holds: Callable[[Json], bool]) -> Condition:
    def test(request: Request) -> bool:
        value = json_of(request)
        return value is not UNSET and holds(value)

    return _on_body(name, expected, test)


def json_of(request: Request) -> Json | UnsetType:
    """Return the body as a JSON value, or UNSET where it is none."""
    if not request.body:
        return UNSET
    try:
        return request.json
    except NotJson:
        return UNSET


def _body_equals(wanted: Json, *, ignore_order: bool) -> Condition:
    if isinstance(wanted, str):
        return _on_body("equals", show(wanted), lambda r: r.text == wanted)
    return _on_json("equals", show(wanted), lambda value: is_json_equal(wanted, value, ignore_order=ignore_order))


def _body_subset(part: Json, *, ignore_order: bool) -> Condition:
    return _on_json(
        "json_subset", f"holds {show(part)}", lambda value: is_json_subset(part, value, ignore_order=ignore_order)
    )


def _on_text(body: BodyMatcher) -> Iterator[Condition]:
    as_text = ValueMatcher(
        contains=body.contains, regex=body.regex, not_contains=body.not_contains, not_regex=body.not_regex
    )
    for name in ("contains", "regex", "not_contains", "not_regex"):
        if getattr(as_text, name) is not UNSET:
            test, expected = value_test(ValueMatcher(**{name: getattr(as_text, name)}))
            yield _on_body(name, expected, lambda r, test=test: test((r.text,)))  # type: ignore[misc]


def _on_form(form: dict[str, ValueMatcher]) -> Iterator[Condition]:
    for name, matcher in form.items():
        test, expected = value_test(matcher)
        yield _on_body(f"form.{name}", expected, lambda r, name=name, test=test: test(_form_values(r, name)))  # type: ignore[misc]


def _form_values(request: Request, name: str) -> list[str]:
    return [value for field, value in request.form if field == name]


def _on_json_path(path: str, wanted: Json) -> Condition:
    first = compile_json_path(path)
    test, expected = _selected_test(wanted)

    def read(request: Request) -> Json | UnsetType:
        value = json_of(request)
        return UNSET if value is UNSET else first(value)

    def actual(subject: Any) -> str:
        value = read(subject.request)
        return "absent" if value is UNSET else show(value)

    return Condition(
        field=f"body.json_path.{path}",
        expected=expected,
        weight=1,
        holds=lambda subject: test(read(subject.request)),
        actual=actual,
    )


def is_value_spec(wanted: Json) -> bool:
    """Whether what stands at a JSONPath are matcher keys (`exists`, `regex` …), not a value to equal."""
    return isinstance(wanted, dict) and bool(wanted) and wanted.keys() <= _VALUE_KEYS | {"exists"}


def _selected_test(wanted: Json) -> tuple[Callable[[Json | UnsetType], bool], str]:
    """Return a test of the value that a JSONPath selected (UNSET: none), and what it wants in words."""
    if not is_value_spec(wanted):
        return (lambda value: value is not UNSET and is_json_equal(wanted, value)), show(wanted)
    spec = dict(wanted)
    if "exists" in spec:
        spec["present"] = spec.pop("exists")
    literal = spec.pop("equals") if not isinstance(spec.get("equals", ""), str) else UNSET
    try:
        matcher = msgspec.convert(spec, ValueMatcher)
    except msgspec.ValidationError as error:
        raise StubInvalid(f"the JSONPath matcher {show(wanted)} is not usable: {error}") from error
    test, words = value_test(matcher)
    if literal is UNSET:
        return (lambda value: test(() if value is UNSET else (_as_text(value),))), words

    def both(value: Json | UnsetType) -> bool:
        return value is not UNSET and is_json_equal(literal, value) and test((_as_text(value),))

    return both, show(literal)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StubInvalid(f"{show(text)!r} is not Base64: {error}") from error


def _schema_test(schema: JsonObject | bool) -> Callable[[Json], bool]:
    import jsonschema_rs  # noqa: PLC0415 (44 ms, needed by few stubs)

    linear = jsonschema_rs.RegexOptions()
    bounded = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)  # for look-around, which linear lacks
    refusal: Exception = ValueError("not tried")
    for options in (linear, bounded):
        try:
            return jsonschema_rs.validator_for(
                schema, offline=True, validate_formats=True, pattern_options=options
            ).is_valid
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            refusal = error
    raise StubInvalid(f"the JSON Schema cannot be used: {str(refusal).splitlines()[0]}") from refusal
