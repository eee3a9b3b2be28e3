"""What gateways do, and what passes through them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mockops.core.json import Json


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway's process."""

    id: str
    boot: str
    name: str
    org: str
    is_root: bool
    is_live: bool
    revision: int
    applied_at: datetime
    workers: int
    version: str
    started_at: datetime
    seen_at: datetime
    lease_until: datetime
    problems: tuple[str, ...]


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """How far a change has come; each worker of a gateway counts as one."""

    revision: int
    applied: int
    live: int
    waiting: tuple[str, ...]
    is_complete: bool
    left_out: tuple[str, ...]
    took_ms: float


class TargetProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a target that gateways do not get."""

    workspace_id: str
    workspace: str
    environment: str
    message: str
    is_left_out: bool
    at: datetime


class Count(msgspec.Struct, frozen=True, kw_only=True):
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
    p95_ms: float | None
    p99_ms: float | None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
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
