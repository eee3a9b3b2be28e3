"""Waiting until gateways have applied a change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)

from mockops.control.gateway_protocol.leases import Leases
from mockops.infra.web.bodies import Shown
from mockops.infra.web.problems import NotAuthenticated
from mockops.infra.web.router import Router, problems
from mockops.infra.web.services import services_of
from mockops.publishing.service.gateways import Applied, judge, needed_revision, read_leases
from mockops.publishing.service.rows import Assembler

if TYPE_CHECKING:
    from mockops.core.actor import Caller
    from mockops.infra.web.services import Services
    from mockops.publishing.service.gateways import Lease

router = Router("gateways", tag="gateways")

_MAX_WAIT_S = 60.0
_LOOK_EVERY_S = 0.25
"""Gateways that poll another control are seen in the database."""
_MAX_WAITING = 100
"""Requests that wait at once, since each looks again and again; more are answered as things are."""


class AppliedShown(Shown):
    """How far a change has come; each worker of a gateway counts as one."""

    revision: int
    applied: int
    live: int
    waiting: tuple[str, ...]
    """Names of live gateways that have not applied it."""
    is_complete: bool
    """Whether every live gateway has applied it; also true when there is none."""
    left_out: tuple[str, ...]
    """`workspace@environment` of targets that cannot be assembled: gateways keep what they have of them."""
    took_ms: float
    """How long this request waited."""


async def get_applied(
    request: Request,
    revision: Annotated[int, Query(ge=0, lt=2**63, description="What `MockOps-Revision` of a change said.")],
    wait: Annotated[float, Query(ge=0, le=_MAX_WAIT_S, description="Seconds to wait until all have applied it.")] = 0,
) -> AppliedShown:
    """Say which live gateways have applied a change, waiting until all have or the time is over."""
    services = services_of(request)
    leases = services.get(Leases)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    if leases.waiting >= _MAX_WAITING:
        wait = 0
    leases.waiting += 1
    try:
        while True:
            seen = leases.changed.position
            caller, needed, known = await asyncio.to_thread(_look, services, request, revision)
            found = judge(known | leases.live(caller.org_id), needed, revision=revision, now=services.clock.now())
            left_s = began_s + wait - loop.time()
            if found.is_complete or left_s <= 0 or leases.is_ending:
                return _shown(found, services, caller, took_s=loop.time() - began_s)
            await leases.changed.wait(seen, min(left_s, _LOOK_EVERY_S))
    finally:
        leases.waiting -= 1


router.api.add_api_route(
    "/gateways/applied",
    get_applied,
    methods=["GET"],
    operation_id="gateways.get_applied",
    responses=problems(NotAuthenticated),
)


def _look(services: Services, request: Request, revision: int) -> tuple[Caller, int, dict[tuple[str, str], Lease]]:
    with services.database.read() as tx:
        caller = services.authenticate(tx, request)  # each time: its token may be revoked while it waits
        return caller, needed_revision(tx, caller.org_id, revision), read_leases(tx, caller.org_id)


def _shown(found: Applied, services: Services, caller: Caller, *, took_s: float) -> AppliedShown:
    problems_ = services.get(Assembler).problems_of(caller.org_id)
    return AppliedShown(
        revision=found.revision,
        applied=found.applied,
        live=found.live,
        waiting=found.waiting,
        is_complete=found.is_complete,
        left_out=tuple(
            f"{each.workspace}@{each.environment}"
            for each in problems_
            if each.is_left_out and caller.sees(each.workspace_id)
        ),
        took_ms=round(took_s * 1000, 1),
    )
