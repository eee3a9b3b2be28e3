"""Is a credential there? A mock cannot know whether it is right (OpenAPI 3.1 section 4.8.27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.model import Violation

if TYPE_CHECKING:
    from mockops.contracts.model import Operation, SecurityScheme
    from mockops.core.exchange import Request

_BEARER_KINDS = frozenset({"oauth2", "openIdConnect"})


def has_credential(scheme: SecurityScheme, request: Request) -> bool:
    """Return whether a request carries what one scheme needs. Mutual TLS, and kinds unknown, are taken as given."""
    if scheme.kind == "apiKey":
        return _has_key(scheme, request)
    if scheme.kind == "http" or scheme.kind in _BEARER_KINDS:
        wanted = scheme.scheme.lower() if scheme.kind == "http" else "bearer"
        name, _, credentials = (request.header("authorization") or "").strip().partition(" ")
        if not wanted:
            return bool(name)
        return name.lower() == wanted and bool(credentials.strip())
    return True


def _has_key(scheme: SecurityScheme, request: Request) -> bool:
    match scheme.location:
        case "query":
            return any(name == scheme.parameter and value for name, value in request.query)
        case "header":
            return bool(request.header(scheme.parameter.lower()))
        case "cookie":
            return bool(request.cookies.get(scheme.parameter))
        case _:
            return True


def check_security(operation: Operation, request: Request) -> Violation | None:
    """Return why a request may not pass, or None; one alternative with all its credentials is enough."""
    if not operation.security:
        return None
    for alternative in operation.security:
        if all(has_credential(scheme, request) for scheme in alternative):
            return None
    expected = " or ".join(" and ".join(describe(scheme) for scheme in each) for each in operation.security)
    actual = _what_came(operation, request)
    return Violation(
        location="security",
        pointer="",
        rule="security",
        expected=expected,
        actual=actual,
        message=f"a credential is missing: expected {expected}; the request carries {actual}",
    )


def describe(scheme: SecurityScheme) -> str:
    """Return in words what a scheme needs."""
    if scheme.kind == "apiKey":
        place = "query parameter" if scheme.location == "query" else scheme.location
        return f"{place} `{scheme.parameter}` ({scheme.name})"
    if scheme.kind == "http" or scheme.kind in _BEARER_KINDS:
        word = scheme.scheme.capitalize() if scheme.kind == "http" else "Bearer"
        return f"`Authorization: {word or '<scheme>'} …` ({scheme.name})"
    return f"{scheme.kind} ({scheme.name})"


def _what_came(operation: Operation, request: Request) -> str:
    """Name the credentials that are there, never their values."""
    found = [
        describe(scheme)
        for scheme in dict.fromkeys(scheme for each in operation.security for scheme in each)
        if scheme.kind != "mutualTLS" and has_credential(scheme, request)
    ]
    word = (request.header("authorization") or "").strip().partition(" ")
    if word[2] and not any("Authorization" in each for each in found):
        found.append(f"`Authorization: {word[0][:20]} …`")
    elif word[0] and not found:
        found.append("an Authorization header without scheme and credentials")
    return ", ".join(found) or "none"


def challenge(operation: Operation) -> str:
    """Return the `WWW-Authenticate` value that goes with a 401 (RFC 9110 section 11.6.1); empty when none applies."""
    words: dict[str, None] = {}
    for scheme in (scheme for each in operation.security for scheme in each):
        if scheme.kind == "http" and scheme.scheme:
            words[f'{scheme.scheme.capitalize()} realm="mock"'] = None
        elif scheme.kind in _BEARER_KINDS:
            words['Bearer realm="mock"'] = None
        elif scheme.kind == "apiKey":
            words[f'ApiKey realm="mock", in="{scheme.location}", name="{scheme.parameter}"'] = None
    return ", ".join(words)
