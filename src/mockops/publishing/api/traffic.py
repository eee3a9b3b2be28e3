"""Live traffic: counts by minute and samples of exchanges. The stream of samples is control's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Query

from mockops.core.actor import Caller
from mockops.core.errors import Invalid
from mockops.core.json import Json
from mockops.infra.db.pages import CursorInvalid, Page, read_page
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Read, Router
from mockops.publishing.service.traffic import percentile_ms
from mockops.publishing.store import traffic as store
from mockops.publishing.store.tables import BUCKETS, traffic_samples
from mockops.publishing.store.traffic import TrafficFilter

router = Router("traffic", tag="traffic")

Group = Literal[
    "workspace",
    "environment",
    "operation",
    "media_type",
    "status",
    "source",
    "stub",
    "scenario",
    "persona",
    "ci_run",
    "caller",
    "minute",
]
Name = Annotated[str, Query(max_length=2_000)]
Workspace = Annotated[str, Query(max_length=255, description="Id or name.")]
Status = Annotated[str, Query(pattern=r"^([1-5]xx|[1-5]\d\d)?$", description="`404`, or a class: `4xx`.")]
Moment = Annotated[datetime | None, Query(description="RFC 3339, with a time zone.")]


class MomentInvalid(Invalid):
    """A moment without its time zone."""

    code: ClassVar[str] = "api.moment_invalid"


class CountShown(Shown):
    """How many answers of a group there were; members that were not grouped by are null."""

    workspace_id: str | None = None
    workspace: str | None = None
    environment: str | None = None
    operation: str | None = None
    media_type: str | None = None
    status: int | None = None
    source: str | None = None
    stub: str | None = None
    scenario: str | None = None
    persona: str | None = None
    ci_run: str | None = None
    caller: str | None = None
    minute: datetime | None = None
    count: int
    mean_ms: float | None
    p50_ms: float | None
    """Percentiles are upper bounds: 1.5 times too high on average, twice at most."""
    p95_ms: float | None
    p99_ms: float | None


class SampleShown(Shown):
    """One exchange, masked and cut by the gateway."""

    position: int
    at: datetime
    gateway: str
    workspace_id: str
    workspace: str
    operation: str
    source: str
    persona: str
    ci_run: str
    status: int
    sample: Json


def wanted_traffic(
    caller: Caller,
    *,
    status: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    **names: str,
) -> TrafficFilter:
    """Return a filter of what the caller may see.

    Raises:
        MomentInvalid: A moment has no time zone.

    """
    for moment in (since, until):
        if moment is not None and moment.tzinfo is None:
            raise MomentInvalid(f"{moment.isoformat()} has no time zone; add Z or an offset.")
    if not status:
        statuses = None
    elif status.endswith("xx"):
        statuses = (int(status[0]) * 100, int(status[0]) * 100 + 99)
    else:
        statuses = (int(status), int(status))
    return TrafficFilter(
        org_id=caller.org_id, workspaces=caller.workspaces, statuses=statuses, since=since, until=until, **names
    )


@router.reads("GET", "/traffic/counts")
def list_counts(
    work: Read,
    workspace: Workspace = "",
    operation: Name = "",
    status: Status = "",
    source: Name = "",
    persona: Name = "",
    ci_run: Name = "",
    since: Annotated[Moment, Query(alias="from")] = None,
    until: Annotated[Moment, Query(alias="to", description="Exclusive.")] = None,
    group_by: Annotated[list[Group], Query(max_length=12, description="None: one sum of all.")] = [],  # noqa: B006 (FastAPI copies it)
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[CountShown]:
    """List how many answers there were, added up by what you group by."""
    wanted = wanted_traffic(
        work.caller,
        status=status,
        since=since,
        until=until,
        workspace=workspace,
        operation=operation,
        source=source,
        persona=persona,
        ci_run=ci_run,
    )
    groups = list(dict.fromkeys(group_by))
    statement = store.counts_of(wanted, groups)
    if not groups:
        if cursor:
            raise CursorInvalid("One sum of all has no further page; take the cursor away, or group by something.")
        rows = [row for row in work.tx.all(statement) if row.count_ is not None]
        return Listed.of(Page(items=tuple(rows)), lambda row: _count(row, groups))
    keys = [store.GROUPS[name] for name in groups]
    page = read_page(work.tx, statement, keys=keys, cursor=cursor, limit=limit)
    return Listed.of(page, lambda row: _count(row, groups))


def _count(row: Any, groups: list[Group]) -> CountShown:
    found = dict(row._mapping)
    count = int(found["count_"])
    buckets = [int(found[f"bucket_{number}"]) for number in range(BUCKETS)]
    named: dict[str, Any] = {name: found[name] for name in groups if name != "workspace"}
    if "workspace" in groups:
        named |= {"workspace_id": found["workspace_id"], "workspace": found["workspace"]}
    return CountShown(
        **named,
        count=count,
        mean_ms=float(found["total_s"]) / count * 1000 if count else None,
        p50_ms=percentile_ms(buckets, 0.5),
        p95_ms=percentile_ms(buckets, 0.95),
        p99_ms=percentile_ms(buckets, 0.99),
    )


@router.reads("GET", "/traffic/samples")
def list_samples(
    work: Read,
    workspace: Workspace = "",
    operation: Name = "",
    status: Status = "",
    source: Name = "",
    persona: Name = "",
    ci_run: Name = "",
    since: Annotated[Moment, Query(alias="from")] = None,
    until: Annotated[Moment, Query(alias="to", description="Exclusive.")] = None,
    order: Literal["newest", "oldest"] = "newest",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[SampleShown]:
    """List exchanges that gateways have sampled; the newest 20,000 are kept."""
    wanted = wanted_traffic(
        work.caller,
        status=status,
        since=since,
        until=until,
        workspace=workspace,
        operation=operation,
        source=source,
        persona=persona,
        ci_run=ci_run,
    )
    page = read_page(
        work.tx,
        store.samples_of(wanted),
        keys=(traffic_samples.c.position,),
        cursor=cursor,
        limit=limit,
        descending=order == "newest",
    )
    return Listed.of(page, show_sample)


def show_sample(row: Any) -> SampleShown:
    """Return a sample's row as it is shown."""
    return SampleShown(
        position=row.position,
        at=row.at,
        gateway=row.gateway,
        workspace_id=row.workspace_id,
        workspace=row.workspace,
        operation=row.operation,
        source=row.source,
        persona=row.persona,
        ci_run=row.ci_run,
        status=row.status,
        sample=row.document,
    )
