"""Security: a credential must be there; which one is not the mock's business."""

from __future__ import annotations

from typing import Any

import pytest

from mockops.contracts.model import Operation, SecurityScheme
from mockops.core.exchange import Request
from mockops.mocking.rules.security import challenge, check_security

KEY = SecurityScheme(name="key", kind="apiKey", location="header", parameter="X-Key")
QUERY = SecurityScheme(name="query", kind="apiKey", location="query", parameter="api_key")
COOKIE = SecurityScheme(name="cookie", kind="apiKey", location="cookie", parameter="sid")
BASIC = SecurityScheme(name="basic", kind="http", scheme="basic")
BEARER = SecurityScheme(name="bearer", kind="http", scheme="bearer")
DIGEST = SecurityScheme(name="digest", kind="http", scheme="digest")
OAUTH = SecurityScheme(name="oauth", kind="oauth2")
OIDC = SecurityScheme(name="oidc", kind="openIdConnect")
MUTUAL = SecurityScheme(name="tls", kind="mutualTLS")


def passes(*alternatives: tuple[SecurityScheme, ...], query: str = "", **headers: str) -> bool:
    request = Request(
        method="GET",
        path="/",
        query_string=query,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
    )
    return check_security(Operation(method="GET", path="/", security=alternatives), request) is None


@pytest.mark.parametrize(
    ("scheme", "carried", "is_enough"),
    [
        (KEY, {"x_key": "a"}, True),
        (KEY, {"x_key": ""}, False),
        (KEY, {}, False),
        (QUERY, {"query": "api_key=a"}, True),
        (QUERY, {"query": "api_key="}, False),
        (COOKIE, {"cookie": "a=b; sid=1"}, True),
        (COOKIE, {"cookie": "a=b"}, False),
        (BASIC, {"authorization": "Basic dTpw"}, True),
        (BASIC, {"authorization": "basic dTpw"}, True),
        (BASIC, {"authorization": "Bearer x"}, False),
        (BASIC, {"authorization": "Basic"}, False),
        (BEARER, {"authorization": "Bearer x"}, True),
        (DIGEST, {"authorization": 'Digest username="u"'}, True),
        (OAUTH, {"authorization": "Bearer x"}, True),
        (OAUTH, {"authorization": "Basic x"}, False),
        (OIDC, {"authorization": "bearer x"}, True),
        (MUTUAL, {}, True),
    ],
)
def test_a_credential_is_found(scheme: SecurityScheme, carried: dict[str, Any], is_enough: bool) -> None:
    assert passes((scheme,), **carried) is is_enough


def test_one_alternative_is_enough_and_all_of_it_is_needed() -> None:
    assert passes((KEY, BASIC), (BEARER,), authorization="Bearer x")
    assert not passes((KEY, BASIC), (BEARER,), authorization="Basic x")
    assert passes((KEY, BASIC), (BEARER,), authorization="Basic x", x_key="1")
    assert passes((KEY,), ())
    assert passes()


def test_a_refusal_names_what_is_needed_and_no_secret() -> None:
    request = Request(method="GET", path="/", headers=(("authorization", "Basic c2VjcmV0"), ("x-key", "s3cret")))
    found = check_security(Operation(method="GET", path="/", security=((KEY, BEARER), (QUERY,))), request)
    assert found is not None
    assert (found.location, found.rule) == ("security", "security")
    assert found.expected == (
        "header `X-Key` (key) and `Authorization: Bearer …` (bearer) or query parameter `api_key` (query)"
    )
    assert "`X-Key`" in found.actual
    assert "`Authorization: Basic …`" in found.actual
    assert "c2VjcmV0" not in str(found)
    assert "s3cret" not in str(found)


def test_a_401_challenges_with_every_scheme_once() -> None:
    operation = Operation(method="GET", path="/", security=((BASIC,), (BEARER,), (OAUTH,), (KEY,)))
    assert challenge(operation) == (
        'Basic realm="mock", Bearer realm="mock", ApiKey realm="mock", in="header", name="X-Key"'
    )
