"""The live view of traffic, as server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import Response

from mockops.control.live import TrafficWatch
from mockops.control.streams import Entry, EventStream, TooManyWatchers, last_event_id
from mockops.control.waiting import authenticated, still_welcome
from mockops.infra.web.problems import NotAuthenticated
from mockops.infra.web.router import Router, problems
from mockops.infra.web.services import services_of
from mockops.publishing.api.traffic import Name, Status, Workspace, wanted_traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.publishing.store.traffic import TrafficFilter

router = Router("traffic", tag="traffic")


async def stream_samples(
    request: Request,
    workspace: Workspace = "",
    operation: Name = "",
    status: Status = "",
    source: Name = "",
    persona: Name = "",
    ci_run: Name = "",
    after: Annotated[int | None, Query(ge=0, lt=2**63, description="As `Last-Event-ID`.")] = None,
) -> Response:
    """Stream exchanges as gateways sample them, as server-sent events whose data are as in the list of samples.

    The id of each is its `position`; `Last-Event-ID` goes on behind one. A comment comes every 15 s.
    """
    seen = last_event_id(request)
    caller = await authenticated(request)
    wanted = wanted_traffic(
        caller, status=status, workspace=workspace, operation=operation, source=source, persona=persona, ci_run=ci_run
    )
    watch = services_of(request).get(TrafficWatch)
    entries = watch.entries(after if seen is None else seen, _test(wanted), caller.org_id)
    return EventStream(entries, still_welcome(request, caller))


router.api.add_api_route(
    "/traffic/stream",
    stream_samples,
    methods=["GET"],
    operation_id="traffic.stream_samples",
    response_class=Response,  # what it gives is said below, and is not also JSON
    responses={
        **problems(NotAuthenticated, TooManyWatchers),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    },
)


def _test(wanted: TrafficFilter) -> Callable[[Entry[Any]], bool]:
    return lambda entry: wanted.wants(entry.value)
