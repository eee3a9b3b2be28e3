"""What only compiling shows to be wrong with a stub or scenario: names, regular expressions, paths, templates."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from mockops.core.diagnostics import Diagnostic, Severity, pointer
from mockops.core.errors import Invalid
from mockops.mocking.model import BodyMatcher, RequestMatch, StubInvalid, ValueMatcher
from mockops.mocking.rules.match import compile_match
from mockops.mocking.rules.scenarios import as_match
from mockops.mocking.rules.templates import compile_template, is_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json
    from mockops.mocking.model import Scenario, Stub, StubResponse

Tokens = tuple[str | int, ...]

_STUB, _SCENARIO = "mocking.stub", "mocking.scenario"
_USES_ROOT = re.compile(r"\{[{%][^{}]*?\b(?:(?:request|persona|state|session|fake|random)\s*[.\[]|(?:now|uuid)\s*\()")
"""An expression or tag that names one of `templates.scope.ROOTS` as templates use it."""


def check_stub(stub: Stub, operations: Mapping[str, str]) -> list[Diagnostic]:
    """Return what is wrong with a stub (errors), and what is probably not meant (warnings); pointers lead into it.

    Args:
        stub: As an importer gave it.
        operations: Operation keys by the names that can be used (`lookup.operation_names`).

    """
    source = stub.source or stub.id
    problems = [
        *_check_match(stub.match, operations, ("match",)),
        *_check_respond(stub.respond, ("respond",)),
    ]
    forgotten = _forgotten_templates(stub.respond, ("respond",))
    return [
        *(_diagnostic(_STUB, source, tokens, message) for tokens, message in problems),
        *(_forgotten(_STUB, source, tokens) for tokens in forgotten),
    ]


def require_stub(stub: Stub, operations: Mapping[str, str]) -> None:
    """Refuse a stub that cannot be used.

    Raises:
        StubInvalid: With every problem as a diagnostic.

    """
    found = [each for each in check_stub(stub, operations) if each.severity is Severity.ERROR]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise StubInvalid(f"{found[0].pointer}: {found[0].message}{more}", found)


def check_scenario(scenario: Scenario, operations: Mapping[str, str]) -> list[Diagnostic]:
    """Return what is wrong with a scenario; pointers lead into it. Arguments as of `check_stub`."""
    problems: list[tuple[Tokens, str]] = []
    forgotten: list[Tokens] = []
    for at, rule in enumerate(scenario.rules):
        if rule.operation:
            problems += _check_match(RequestMatch(operation=rule.operation), operations, ("rules", at), "operation")
        if rule.match is not None:
            problems += _check_match(rule.match, operations, ("rules", at, "match"))
        if rule.respond is not None:
            problems += _check_respond(rule.respond, ("rules", at, "respond"))
            forgotten += _forgotten_templates(rule.respond, ("rules", at, "respond"))
    for at, step in enumerate(scenario.transitions):
        if step.when is not None:
            problems += _check_match(as_match(step.when), operations, ("transitions", at, "when"))
    source = scenario.source or scenario.name
    return [
        *(_diagnostic(_SCENARIO, source, tokens, text) for tokens, text in problems),
        *(_forgotten(_SCENARIO, source, tokens) for tokens in forgotten),
    ]


def _forgotten(code: str, source: str, tokens: Tokens) -> Diagnostic:
    message = "this looks like a template, but is sent as it stands"
    hint = "add `template: true` to the respond block (in a WireMock mapping, the transformer response-template)"
    found = _diagnostic(code, source, tokens, message)
    return replace(found, severity=Severity.WARNING, hint=hint)


def _diagnostic(code: str, source: str, tokens: Tokens, message: str) -> Diagnostic:
    name, _, line = source.rpartition(":")
    if not line.isdigit():
        name, line = source, ""
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message=message,
        source=name,
        pointer=pointer(*tokens),
        line=int(line) if line else None,
    )


def _check_match(
    match: RequestMatch, operations: Mapping[str, str], tokens: Tokens, *only: str
) -> Iterator[tuple[Tokens, str]]:
    """Compile each part alone, so that every problem is found and has its place."""
    for part, place in _parts(match):
        try:
            compile_match(part, operations)
        except Invalid as error:
            yield (*tokens, *(only or place)), str(error)


def _parts(match: RequestMatch) -> Iterator[tuple[RequestMatch, Tokens]]:
    for name in ("operation", "path", "path_regex", "url_regex"):
        if getattr(match, name):
            yield RequestMatch(**{name: getattr(match, name)}), (name,)
    for group in ("params", "query", "headers", "cookies"):
        matchers: dict[str, ValueMatcher] = getattr(match, group)
        for name, matcher in matchers.items():
            yield msgspec.structs.replace(RequestMatch(), **{group: {name: matcher}}), (group, name)
    if match.body is not None:
        for body, place in _body_parts(match.body):
            yield RequestMatch(body=body), ("body", *place)


def _body_parts(body: BodyMatcher) -> Iterator[tuple[BodyMatcher, Tokens]]:
    for name in ("base64", "regex", "not_regex", "json_schema"):
        if getattr(body, name) is not UNSET:
            yield BodyMatcher(**{name: getattr(body, name)}), (name,)
    if body.form is not UNSET:
        for name, matcher in body.form.items():
            yield BodyMatcher(form={name: matcher}), ("form", name)
    if body.json_path is not UNSET:
        for path, wanted in body.json_path.items():
            yield BodyMatcher(json_path={path: wanted}), ("json_path", path)
    for at, further in enumerate(body.all_of):
        for part, place in _body_parts(further):
            yield part, ("all_of", at, *place)


def _texts_of(respond: StubResponse, tokens: Tokens) -> Iterator[tuple[str, Tokens]]:
    """Give every text of a block that a template could stand in."""
    for name, value in (("headers", respond.headers), ("json", respond.json), ("text", respond.text)):
        if value is not UNSET:
            yield from _texts_in(value, (*tokens, name))


def _texts_in(value: Json, tokens: Tokens) -> Iterator[tuple[str, Tokens]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _texts_in(member, (*tokens, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts_in(item, (*tokens, at))
    elif isinstance(value, str) and is_template(value):
        yield value, tokens


def _forgotten_templates(respond: StubResponse, tokens: Tokens) -> list[Tokens]:
    """Return where texts use what only templates know, in a block that is none."""
    if respond.template:
        return []
    return [place for text, place in _texts_of(respond, tokens) if _USES_ROOT.search(text)]


def _check_respond(respond: StubResponse, tokens: Tokens) -> Iterator[tuple[Tokens, str]]:
    if not respond.template:
        return
    for text, place in _texts_of(respond, tokens):
        try:
            compile_template(text)
        except StubInvalid as error:
            yield from ((place, _in_template(each)) for each in error.diagnostics)
            if not error.diagnostics:
                yield place, str(error)


def _in_template(problem: Diagnostic) -> str:
    return f"template, line {problem.line}, column {problem.column}: {problem.message}"
