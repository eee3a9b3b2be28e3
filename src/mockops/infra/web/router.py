"""Endpoints: authenticate, begin, act, render and commit in one hop to a worker thread.

An endpoint is a plain function of its slice's `api` whose first parameter is the work; FastAPI sees the others.
The commit comes before the response leaves: a commit that fails is an error, never a lie.

    router = Router("workspaces", tag="teams")

    @router.reads("GET", "/teams/{team_id}", errors=(TeamUnknown,))
    def get_team(work: Read, team_id: str) -> TeamShown: ...

    @router.writes("POST", "/teams", errors=(TeamExists,))
    def create_team(work: Write, body: NewTeam) -> Created[TeamShown]: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from mockops.core.errors import Invalid, MockOpsError
from mockops.infra.secrets import Vault
from mockops.infra.web import idempotency
from mockops.infra.web.bodies import Problem
from mockops.infra.web.problems import HeaderInvalid, NotAuthenticated, status_of
from mockops.infra.web.services import Services, services_of

if TYPE_CHECKING:
    from mockops.core.actor import Caller
    from mockops.core.clock import Clock
    from mockops.infra.db.transactions import ReadTx, Tx

T = TypeVar("T")
E = TypeVar("E", bound=Callable[..., Any])
REVISION = "MockOps-Revision"
"""Response header of a change that gateways fetch: `GET /api/v1/gateways/applied?revision=` says which have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One request that looks at something."""

    tx: ReadTx
    request: Request
    services: Services

    @property
    def caller(self) -> Caller:
        """Who is asking."""
        return self.tx.caller

    @property
    def clock(self) -> Clock:
        """Tells the time."""
        return self.services.clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """What comes before the transaction of a write: building, fetching, anything that takes time."""

    caller: Caller
    request: Request
    services: Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changes something."""

    tx: Tx
    request: Request
    services: Services
    prepared: Any = None
    """What the endpoint's `prepare` returned."""

    @property
    def caller(self) -> Caller:
        """Who is asking."""
        return self.tx.caller

    @property
    def clock(self) -> Clock:
        """Tells the time."""
        return self.services.clock

    def if_match(self) -> int | None:
        """Return the version that `If-Match` demands (RFC 9110 section 13.1.1), or None when any will do.

        Raises:
            HeaderInvalid: It is no ETag that MockOps has given.

        """
        value = self.request.headers.get("if-match", "*").strip()
        if value == "*":
            return None
        tag = value.strip('"')
        if value != f'"{tag}"' or not tag.isascii() or not tag.isdigit() or len(tag) > 18:
            message = f'If-Match must be the ETag of what you read, like "3", or *; it is {value[:80]}'
            raise HeaderInvalid(message)
        return int(tag)


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """Something was made: 201 and where it is."""

    shown: T
    location: str
    """Path below `/api/v1`."""


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """Something is under way: 202."""

    shown: T


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is not JSON of ours."""

    content: bytes
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)


class Router:
    """Endpoints of one part of a slice; `router.api` goes into control's application."""

    def __init__(self, slice_: str, *, tag: str) -> None:
        self.api = APIRouter(tags=[tag])
        self._slice = slice_

    def reads(
        self, method: str, path: str, *, errors: Sequence[type[MockOpsError]] = (), **options: Any
    ) -> Callable[[E], E]:
        """Add an endpoint that changes nothing; its first parameter is a `Read`."""

        def add(endpoint: E) -> E:
            def run(request: Request, arguments: dict[str, Any]) -> Response:
                services = services_of(request)
                with services.database.read() as tx:
                    tx.caller = services.authenticate(tx, request)
                    work = Read(tx=tx, request=request, services=services)
                    return render(endpoint(work, **arguments), request)

            self._add(endpoint, run, method, path, errors, options)
            return endpoint

        return add

    def writes(
        self,
        method: str,
        path: str,
        *,
        errors: Sequence[type[MockOpsError]] = (),
        prepare: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Callable[[E], E]:
        """Add an endpoint that changes something; its first parameter is a `Write`.

        Args:
            method: HTTP's.
            path: Below `/api/v1`.
            errors: What it refuses with, beside what every endpoint does.
            prepare: Called before the transaction with a `Prepare` and the endpoint's arguments; for what takes time.
            options: Further arguments of FastAPI's `add_api_route`.

        """

        def add(endpoint: E) -> E:
            def run(request: Request, arguments: dict[str, Any]) -> Response:
                return _write(endpoint, prepare, request, arguments)

            self._add(endpoint, run, method, path, errors, options)
            return endpoint

        return add

    def _add(
        self,
        endpoint: Callable[..., Any],
        run: Callable[[Request, dict[str, Any]], Response],
        method: str,
        path: str,
        errors: Sequence[type[MockOpsError]],
        options: dict[str, Any],
    ) -> None:
        @wraps(endpoint)
        def handle(request: Request, **arguments: Any) -> Response:
            return run(request, arguments)

        signature = inspect.signature(endpoint, eval_str=True)
        _, *parameters = signature.parameters.values()
        first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
        kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
        handle.__signature__ = signature.replace(parameters=[first, *kept])  # type: ignore[attr-defined]
        status, model = _shape(signature.return_annotation)
        options.setdefault("status_code", status)
        options.setdefault("response_model", model)
        if signature.return_annotation in (Raw, Response):
            options.setdefault("response_class", Response)  # its content is what `responses` says, and not also JSON
        self.api.add_api_route(
            path,
            handle,
            methods=[method],
            operation_id=f"{self._slice}.{endpoint.__name__}",
            name=endpoint.__name__,
            responses={**problems(NotAuthenticated, *errors), **options.pop("responses", {})},
            **options,
        )


def _write(
    endpoint: Callable[..., Any], prepare: Callable[..., Any] | None, request: Request, arguments: dict[str, Any]
) -> Response:
    services = services_of(request)
    with services.database.read() as looking:
        caller = services.authenticate(looking, request)
    prepared = None
    if prepare is not None:
        prepared = prepare(Prepare(caller=caller, request=request, services=services), **arguments)
    key = idempotency.key_of(request, services.find(Vault))
    with services.database.write(caller) as tx:
        replayed = key.find(tx) if key is not None else None
        if replayed is not None:
            return replayed
        work = Write(tx=tx, request=request, services=services, prepared=prepared)
        response = render(endpoint(work, **arguments), request)
        if key is not None:
            tx.at_end(lambda: key.save(tx, _told(response, tx.revision)))
    return _told(response, tx.revision)


def _told(response: Response, revision: int) -> Response:
    """Return a response that says which revision of the snapshot has the change."""
    if revision:
        response.headers[REVISION] = str(revision)
    return response


def render(result: Any, request: Request) -> Response:
    """Return an endpoint's result as a response: ETags from `version`, 304 where the caller has it, 204 for nothing."""
    status, headers = 200, dict[str, str]()
    if isinstance(result, Created):
        status, headers["Location"] = 201, "/api/v1" + result.location
        result = result.shown
    elif isinstance(result, Accepted):
        status, result = 202, result.shown
    if result is None:
        return Response(status_code=204)
    if isinstance(result, Response):
        return result
    if isinstance(result, Raw):
        return Response(result.content, status, media_type=result.media_type, headers=result.headers)
    assert isinstance(result, BaseModel)  # noqa: S101 (the linter of endpoints is mypy)
    version = getattr(result, "version", None)
    if isinstance(version, int):
        headers["ETag"] = tag = f'"{version}"'
        if request.method in ("GET", "HEAD") and _has(request, tag):
            return Response(status_code=304, headers=headers)
    content = result.__pydantic_serializer__.to_json(result, by_alias=True)
    return Response(content, status, media_type="application/json", headers=headers)


def _has(request: Request, tag: str) -> bool:
    """Say whether `If-None-Match` names a tag, compared weakly (RFC 9110 section 13.1.2)."""
    given = request.headers.get("if-none-match", "")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in given.split(","))


def problems(*errors: type[MockOpsError]) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for errors: every one is a problem document."""
    by_status: dict[int, list[str]] = {}
    kinds: tuple[type[MockOpsError], ...] = (HeaderInvalid, Invalid, *errors)
    for error in kinds:
        by_status.setdefault(status_of(error), []).append(f"`{error.code}`: {_first_line(error)}")
    return {
        status: {
            "description": "\n".join(dict.fromkeys(lines)),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "model": Problem,
        }
        for status, lines in by_status.items()
    }


def _first_line(error: type[MockOpsError]) -> str:
    return (error.__doc__ or "").strip().partition("\n")[0]


def _shape(annotation: Any) -> tuple[int, Any]:
    """Return the status code and model of what an endpoint is annotated to return."""
    if annotation is None or annotation is type(None):
        return 204, None
    origin = get_origin(annotation)
    if origin is Created:
        return 201, get_args(annotation)[0]
    if origin is Accepted:
        return 202, get_args(annotation)[0]
    if annotation in (Raw, Response):
        return 200, None
    return 200, annotation
