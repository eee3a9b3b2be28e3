"""Checking a request against the contract: everything wrong with it, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import Location
from mockops.core.diagnostics import pointer
from mockops.mocking.model import Violation
from mockops.mocking.rules.negotiate.accept import best_media_type, matches
from mockops.mocking.rules.parameters.reader import IGNORED_HEADERS, ParameterValues
from mockops.mocking.rules.security import check_security
from mockops.mocking.rules.validate.bodies import FORM, BodyReader, MalformedBody
from mockops.mocking.rules.validate.compiled import Compile, PartCheck, compile_for
from mockops.mocking.rules.validate.explain import MAX_VIOLATIONS, missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.contracts.model import MediaType, Operation, Parameter
    from mockops.core.exchange import Request
    from mockops.core.json import JsonObject
    from mockops.mocking.rules.validate.explain import Place

NO_PARAMETERS = ParameterValues()

_MAX_SENT_TYPES = 64
_MAX_KEPT = 200
"""Longest Content-Type that what it means here is remembered of."""


def _place_parameter(path: Sequence[str | int]) -> Place:
    return str(path[0]) if path else "query", tuple(path[1:])


def _place_body(path: Sequence[str | int]) -> Place:
    return "body", tuple(path)


class _BodyCheck:
    """How bodies of one declared media type are read and checked."""

    __slots__ = ("check", "reader")

    def __init__(self, reader: BodyReader, check: PartCheck | None) -> None:
        self.reader = reader
        self.check = check


class RequestValidator:
    """Checks the requests of one operation; validators are compiled when first needed."""

    __slots__ = ("_bodies", "_compile", "_empty", "_has_security", "_operation", "_parameters", "is_trivial")

    is_trivial: bool
    """No request can be wrong: no parameters, no body, no security. Checking can be skipped."""

    def __init__(self, operation: Operation, compile_part: Compile | None = None) -> None:
        self._operation = operation
        self._compile = compile_part or compile_for(operation)
        self._has_security = bool(operation.security) and all(operation.security)
        checked = [parameter for parameter in operation.parameters if _is_checked(parameter, operation)]
        self._empty = frozenset(
            (parameter.location.value, pointer(parameter.name)) for parameter in checked if parameter.allow_empty
        )
        self._parameters: PartCheck | None = None
        if checked:
            schema = _parameters_schema(checked)
            self._parameters = PartCheck("request/parameters", schema, operation, self._compile, _place_parameter)
        self._bodies: dict[str, _BodyCheck | None] = {}
        has_body = operation.request_body is not None and bool(
            operation.request_body.required or operation.request_body.content
        )
        self.is_trivial = not (checked or has_body or self._has_security)

    def check(self, request: Request, params: ParameterValues = NO_PARAMETERS) -> tuple[Violation, ...]:
        """Return everything wrong with a request, at most 50: security, media type, parameters, body, in this order."""
        found: list[Violation] = []
        if self._has_security:
            refused = check_security(self._operation, request)
            if refused is not None:
                found.append(refused)
        if self._parameters is not None:
            found += self.check_parameters(params)
        if self._operation.request_body is not None:
            found += self.check_body(request)
        return tuple(found[:MAX_VIOLATIONS])

    def check_parameters(self, params: ParameterValues) -> list[Violation]:
        """Return what is wrong with the parameters alone."""
        found = list(params.violations)
        if self._parameters is None:
            return found
        wrong = self._parameters.check(params.values)
        if not wrong:
            return found
        known = {(violation.location, violation.pointer) for violation in found}
        for violation in wrong:
            place = (violation.location, violation.pointer)
            is_allowed_empty = place in self._empty and violation.actual in {'""', 'string ""'}
            if place not in known and not is_allowed_empty:
                found.append(violation)
        return found

    def check_body(self, request: Request) -> list[Violation]:
        """Return what is wrong with the body alone."""
        body = self._operation.request_body
        if body is None or (not request.body and request.media_type != FORM):
            return [missing("body", ())] if body is not None and body.required else []
        if request.header("content-encoding") not in (None, "identity"):
            return []
        sent = request.media_type
        try:
            check = self._bodies[sent]
        except KeyError:
            check = self._find_body(request)
        if check is None:
            return [_wrong_media_type(request, body.content)] if body.content else []
        try:
            value = check.reader.read(request)
        except MalformedBody as error:
            return [_malformed(error)]
        return [] if check.check is None or value is msgspec.UNSET else check.check.check(value)

    def _find_body(self, request: Request) -> _BodyCheck | None:
        """Choose the declared media type for one that was sent, and remember it unless parameters decide."""
        body = self._operation.request_body
        content = body.content if body is not None else ()
        sent = request.header("content-type") or ""
        found = choose_media(content, sent)
        check = None if found is None else self._body_check(found, sent or found.media_type)
        is_kept = len(self._bodies) < _MAX_SENT_TYPES and len(sent) <= _MAX_KEPT
        if is_kept and not any(";" in media.media_type for media in content):
            self._bodies[request.media_type] = check
        return check

    def _body_check(self, media: MediaType, sent: str) -> _BodyCheck:
        definitions = self._operation.definitions
        reader = BodyReader(media, definitions, sent)
        if media.schema is None or media.schema is True or not reader.is_checked:
            return _BodyCheck(reader, None)
        place = f"request/{media.media_type}"
        return _BodyCheck(reader, PartCheck(place, media.schema, self._operation, self._compile, _place_body))


def choose_media(content: Sequence[MediaType], sent: str) -> MediaType | None:
    """Return the declared media type that best fits the one sent; none sent: the first JSON one, else the first."""
    if not content:
        return None
    if not sent.strip():
        best = best_media_type(None, [media.media_type for media in content])
        return None if best is None else content[best[0]]
    fits = [(matches(media.media_type, sent), media) for media in content]
    level, found = max(fits, key=lambda pair: pair[0])
    return found if level else None


def _is_checked(parameter: Parameter, operation: Operation) -> bool:
    """Return whether a parameter can be wrong: OpenAPI ignores some headers; a path must have a place for it."""
    if parameter.location is Location.HEADER and parameter.name.lower() in IGNORED_HEADERS:
        return False
    if parameter.location is Location.PATH:
        return "{" + parameter.name + "}" in operation.path
    return True


def _parameters_schema(parameters: list[Parameter]) -> JsonObject:
    """Return one schema for all parameters of an operation, by location and name: one validation checks them all."""
    places: dict[str, JsonObject] = {}
    for parameter in parameters:
        place = places.setdefault(parameter.location.value, {"type": "object", "properties": {}, "required": []})
        is_text = parameter.media_type is not None and "json" not in parameter.media_type
        schema = True if parameter.schema is None or is_text else parameter.schema
        place["properties"][parameter.name] = schema
        if parameter.required:
            place["required"].append(parameter.name)
    return {"type": "object", "properties": places}


def _wrong_media_type(request: Request, content: Sequence[MediaType]) -> Violation:
    expected = " or ".join(dict.fromkeys(media.media_type for media in content))
    actual = request.media_type[:80] or "no Content-Type"
    return Violation(
        location="body",
        pointer="",
        rule="media_type",
        expected=expected,
        actual=actual,
        message=f"the body must be {expected}, but is {actual}",
    )


def _malformed(error: MalformedBody) -> Violation:
    return Violation(
        location="body",
        pointer=error.pointer,
        rule=error.rule,
        expected=error.expected,
        actual=error.actual,
        message=str(error),
    )
