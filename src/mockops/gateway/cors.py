"""Cross-origin answers (Fetch standard, "CORS protocol")."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.exchange import Request
    from mockops.workspaces.model.settings import Cors

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_EXPOSED = "*"


def is_preflight(request: Request) -> bool:
    """Say whether a browser asks for permission (Fetch: a CORS-preflight request)."""
    return (
        request.method == "OPTIONS"
        and request.header("origin") is not None
        and request.header("access-control-request-method") is not None
    )


def allow(cors: Cors, request: Request) -> tuple[tuple[str, str], ...]:
    """Return the fields that let the request's origin read the answer; none when it is not allowed or did not ask."""
    origin = request.header("origin")
    if origin is None or not cors.enabled or not (origin in cors.origins or "*" in cors.origins):
        return ()
    if cors.credentials:  # with credentials the wildcard is not allowed, so the origin is named
        exposed = ", ".join(
            (
                "MockOps-Source",
                "MockOps-Operation",
                "MockOps-Workspace",
                "MockOps-Request-Id",
                "Location",
                "ETag",
                "Link",
            )
        )
        return (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", exposed),
            ("Vary", "Origin"),
        )
    allowed = "*" if "*" in cors.origins else origin
    return (("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", _EXPOSED), ("Vary", "Origin"))


def preflight(cors: Cors, request: Request) -> tuple[tuple[str, str], ...]:
    """Return the fields of a preflight's answer."""
    fields = allow(cors, request)
    if not fields:
        return ()
    asked = request.header("access-control-request-headers") or "*"
    method = request.header("access-control-request-method") or ""
    methods = _METHODS if method.upper() in _METHODS else f"{_METHODS}, {method}"
    return (
        *fields,
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", str(cors.max_age_s)),
    )
