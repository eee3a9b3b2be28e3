"""Every route of the admin API."""

from __future__ import annotations

from typing import Any

from mockops.gateway.admin.index import OPENAPI
from mockops.gateway.admin.index import ROUTES as INDEX
from mockops.gateway.admin.openapi import describe
from mockops.gateway.admin.requests import ROUTES as REQUESTS
from mockops.gateway.admin.routes import Call, Outcome, Promise, Route
from mockops.gateway.admin.sessions import ROUTES as SESSIONS
from mockops.gateway.admin.state import ROUTES as STATE
from mockops.gateway.admin.stubs import ROUTES as STUBS
from mockops.gateway.admin.wiremock import ROUTES as WIREMOCK


def show_openapi(call: Call) -> Outcome:
    """Show the contract of this API."""
    del call
    return Outcome(value=describe(ROUTES))


_OPENAPI = Route(
    method="GET",
    path=OPENAPI,
    operation_id="openapi.read",
    tag="State",
    summary="This API's own contract, OpenAPI 3.1",
    run=show_openapi,
    promises=(Promise(description="The contract.", type=dict[str, Any]),),
)

ROUTES = (*INDEX, *STATE, _OPENAPI, *STUBS, *REQUESTS, *SESSIONS, *WIREMOCK)
