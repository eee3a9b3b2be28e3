"""problem+json: the one shape in which MockOps explains a refusal over HTTP (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mockops.core.json import Json

PROBLEM_JSON = "application/problem+json"

_TYPES = "urn:mockops:problem:"


def phrase(status: int) -> str:
    """Return a status code's reason phrase (RFC 9110 section 15), or `Unknown`."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def problem(status: int, code: str, detail: str, **members: Json) -> bytes:
    """Return a problem document: `type` ends in `code`, `title` is the status's phrase, `members` extend it."""
    document = {
        "type": _TYPES + code,
        "title": phrase(status),
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    return msgspec.json.encode(document)
