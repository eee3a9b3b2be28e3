"""`GET /` of the admin port: what it is, and where to go on."""

from __future__ import annotations

import msgspec

from mockops.gateway.admin.desk import installed_version
from mockops.gateway.admin.routes import API, Call, Outcome, Promise, Route

OPENAPI = "/openapi.json"
"""Where all routes are described."""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Paths on this port."""

    health: str = "/health"
    ready: str = "/ready"
    state: str = "/state"
    metrics: str = "/metrics"
    openapi: str = OPENAPI
    stubs: str = f"{API}/stubs"
    requests: str = f"{API}/requests"


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """The admin port in short."""

    name: str = "MockOps gateway admin API"
    version: str
    """Of MockOps."""
    links: Links = Links()


def show_index(call: Call) -> Outcome:
    """Show where to go on."""
    del call
    return Outcome(value=Index(version=installed_version()))


ROUTES = (
    Route(
        method="GET",
        path="/",
        operation_id="index.read",
        tag="State",
        summary="What this port is, with links",
        run=show_index,
        promises=(Promise(description="The index.", type=Index),),
    ),
)
