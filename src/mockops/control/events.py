"""The event log over HTTP: query, stream, and events of others."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from fastapi import Depends, Query
from pydantic import ConfigDict
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import Response

from mockops.control.cloudevents import (
    BATCH,
    STRUCTURED,
    EventInvalid,
    EventMalformed,
    Incoming,
    MediaTypeUnknown,
    read_events,
)
from mockops.control.event_log import EventFilter, envelope, find_depth, find_event, find_known, select_events
from mockops.control.live import EventWatch
from mockops.control.streams import EventStream, TooManyWatchers, last_event_id
from mockops.control.waiting import authenticated, still_welcome
from mockops.core.actor import Role
from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.errors import Conflict, Invalid, NotFound
from mockops.core.events import MAX_DEPTH, Custom
from mockops.infra.db.pages import read_page
from mockops.infra.db.tables import events
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed, Shown
from mockops.infra.web.problems import NotAuthenticated
from mockops.infra.web.router import Accepted, Read, Router, Write, problems
from mockops.infra.web.services import services_of
from mockops.workspaces.service.workspaces import find_workspace

if TYPE_CHECKING:
    from mockops.workspaces.model.environments import Workspace

router = Router("events", tag="events")

_MAX_TYPES = 20

Types = Annotated[
    list[Annotated[str, Query(max_length=255)]],
    Query(max_length=_MAX_TYPES, description="Types, any of them; `*` and `?` as in globs: `config.*`."),
]
WorkspaceName = Annotated[str, Query(max_length=255, description="Id or name.")]
Subject = Annotated[str, Query(max_length=2_000, description="`*` and `?` as in globs: `stubs/*`.")]
Source = Annotated[str, Query(max_length=2_000)]
Moment = Annotated[datetime | None, Query(description="RFC 3339, with a time zone.")]


class EventUnknown(NotFound):
    """There is no such event, or none the caller may see."""

    code: ClassVar[str] = "events.unknown"


class EventAmbiguous(Conflict):
    """Several sources have an event of this id."""

    code: ClassVar[str] = "events.ambiguous"


class MomentInvalid(Invalid):
    """A moment without its time zone."""

    code: ClassVar[str] = "api.moment_invalid"


class EventShown(Shown):
    """A CloudEvent 1.0 in structured JSON form; extension attributes of others stand beside ours."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: str
    id: str
    type: str
    source: str
    time: datetime
    org: str
    actor: str
    depth: int
    sequence: int


class EventTaken(Shown):
    """What became of one event."""

    id: str
    source: str
    is_new: bool
    """False: the source had sent an event of this id before; it was left as it is."""


class EventsTaken(Shown):
    """What became of the events sent, in their order."""

    items: tuple[EventTaken, ...]


async def _raw_body(request: Request) -> bytes:
    return await request.body()


def _wanted(work: Read, since: datetime | None, until: datetime | None, **more: Any) -> EventFilter:
    for moment in (since, until):
        if moment is not None and moment.tzinfo is None:
            raise MomentInvalid(f"{moment.isoformat()} has no time zone; add Z or an offset.")
    return EventFilter.of(work.caller, since=since, until=until, **more)


def _show(row: Any) -> EventShown:
    return EventShown(**envelope(row))


async def stream_events(
    request: Request,
    type: Types = [],  # noqa: B006 (the query's name; FastAPI copies the default)
    workspace: WorkspaceName = "",
    subject: Subject = "",
    source: Source = "",
) -> Response:
    """Stream events as they are committed, as server-sent events whose data are CloudEvents in JSON.

    The id of each is its `sequence`; `Last-Event-ID` (or `?after=`) goes on behind one. A comment comes every 15 s.
    """
    after = last_event_id(request)
    caller = await authenticated(request)
    wanted = EventFilter.of(caller, types=tuple(type), workspace=workspace, subject=subject, source=source)
    watch = services_of(request).get(EventWatch)
    entries = watch.entries(after, lambda entry: wanted.wants(entry.value), caller.org_id)
    return EventStream(entries, still_welcome(request, caller))


router.api.add_api_route(
    "/events/stream",
    stream_events,
    methods=["GET"],
    operation_id="events.stream_events",
    response_class=Response,  # what it gives is said below, and is not also JSON
    responses={
        **problems(NotAuthenticated, TooManyWatchers),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    },
)


