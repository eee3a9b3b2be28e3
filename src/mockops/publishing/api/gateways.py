"""Gateways: which are live, what they have applied, what is wrong with what they get."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from mockops.infra.db.pages import read_page
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Read, Router
from mockops.publishing.service.rows import Assembler, TargetProblem
from mockops.publishing.store.gateways import gateways_of
from mockops.publishing.store.tables import gateways

router = Router("gateways", tag="gateways")


class GatewayShown(Shown):
    """A gateway's process."""

    id: str
    boot: str
    """Of its last start."""
    name: str
    org: str
    is_root: bool
    """Whether it serves every organization."""
    is_live: bool
    """Whether its lease has not ended."""
    revision: int
    """Everything up to this one is applied."""
    applied_at: datetime
    workers: int
    version: str
    started_at: datetime
    seen_at: datetime
    lease_until: datetime
    problems: tuple[str, ...]
    """What it reports itself."""


class TargetProblemShown(Shown):
    """Something about a target that gateways do not get."""

    workspace_id: str
    workspace: str
    environment: str
    message: str
    is_left_out: bool
    """Whether the target as a whole cannot be assembled, so that gateways keep what they have of it."""
    at: datetime


class TargetProblemsShown(Shown):
    """What is wrong with targets."""

    items: tuple[TargetProblemShown, ...]
    next: None = None


@router.reads("GET", "/gateways")
def list_gateways(
    work: Read, state: Literal["live", "all"] = "live", limit: Limit = DEFAULT, cursor: Cursor = None
) -> Listed[GatewayShown]:
    """List the gateways that serve your organization; those not live for a day are forgotten."""
    now = work.tx.now
    statement = gateways_of(work.caller.org_id, live_at=now if state == "live" else None)
    keys = (gateways.c.name, gateways.c.id, gateways.c.boot)
    page = read_page(work.tx, statement, keys=keys, cursor=cursor, limit=limit)
    return Listed.of(page, lambda row: _gateway(row, now))


def _gateway(row: Any, now: datetime) -> GatewayShown:
    values = {name: value for name, value in row._mapping.items() if name != "org_id"}
    return GatewayShown(**values, is_live=row.lease_until > now)


@router.reads("GET", "/gateways/problems")
def list_problems(work: Read) -> TargetProblemsShown:
    """List what was wrong with targets when they were assembled for gateways last, all at once."""
    caller = work.caller
    found = work.services.get(Assembler).problems_of(caller.org_id)
    return TargetProblemsShown(items=tuple(_problem(each) for each in found if caller.sees(each.workspace_id)))


def _problem(found: TargetProblem) -> TargetProblemShown:
    return TargetProblemShown(
        workspace_id=found.workspace_id,
        workspace=found.workspace,
        environment=found.environment,
        message=found.message,
        is_left_out=found.is_left_out,
        at=found.at,
    )
