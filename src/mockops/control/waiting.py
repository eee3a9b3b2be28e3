"""Who is asking, for endpoints that wait: looked up before, so that no transaction is open meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockops.infra.web.services import services_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from mockops.core.actor import Caller
    from mockops.infra.web.services import Services


async def authenticated(request: Request) -> Caller:
    """Return who is asking, for endpoints that wait."""
    return await asyncio.to_thread(_authenticate, services_of(request), request)


def _authenticate(services: Services, request: Request) -> Caller:
    with services.database.read() as tx:
        return services.authenticate(tx, request)
