"""Credentials that open nothing, where a contract asks for some."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mockops.contracts.model import Operation, SecurityScheme

SAMPLE_TOKEN = "sample-token"  # noqa: S105 (opens nothing, and says so)
_BASIC = b64encode(b"sample:sample").decode()
_WORDS = {"basic": f"Basic {_BASIC}", "bearer": f"Bearer {SAMPLE_TOKEN}"}


class Credentials(msgspec.Struct, kw_only=True):
    """Credentials by where they travel, name to value."""

    query: dict[str, str] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    cookies: dict[str, str] = msgspec.field(default_factory=dict)


def credentials_for(operation: Operation) -> Credentials:
    """Return what the first alternative of an operation's security asks for; nothing where anyone may."""
    found = Credentials()
    if operation.security and () not in operation.security:
        # The Authorization header is one: what says how it begins goes before a key that only wants it to be there.
        for scheme in sorted(operation.security[0], key=lambda scheme: scheme.kind == "apiKey"):
            _add(found, scheme)
    return found


def _add(found: Credentials, scheme: SecurityScheme) -> None:
    if scheme.kind == "apiKey":
        place = {"query": found.query, "header": found.headers, "cookie": found.cookies}.get(scheme.location)
        if place is not None:
            place.setdefault(
                scheme.parameter.lower() if scheme.location == "header" else scheme.parameter, SAMPLE_TOKEN
            )
    elif scheme.kind == "http" and scheme.scheme not in ("", "bearer"):
        word = scheme.scheme.lower()
        found.headers["authorization"] = _WORDS.get(word, f"{scheme.scheme.capitalize()} {SAMPLE_TOKEN}")
    elif scheme.kind in ("http", "oauth2", "openIdConnect"):
        found.headers["authorization"] = _WORDS["bearer"]
