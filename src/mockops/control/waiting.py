"""Who is asking, for endpoints that wait: looked up before, so that no transaction is open meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockops.core.errors import MockOpsError, Unavailable
from mockops.infra.web.services import services_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from mockops.core.actor import Caller
    from mockops.infra.web.services import Services


async def authenticated(request: Request) -> Caller:
    """Return who is asking, for endpoints that wait."""
    return await asyncio.to_thread(_authenticate, services_of(request), request)


def still_welcome(request: Request, caller: Caller) -> Callable[[], Awaitable[bool]]:
    """Return what tells whether who opened a stream would be let in again, to see the same."""

    async def ask() -> bool:
        try:
            again = await authenticated(request)
        except Unavailable:  # nothing is known, so nothing has changed
            return True
        except MockOpsError:
            return False
        return (again.id, again.org_id, again.workspaces) == (caller.id, caller.org_id, caller.workspaces)

    return ask


def _authenticate(services: Services, request: Request) -> Caller:
    with services.database.read() as tx:
        return services.authenticate(tx, request)
