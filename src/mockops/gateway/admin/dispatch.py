"""Answers requests to the admin port: guard, route, check, run, explain."""

from __future__ import annotations

import logging
from difflib import SequenceMatcher
from heapq import nlargest
from typing import TYPE_CHECKING, Any

import msgspec

from mockops.core.errors import Conflict, Denied, Invalid, MockOpsError, NotFound, Stale, Unavailable
from mockops.core.exchange import Request
from mockops.core.problems import PROBLEM_JSON, problem
from mockops.gateway.admin import guard
from mockops.gateway.admin.index import OPENAPI
from mockops.gateway.admin.reading import read_body, read_query
from mockops.gateway.admin.refusals import Refused
from mockops.gateway.admin.routes import API, Call, Outcome, Route
from mockops.gateway.admin.table import ROUTES
from mockops.gateway.exchanges import did_you_mean
from mockops.gateway.http.message import Answer, RawRequest
from mockops.mocking.rules.paths import Router

if TYPE_CHECKING:
    from collections.abc import Collection

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import JsonObject
    from mockops.gateway.admin.desk import Desk

logger = logging.getLogger(__name__)

_STATUSES: tuple[tuple[type[MockOpsError], int], ...] = (
    (Invalid, 422),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Stale, 412),
    (Unavailable, 503),
)


_MAX_NEAREST = 5
"""Routes named to who asks for one that is not there."""
_MAX_COMPARED = 200
"""Characters of a path that are compared."""


class Dispatch:
    """Answers requests to the admin port of one gateway."""

    def __init__(self, desk: Desk, *, is_local: bool, allowed_hosts: Collection[str] = ()) -> None:
        """Get ready to answer.

        Args:
            desk: What the routes work on.
            is_local: Whether the port is bound to a loopback address, so that only this machine's names may be used.
            allowed_hosts: Further host names in that case; lower case, no port.

        """
        self._desk = desk
        self._allowed = frozenset(allowed_hosts)
        self._is_local = is_local
        self._router: Router[Route] = Router()
        for route in ROUTES:
            self._router.add(route.path, route, route.method)

    def handle(self, request: RawRequest) -> Answer:
        """Answer a request; what goes wrong inside is logged and answered with 500."""
        asked = _read(request)
        try:
            outcome = self._answer(asked)
        except Refused as error:
            outcome = _explain(error.status, error.problem_code, str(error), error.headers, error.members)
        except MockOpsError as error:
            status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
            problems = [_as_problem(each) for each in getattr(error, "diagnostics", ())]
            outcome = _explain(status, error.code, str(error), (), {"problems": problems} if problems else {})
        except Exception as error:
            logger.exception("while answering %s %s", asked.method, asked.path[:200])
            detail = f"MockOps failed to answer: {type(error).__name__}: {error}"
            outcome = _explain(500, "admin.failed", detail, (), {})
        return self._render(outcome, asked)

    def _answer(self, request: Request) -> Outcome:
        self._guard(request)
        if request.method == "OPTIONS":
            return self._options(request)
        method = "GET" if request.method == "HEAD" else request.method
        found = self._router.find(request.path, method)
        if found is None:
            raise self._not_found(request)
        route = found.value
        query = read_query(route, request.query_string)
        body, has_body = read_body(route, request)
        target = request.header("mockops-target") or ""
        return route.run(
            Call(desk=self._desk, params=found.params, query=query, body=body, has_body=has_body, target=target)
        )

    def _guard(self, request: Request) -> None:
        """Refuse what a web page could have sent (Fetch: `Origin`; DNS rebinding: `Host`)."""
        host, origin = request.header("host"), request.header("origin")
        if self._is_local and not guard.is_host_allowed(host, self._allowed):
            detail = f"Host {host!r} is not this machine: the admin port answers to localhost, 127.0.0.1 and [::1]."
            raise Refused(403, "admin.host_refused", detail)
        if not guard.is_origin_allowed(origin, self._allowed):
            detail = f"Origin {origin!r} may not use the admin port: only pages of this machine may."
            raise Refused(403, "admin.origin_refused", detail)

    def _options(self, request: Request) -> Outcome:
        allow = self._allow(request.path)
        if not allow:
            raise self._not_found(request)
        headers: tuple[tuple[str, str], ...] = (("Allow", allow),)
        if request.header("access-control-request-method"):
            asked = request.header("access-control-request-headers") or "content-type"
            headers += (("Access-Control-Allow-Methods", allow), ("Access-Control-Allow-Headers", asked))
        return Outcome(status=204, headers=headers)

    def _allow(self, path: str) -> str:
        methods = set(self._router.methods(path))
        extra = {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        return ", ".join(sorted(methods | extra)) if methods else ""

    def _not_found(self, request: Request) -> Refused:
        allow = self._allow(request.path)
        if allow:
            detail = f"{request.path} takes {allow}, not {request.method}."
            return Refused(405, "admin.method_not_allowed", detail, headers=(("Allow", allow),))
        near = _nearest(request.path)
        hint = did_you_mean(request.path, near) or did_you_mean(API + request.path, near) or "."
        detail = f"There is no {request.path}{hint} GET {OPENAPI} describes all routes."
        routes = [f"{each.method} {each.path}" for path in near for each in ROUTES if each.path == path]
        return Refused(404, "admin.not_found", detail, routes=routes[:_MAX_NEAREST], all_routes=OPENAPI)

    def _render(self, outcome: Outcome, request: Request) -> Answer:
        headers = list(outcome.headers)
        body = b""
        if outcome.text is not None:
            body = outcome.text.encode()
        elif outcome.value is not None:
            body = msgspec.json.encode(outcome.value)
        if body:
            headers.insert(0, ("Content-Type", outcome.media_type))
        headers.append(("Cache-Control", "no-store"))
        origin = request.header("origin")
        if origin is not None and guard.is_origin_allowed(origin, self._allowed):
            headers += [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        is_head = request.method == "HEAD"
        return Answer(status=outcome.status, headers=headers, body=body, with_body=not is_head, with_id=False)


def _nearest(path: str) -> list[str]:
    """Return the paths of the routes that look most like a path, or like it below the API's prefix; nearest first."""
    likeness: dict[str, float] = {}
    for wanted in (path[:_MAX_COMPARED], API + path[:_MAX_COMPARED]):
        matcher = SequenceMatcher(None, "", wanted)
        for route in ROUTES:
            matcher.set_seq1(route.path)
            likeness[route.path] = max(likeness.get(route.path, 0.0), matcher.ratio())
    return nlargest(_MAX_NEAREST, likeness, key=lambda each: likeness[each])


def _read(raw: RawRequest) -> Request:
    url = raw.url.decode("latin-1")
    if not url.startswith("/") and "://" in url:
        url = "/" + url.partition("://")[2].partition("/")[2]
    path, _, query = url.partition("?")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in raw.headers)
    return Request(method=raw.method.decode("latin-1"), path=path, query_string=query, headers=headers, body=raw.body)


def _explain(
    status: int, code: str, detail: str, headers: tuple[tuple[str, str], ...], members: dict[str, Any]
) -> Outcome:
    body = problem(status, code, detail, **members).decode()
    return Outcome(status=status, text=body, media_type=PROBLEM_JSON, headers=headers)


def _as_problem(diagnostic: Diagnostic) -> JsonObject:
    """Return a diagnostic as a member of a problem document."""
    found = {"pointer": diagnostic.pointer, "message": diagnostic.message, "code": diagnostic.code}
    return {**found, "severity": str(diagnostic.severity), **({"hint": diagnostic.hint} if diagnostic.hint else {})}
