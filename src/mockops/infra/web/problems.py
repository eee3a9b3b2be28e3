"""Every refusal as problem+json (RFC 9457): the six categories of errors and their status codes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.errors import Conflict, Denied, Invalid, MockOpsError, NotFound, Stale, Unavailable
from mockops.core.problems import PROBLEM_JSON, problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

    from mockops.core.json import Json, JsonObject

log = logging.getLogger("mockops.api")

_STATUS: tuple[tuple[type[MockOpsError], int], ...] = (
    (Invalid, 422),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Stale, 412),
    (Unavailable, 503),
)
_MAX_ERRORS = 200
_RETRY_AFTER_S = "1"


class NotAuthenticated(Denied):
    """Nobody that is known is asking."""

    code: ClassVar[str] = "access.not_authenticated"
    status: ClassVar[int] = 401


class BodyTooLarge(Invalid):
    """The body is larger than this endpoint takes."""

    code: ClassVar[str] = "api.body_too_large"
    status: ClassVar[int] = 413


class HeaderInvalid(Invalid):
    """A request header cannot be understood."""

    code: ClassVar[str] = "api.header_invalid"
    status: ClassVar[int] = 400


def status_of(error: MockOpsError | type[MockOpsError]) -> int:
    """Return the status code of an error: its own `status`, else its category's."""
    own = getattr(error, "status", None)
    if isinstance(own, int):
        return own
    kind = error if isinstance(error, type) else type(error)
    return next((status for category, status in _STATUS if issubclass(kind, category)), 500)


def describe(error: MockOpsError) -> JsonObject:
    """Return the members of an error's problem document, `errors` included where places are known."""
    members: JsonObject = {}
    if isinstance(error, Invalid) and error.diagnostics:
        members["errors"] = [as_json(each) for each in error.diagnostics[:_MAX_ERRORS]]
        if len(error.diagnostics) > _MAX_ERRORS:
            members["errors_left_out"] = len(error.diagnostics) - _MAX_ERRORS
    extra = getattr(error, "members", None)
    return {**members, **extra} if isinstance(extra, dict) else members


def as_json(found: Diagnostic) -> JsonObject:
    """Return a diagnostic as a member of `errors`; what is not known is left out."""
    shown: JsonObject = {"code": found.code, "pointer": found.pointer, "message": found.message}
    optional: JsonObject = {
        "severity": str(found.severity) if found.severity != "error" else None,
        "source": found.source,
        "line": found.line,
        "column": found.column,
        "hint": found.hint,
    }
    return shown | {name: value for name, value in optional.items() if value}


def respond(error: MockOpsError) -> Response:
    """Return the response that explains an error."""
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="mockops"'
    elif status == 503:
        headers["Retry-After"] = _RETRY_AFTER_S
    return _response(status, error.code, str(error), headers, **describe(error))


def install(app: FastAPI) -> None:
    """Have an application answer every error with a problem document."""
    app.add_exception_handler(MockOpsError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_crash)


def _response(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Json) -> Response:
    return Response(
        problem(status, code, detail, **more),
        status,
        media_type=PROBLEM_JSON,
        headers=dict(headers) if headers else None,
    )


async def _on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MockOpsError)  # noqa: S101 (Starlette's signature is wider)
    return respond(error)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (as above)
    found = [_explain(each) for each in error.errors()[:_MAX_ERRORS]]
    if any(each["code"] == "json_invalid" for each in found):
        return _response(400, "api.body_not_json", f"The body is no JSON: {found[0]['message']}", errors=found)
    first = found[0]
    where = first.get("pointer") or first.get("parameter") or "the body"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return _response(422, "api.invalid", f"{where}: {first['message']}{more}", errors=found)


def _explain(error: Any) -> JsonObject:
    place, *rest = error["loc"] or ("body",)
    shown: JsonObject = {"code": error["type"], "message": error["msg"]}
    if place == "body":
        is_offset = error["type"] == "json_invalid"
        shown["pointer"] = "" if is_offset else pointer(*rest)
        reason = error.get("ctx", {}).get("error")
        if is_offset and reason:
            shown["message"] = f"{reason} at character {rest[0] if rest else 0}"
    else:
        shown["parameter"] = ".".join(map(str, rest))
        shown["in"] = str(place)
    return shown


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (as above)
    code, detail = {
        404: ("api.no_such_path", f"There is nothing at {request.url.path}; GET /api/v1/openapi.json lists what is."),
        405: ("api.method_not_allowed", f"{request.method} is not possible at {request.url.path}."),
        413: (BodyTooLarge.code, str(error.detail)),
    }.get(error.status_code, ("api.refused", str(error.detail)))
    return _response(error.status_code, code, detail, error.headers)


async def _on_crash(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _response(500, "api.internal", "MockOps made a mistake; its log has the details.")
