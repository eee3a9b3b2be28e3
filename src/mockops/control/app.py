"""The application: every slice's endpoints, and what stands before all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import Response

from mockops.control.auth.authenticate import Authenticator
from mockops.control.auth.bearer import BearerJwt
from mockops.control.auth.large import LargeBodies
from mockops.control.auth.local import LocalGuard
from mockops.control.auth.login import Logins, no_logins
from mockops.control.auth.provider import Provider
from mockops.control.auth.sessions import Sessions
from mockops.control.auth.settings import AuthMode, AuthSettings
from mockops.control.docs import OPENAPI, docs_routes
from mockops.control.front import Front
from mockops.control.health import health_routes
from mockops.control.openapi import describe
from mockops.control.routers import ROUTERS
from mockops.infra.web import problems
from mockops.infra.web.limits import BodyLimit
from mockops.infra.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from fastapi import APIRouter

    from mockops.control.auth.identity import Directory
    from mockops.core.clock import Clock
    from mockops.infra.db.database import Database
    from mockops.infra.web.router import Router

API = "/api/v1"
_SMALL = 2 << 20
_BULK = 16 << 20
"""Of JSON that is parsed at once: in memory it takes twenty times as much."""
_LARGE = 64 << 20
_BODIES = {
    f"{API}/contracts": _LARGE,
    f"{API}/projects": _LARGE,
    f"{API}/imports": _LARGE,
    f"{API}/workspaces": _BULK,
    f"{API}/workspaces/{{}}/contract/reimport": _LARGE,
    f"{API}/workspaces/{{}}/imports/": _LARGE,
    f"{API}/personas": _BULK,
    "/gateway/v1": _LARGE,
}
"""Bounds of bodies by path; `{}` stands for a workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What an application is made of beside its endpoints."""

    auth: AuthSettings = field(default_factory=AuthSettings)
    logs_access: bool = False
    routers: Sequence[Router] = ROUTERS
    """Below `/api/v1`."""
    extra: Sequence[APIRouter] = ()
    """At the root: the gateways' protocol, streams, the pages of the UI."""
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
    has_home: bool = False
    """Whether one of `extra` answers `/`."""


def make_services(database: Database, clock: Clock, directory: Directory, auth: AuthSettings) -> Services:
    """Return what endpoints ask for, with nothing provided but who is asking."""
    sessions = Sessions(auth, clock=clock) if auth.mode is AuthMode.OIDC else None
    services = Services(database=database, clock=clock, authenticate=Authenticator(auth, directory, sessions))
    if sessions is not None:
        services.provide(sessions)
    return services


def create_app(services: Services, directory: Directory, options: AppOptions | None = None) -> FastAPI:
    """Return the application.

    Args:
        services: What endpoints ask for; made by `make_services`, so that all agree on who is asking.
        directory: Who is who.
        options: The rest.

    """
    options = options or AppOptions()
    guards, login = _authentication(services, directory, options.auth)
    app = FastAPI(
        title="MockOps",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=options.lifespan,
        middleware=[
            Middleware(Front, is_secure=options.auth.public_url.startswith("https:"), logs_access=options.logs_access),
            *guards,
            Middleware(BodyLimit, max_bytes=_SMALL, by_prefix=_BODIES),
        ],
    )
    app.state.services = services
    problems.install(app)
    # routes are tried in turn: gateways ask most often
    for each in options.extra:
        app.include_router(each)
    for router in options.routers:
        app.include_router(router.api, prefix=API)
    app.include_router(login)
    app.include_router(health_routes(services.database))
    app.include_router(docs_routes(has_home=options.has_home))
    _publish_description(app)
    return app


def _authentication(services: Services, directory: Directory, auth: AuthSettings) -> tuple[list[Middleware], APIRouter]:
    """Return what looks at this mode's requests before the endpoints do, and the mode's own endpoints."""
    if auth.mode is AuthMode.LOCAL:
        return [Middleware(LocalGuard)], no_logins("/")
    admitted = Middleware(LargeBodies, services=services)
    if auth.oidc is None:
        return [admitted], no_logins()
    provider = Provider(auth.oidc, clock=services.clock)
    logins = Logins(auth, provider, services.get(Sessions), directory, services.database)
    checked = Middleware(
        BearerJwt, provider=provider, directory=directory, database=services.database, clock=services.clock
    )
    return [checked, admitted], logins.routes()


def _publish_description(app: FastAPI) -> None:
    document = describe(app)
    app.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's own way to replace it
    content = msgspec.json.encode(document)
    tag = f'"{sha256(content).hexdigest()[:16]}"'

    async def openapi(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(content, media_type="application/json", headers={"ETag": tag})

    app.add_api_route(OPENAPI, openapi, methods=["GET"], include_in_schema=False)