@router.reads("GET", "/events", errors=(MomentInvalid,))
def list_events(
    work: Read,
    type: Types = [],  # noqa: B006 (the query's name; FastAPI copies the default)
    workspace: WorkspaceName = "",
    subject: Subject = "",
    source: Source = "",
    since: Annotated[Moment, Query(alias="from")] = None,
    until: Annotated[Moment, Query(alias="to", description="Exclusive.")] = None,
    after: Annotated[int | None, Query(ge=0, lt=2**63, description="Only those behind this sequence.")] = None,
    order: Literal["newest", "oldest"] = "newest",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[EventShown]:
    """List what has happened."""
    wanted = _wanted(
        work,
        since,
        until,
        types=tuple(type),
        workspace=workspace,
        subject=subject,
        source=source,
        after=after,
    )
    page = read_page(
        work.tx,
        select_events(work.tx, wanted),
        keys=(events.c.sequence,),
        cursor=cursor,
        limit=limit,
        descending=order == "newest",
    )
    return Listed.of(page, _show)


@router.reads("GET", "/events/{event_id}", errors=(EventUnknown, EventAmbiguous))
def get_event(work: Read, event_id: str, source: Source = "") -> EventShown:
    """Read one event; ids are unique within their source."""
    found = find_event(work.tx, EventFilter.of(work.caller, source=source), event_id)
    if not found:
        raise EventUnknown(f"There is no event {event_id[:80]!r}.")
    if len(found) > 1:
        sources = ", ".join(repr(row.source) for row in found)
        raise EventAmbiguous(f"Several sources have an event {event_id[:80]!r}, among them {sources}; add ?source=.")
    return _show(found[0])


@router.writes(
    "POST",
    "/events",
    errors=(EventInvalid, EventMalformed, MediaTypeUnknown),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": {"type": "object"}},
                BATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
                "application/json": {"schema": {}},
            },
        }
    },
)
def create_events(work: Write, body: Annotated[bytes, Depends(_raw_body)]) -> Accepted[EventsTaken]:
    """Take events of others: CloudEvents 1.0 over HTTP, structured, binary (`ce-` headers) or batched; all or none.

    An event about a workspace names it in the extension attribute `workspace`.
    """
    headers = work.request.headers
    incoming = read_events(headers.get("content-type", ""), headers.items(), body)
    if not all(each.workspace for each in incoming):
        work.caller.require(Role.EDITOR)
    workspaces = {name: _workspace(work, name) for name in {each.workspace for each in incoming if each.workspace}}
    depths = _depths(work, incoming, is_batch=len(incoming) != 1)
    known = _known(work, incoming)
    taken = []
    for each, depth in zip(incoming, depths, strict=True):
        is_new = (each.source, each.id) not in known
        taken.append(EventTaken(id=each.id, source=each.source, is_new=is_new))
        if is_new:
            known.add((each.source, each.id))
            _announce(work, each, workspaces.get(each.workspace), depth)
    return Accepted(EventsTaken(items=tuple(taken)))


def _workspace(work: Write, name: str) -> Workspace:
    workspace = find_workspace(work.tx, work.caller, name)
    work.caller.require(Role.EDITOR, workspace.id)
    return workspace


def _known(work: Write, incoming: list[Incoming]) -> set[tuple[str, str]]:
    by_source: dict[str, list[str]] = {}
    for each in incoming:
        by_source.setdefault(each.source, []).append(each.id)
    org_id = work.caller.org_id
    return {(source, found) for source, ids in by_source.items() for found in find_known(work.tx, org_id, source, ids)}


def _depths(work: Write, incoming: list[Incoming], *, is_batch: bool) -> list[int]:
    """Return how many events led to each: one more than to its cause, where that is in the log.

    Raises:
        EventInvalid: More than are taken for a loop.

    """
    causes = {each.causation_id: 0 for each in incoming if each.causation_id}
    for cause in causes:
        depth = find_depth(work.tx, work.caller.org_id, cause)
        causes[cause] = 0 if depth is None else depth + 1
    found = [max(each.depth, causes.get(each.causation_id, 0)) for each in incoming]
    wrong = [
        Diagnostic(
            code="events.attribute_invalid",
            message=f"{depth} events led to this one: more than {MAX_DEPTH} are taken for a loop",
            source="event",
            pointer=pointer(*([at] if is_batch else []), "causationid"),
        )
        for at, depth in enumerate(found)
        if depth > MAX_DEPTH
    ]
    if wrong:
        raise EventInvalid(wrong[0].message, wrong)
    return found


def _announce(work: Write, event: Incoming, workspace: Workspace | None, depth: int) -> None:
    work.tx.announce(
        Custom(type=event.type, payload=event.data),
        workspace_id=workspace.id if workspace else "",
        workspace=workspace.name if workspace else "",
        subject=event.subject,
        source=event.source,
        event_id=event.id,
        dataschema=event.dataschema,
        datacontenttype=event.datacontenttype,
        extensions=event.extensions or None,
        time=event.time,
        causation_id=event.causation_id,
        depth=depth,
    )
