"""Whether a request is meant: a match compiled once into conditions that hold or say what differs."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

from mockops.core.exchange import Request
from mockops.mocking.model import INITIAL_STATE, RequestMatch, SessionView, StubInvalid
from mockops.mocking.rules.conditions import Condition, body_conditions, show, value_test
from mockops.mocking.rules.paths import Router
from mockops.mocking.rules.regexes import compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mockops.mocking.model import ValueMatcher


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What matches are held against: a request and what is known about it."""

    request: Request
    operation: str = ""
    """Key of the contract's operation, `GET /pets/{petId}`; empty: none."""
    params: dict[str, str] = msgspec.field(default_factory=dict)
    """Path parameters, decoded."""
    paths: tuple[str, ...] = ()
    """The paths that count as the request's: as sent, and without the contract's base path. Empty: as sent."""
    persona: str = ""
    session: SessionView = msgspec.field(default_factory=SessionView)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request is not meant."""

    field: str
    """What differs: `method`, `path`, `query.limit`, `headers.accept`, `body.json_path.$.id` …"""
    expected: str
    actual: str
    weight: float
    """How far it is off: 1 for a value, more for method and path."""


class Matcher(msgspec.Struct, frozen=True):
    """A compiled RequestMatch."""

    route: Router[bool] | None
    """Holds the path template alone, if there is one."""
    template: str
    addressing: tuple[Condition, ...]
    """Operation, URL and path conditions that an index already knows to hold."""
    conditions: tuple[Condition, ...]
    """Everything else, cheapest first."""

    def bind(self, subject: Subject) -> Subject | None:
        """Return the subject with the path parameters of this match's own template; None: the path differs."""
        if self.route is None:
            return subject
        for path in subject.paths or (subject.request.path,):
            found = self.route.find(path)
            if found is not None:
                return msgspec.structs.replace(subject, params=found.params) if found.params else subject
        return None

    def matches(self, subject: Subject) -> bool:
        """Whether the request is meant."""
        bound = self.bind(subject)
        return bound is not None and self.answers(bound)

    def answers(self, bound: Subject) -> bool:
        """Whether everything but the path template holds, for a subject with its parameters bound."""
        return all(test.holds(bound) for test in self.addressing) and all(test.holds(bound) for test in self.conditions)

    def explain(self, subject: Subject) -> list[Difference]:
        """Return what differs; empty exactly when it matches."""
        bound = self.bind(subject)
        differences = []
        if bound is None:
            actual = subject.request.path
            differences.append(
                Difference(
                    field="path", expected=self.template, actual=actual, weight=path_distance(self.template, actual)
                )
            )
            bound = subject
        for test in (*self.addressing, *self.conditions):
            if not test.holds(bound):
                actual = show(test.actual(bound))
                differences.append(
                    Difference(field=test.field, expected=test.expected, actual=actual, weight=test.weight)
                )
        return differences


def as_get(subject: Subject) -> Subject:
    """Return a subject as if GET had been sent: what answers a HEAD that nothing else does (RFC 9110 section 9.3.2)."""
    return msgspec.structs.replace(subject, request=msgspec.structs.replace(subject.request, method="GET"))


def path_distance(template: str, path: str) -> float:
    """Return how far a path is from a template: the segments that differ, counted from both ends, 1 to about 10."""
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    same = sum(_is_like(a, b) for a, b in zip(wanted, given, strict=False))
    return min(10.0, 1.0 + max(len(wanted), len(given)) - same)


def _is_like(segment: str, value: str) -> float:
    if segment == value or segment.startswith("**"):
        return 1.0
    return 0.75 if "{" in segment and value else 0.0


def compile_match(match: RequestMatch, operations: Mapping[str, str] | None = None) -> Matcher:
    """Compile a match.

    Args:
        match: What people wrote.
        operations: Operation keys by the names people may use: the key itself, and the operationId.

    Raises:
        StubInvalid: A regular expression, JSONPath, schema, path or operation name cannot be used.

    """
    operation, method, path = resolve_operation(match, operations or {})
    route: Router[bool] | None = None
    if path:
        route = Router()
        route.add(path, True)
    return Matcher(route, path, tuple(_addressing(match, operation)), tuple(_conditions(match, method)))


