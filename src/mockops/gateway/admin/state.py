"""Is it alive, is it ready, what does it serve now; metrics; the API's own contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.json import JsonObject
from mockops.gateway import metrics
from mockops.gateway.admin.desk import Desk, installed_version
from mockops.gateway.admin.refusals import Refused
from mockops.gateway.admin.routes import Call, Outcome, Promise, Route
from mockops.gateway.gateway import LinkState

if TYPE_CHECKING:
    from mockops.gateway.target import Target


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the process answers."""

    status: str
    uptime_s: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a snapshot is served."""

    status: str
    revision: int
    targets: int


class ContractState(msgspec.Struct, frozen=True, kw_only=True):
    """The contract a target serves."""

    title: str
    version: str
    dialect: str
    digest: str
    """SHA-256 of the compiled contract, in hex."""
    operations: int


class TargetState(msgspec.Struct, frozen=True, kw_only=True):
    """What one target serves."""

    name: str
    environment: str
    is_default: bool
    """Whether the bare name means this environment, of several."""
    compiled: bool
    """False: nobody has asked for it yet, so that its contract, scenarios and personas are not known."""
    contract: ContractState | None
    stubs: int
    """From files or control."""
    added_stubs: int
    """Through this API."""
    scenarios: list[str]
    personas: list[str]
    sessions: int
    settings: JsonObject
    labels: JsonObject


class JournalState(msgspec.Struct, frozen=True, kw_only=True):
    """How full the journal is."""

    enabled: bool
    requests: int = 0
    size_bytes: int = 0
    max_bytes: int = 0
    dropped: int = 0
    """Exchanges that left to make room since the last reset."""


class AnswersState(msgspec.Struct, frozen=True, kw_only=True):
    """Ready answers remembered by the listeners."""

    answers: int
    size_bytes: int


class GatewayState(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway serves and holds now."""

    version: str
    uptime_s: float
    revision: int
    """Of the snapshot applied; -1 before the first."""
    targets: list[TargetState]
    open_connections: int
    counters: int
    """Distinct kinds of answers counted so far."""
    answers: AnswersState
    journal: JournalState
    resident_bytes: int
    control: LinkState | None = None
    """Null: it serves files."""


def health(call: Call) -> Outcome:
    """Say that the process answers."""
    return Outcome(value=Health(status="ok", uptime_s=round(call.desk.uptime_s, 3)))


def ready(call: Call) -> Outcome:
    """Say whether a snapshot is served."""
    gateway = call.desk.gateway
    if gateway.revision < 0:
        raise Refused(503, "gateway.not_ready", "No snapshot is applied yet.", headers=(("Retry-After", "1"),))
    return Outcome(value=Readiness(status="ready", revision=gateway.revision, targets=len(gateway.table)))


def state(call: Call) -> Outcome:
    """Show what is served and held now."""
    desk = call.desk
    count, size_bytes = metrics.remembered(desk.servers)
    return Outcome(
        value=GatewayState(
            version=installed_version(),
            uptime_s=round(desk.uptime_s, 3),
            revision=desk.gateway.revision,
            targets=[_target(target) for target in desk.gateway.table],
            open_connections=sum(len(server.connections) for server in desk.servers),
            counters=len(desk.gateway.counters),
            answers=AnswersState(answers=count, size_bytes=size_bytes),
            journal=_journal(desk),
            resident_bytes=metrics.resident_bytes(),
            control=desk.gateway.link.state() if desk.gateway.link is not None else None,
        )
    )


def _target(target: Target) -> TargetState:
    snapshot = target.snapshot if target.is_compiled else target.head
    return TargetState(
        name=target.name,
        environment=target.environment,
        is_default=target.head.is_default,
        compiled=target.is_compiled,
        contract=_contract(target),
        stubs=target.stub_count,
        added_stubs=len(target.added_stubs),
        scenarios=sorted(each.name for each in snapshot.scenarios),
        personas=sorted(each.name for each in snapshot.personas),
        sessions=len(target.sessions.names()),
        settings=msgspec.to_builtins(target.settings),
        labels=snapshot.labels,
    )


def _contract(target: Target) -> ContractState | None:
    contract = target.mock.operations.contract if target.is_compiled else None
    if contract is None:
        return None
    return ContractState(
        title=contract.title,
        version=contract.version,
        dialect=contract.dialect,
        digest=contract.digest,
        operations=len(contract.entries),
    )


def _journal(desk: Desk) -> JournalState:
    journal = desk.gateway.journal
    if journal is None:
        return JournalState(enabled=False)
    return JournalState(
        enabled=True,
        requests=len(journal),
        size_bytes=journal.size_bytes,
        max_bytes=journal.max_bytes,
        dropped=journal.dropped,
    )


def show_metrics(call: Call) -> Outcome:
    """Show counters, latencies and sizes to Prometheus."""
    desk = call.desk
    text = metrics.expose(desk.gateway, desk.servers, version=installed_version(), started_at=desk.started_at)
    return Outcome(text=text, media_type=metrics.MEDIA_TYPE)


ROUTES = (
    Route(
        method="GET",
        path="/health",
        operation_id="health.read",
        tag="State",
        summary="Is the process alive?",
        run=health,
        promises=(Promise(description="It is.", type=Health),),
    ),
    Route(
        method="GET",
        path="/ready",
        operation_id="readiness.read",
        tag="State",
        summary="Is a snapshot applied, so that mocks answer?",
        run=ready,
        promises=(Promise(description="One is.", type=Readiness),),
        problems=(503,),
    ),
    Route(
        method="GET",
        path="/state",
        operation_id="state.read",
        tag="State",
        summary="What is served and held now",
        description="The applied revision, each target with its contract, stubs, scenarios, personas and settings, "
        "and how much memory the journal and the remembered answers take.",
        run=state,
        promises=(Promise(description="The state.", type=GatewayState),),
    ),
    Route(
        method="GET",
        path="/metrics",
        operation_id="metrics.read",
        tag="State",
        summary="Metrics for Prometheus",
        description="Prometheus text exposition format 0.0.4: requests and latencies by target, operation, status and "
        "source, sizes of journal and remembered answers, sessions, connections, the process. Resets of this API "
        "never set counters back.",
        run=show_metrics,
        promises=(Promise(description="The metrics.", type=str, media_type="text/plain"),),
    ),
)
