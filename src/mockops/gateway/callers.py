"""Who is asking: `MockOps-*` headers, or the same as members of the W3C `baggage` header; the header wins."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from mockops.mocking.model import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLER_HEADERS = (
    "mockops-persona",
    "mockops-scenario",
    "mockops-session",
    "mockops-ci-run",
    "mockops-caller",
    "baggage",
)
"""Lower-case names of the request headers that say who is asking."""

_MAX_LENGTH = 200
_MEMBER = "mockops."


def read_caller(headers: Mapping[str, str]) -> Caller:
    """Return who asks, from headers by lower-case name (names and values cut at 200 characters)."""
    members = _baggage(headers.get("baggage", "")) if "baggage" in headers else {}

    def said(word: str) -> str:
        return headers.get(f"mockops-{word}", members.get(word, ""))[:_MAX_LENGTH]

    ci_run = said("ci-run")
    return Caller(
        persona=said("persona"),
        scenario=said("scenario"),
        session=said("session") or ci_run or "default",
        ci_run=ci_run,
        service=said("caller"),
    )


def _baggage(value: str) -> dict[str, str]:
    """Return the `mockops.` members (W3C Baggage section 3: list of key=value;properties, percent-encoded values)."""
    members: dict[str, str] = {}
    for member in value[:8192].split(","):
        key, sign, rest = member.partition("=")
        key = key.strip().lower()
        if sign and key.startswith(_MEMBER):
            members[key.removeprefix(_MEMBER).replace("_", "-")] = unquote(rest.partition(";")[0].strip())
    return members