def resolve_operation(match: RequestMatch, operations: Mapping[str, str]) -> tuple[str, str, str]:
    """Return operation key, method and path template of a match, as far as it sets them (else empty).

    `GET /x` that the contract does not have is a method and a path of its own.

    Raises:
        StubInvalid: The operation is not known.

    """
    method = "" if match.method.upper() == "ANY" else match.method.upper()
    if not match.operation:
        return "", method, match.path
    name = match.operation.strip()
    key = operations.get(name)
    if key is not None:
        return key, "", ""
    verb, _, path = name.partition(" ")
    if path.strip().startswith("/"):
        return "", "" if verb.upper() == "ANY" else verb.upper(), path.strip()
    near = get_close_matches(name, operations, n=1)
    advice = f"; did you mean {near[0]!r}?" if near else "; use an operationId of the contract, or a method and a path"
    raise StubInvalid(f"there is no operation {name!r}{advice}")


def _addressing(match: RequestMatch, operation: str) -> Iterator[Condition]:
    if operation:
        yield Condition(
            field="operation",
            expected=operation,
            weight=3,
            holds=lambda subject: subject.operation == operation,
            actual=lambda subject: subject.operation or f"{subject.request.method} {subject.request.path}",
        )
    if match.path_regex:
        yield _on_text("path", match.path_regex, compile_regex(match.path_regex), lambda s: s.request.path)
    if match.url:
        yield _on_text("url", match.url, lambda text: text == match.url, _url)
    if match.url_regex:
        yield _on_text("url", match.url_regex, compile_regex(match.url_regex), _url)


def _conditions(match: RequestMatch, method: str) -> Iterator[Condition]:
    if method:
        yield _on_text("method", method, lambda text: text == method, lambda s: s.request.method, weight=2)
    yield from _on_values("params", match.params, lambda s, name: (s.params[name],) if name in s.params else ())
    yield from _on_values("query", match.query, lambda s, name: [v for n, v in s.request.query if n == name])
    headers = {name.lower(): matcher for name, matcher in match.headers.items()}
    yield from _on_values("headers", headers, header_values)
    yield from _on_values("cookies", match.cookies, _cookie_values)
    if match.persona:
        yield _on_text("persona", match.persona, lambda text: text == match.persona, lambda s: s.persona)
    for name, value in match.state.items():
        yield _on_state(name, value)
    if match.body is not None:
        yield from body_conditions(match.body)


def _on_text(
    field: str, expected: str, test: Callable[[str], bool], read: Callable[[Subject], str], *, weight: float = 3
) -> Condition:
    return Condition(field=field, expected=expected, weight=weight, holds=lambda s: test(read(s)), actual=read)


def _on_values(
    field: str, matchers: Mapping[str, ValueMatcher], read: Callable[[Subject, str], Sequence[str]]
) -> Iterator[Condition]:
    for name, matcher in matchers.items():
        test, expected = value_test(matcher)
        yield Condition(
            field=f"{field}.{name}",
            expected=expected,
            weight=1,
            holds=lambda s, name=name, test=test: test(read(s, name)),  # type: ignore[misc]
            actual=lambda s, name=name: ", ".join(read(s, name)) if read(s, name) else "absent",  # type: ignore[misc]
        )


def _on_state(name: str, value: str) -> Condition:
    def read(subject: Subject) -> str:
        return subject.session.states.get(name, INITIAL_STATE)

    return Condition(field=f"state.{name}", expected=value, weight=0.5, holds=lambda s: read(s) == value, actual=read)


def header_values(subject: Subject, name: str) -> Sequence[str]:
    """Return the values of a header field: each line's, and all joined where there are several."""
    joined = subject.request.header_map.get(name)
    if joined is None:
        return ()
    if ", " not in joined:
        return (joined,)
    lines = [value for field, value in subject.request.headers if field == name]
    return lines if len(lines) == 1 else [*lines, joined]


def _cookie_values(subject: Subject, name: str) -> Sequence[str]:
    value = subject.request.cookies.get(name)
    return () if value is None else (value,)


def _url(subject: Subject) -> str:
    request = subject.request
    return f"{request.path}?{request.query_string}" if request.query_string else request.path
