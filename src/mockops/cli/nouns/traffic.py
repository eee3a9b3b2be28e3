"""`mockops traffic`: what gateways have answered."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.cli.nouns.command import Work, command, noun, tell
from mockops.cli.nouns.inputs import Since, Until, WorkspaceFilter, read_moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

app = noun("traffic", "What gateways have answered: counts, samples, live.")
_SAMPLES = {
    "AT": "at",
    "WORKSPACE": "workspace",
    "STATUS": "status",
    "OPERATION": "operation",
    "SOURCE": "source",
    "PERSONA": "persona",
    "CI RUN": "ci_run",
    "GATEWAY": "gateway",
}
_NUMBERS = {"COUNT": "count", "MEAN MS": "mean_ms", "P50 MS": "p50_ms", "P95 MS": "p95_ms", "P99 MS": "p99_ms"}


class By(StrEnum):
    """What counts are added up by."""

    WORKSPACE = "workspace"
    ENVIRONMENT = "environment"
    OPERATION = "operation"
    MEDIA_TYPE = "media_type"
    STATUS = "status"
    SOURCE = "source"
    STUB = "stub"
    SCENARIO = "scenario"
    PERSONA = "persona"
    CI_RUN = "ci_run"
    CALLER = "caller"
    MINUTE = "minute"


Operation = Annotated[str, typer.Option("--operation", help="Only of this operation.", metavar="ID")]
Status = Annotated[str, typer.Option("--status", help="Only these: 404, or 4xx.", metavar="STATUS")]
Source = Annotated[str, typer.Option("--source", help="Only from this source, such as mock.", metavar="SOURCE")]
Persona = Annotated[str, typer.Option("--persona", help="Only of this persona.", metavar="NAME")]
CiRun = Annotated[str, typer.Option("--ci-run", help="Only of this CI run.", metavar="ID")]


@command(app, "counts", lists=True)
def counts(
    work: Work,
    *,
    by: Annotated[list[By] | None, typer.Option("--by", help="What tells counts apart; repeatable.")] = None,
    workspace: WorkspaceFilter = "",
    operation: Operation = "",
    status: Status = "",
    source: Source = "",
    persona: Persona = "",
    ci_run: CiRun = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """Count answers, added up by what you name.

    Example: mockops traffic counts --by workspace --by status --since 1h

    """
    listing = work.api.traffic.counts(
        group_by=[each.value for each in by or ()],
        workspace=workspace,
        operation=operation,
        status=status,
        source=source,
        persona=persona,
        ci_run=ci_run,
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
    )
    groups = {each.upper().replace("_", " "): each.value for each in by or ()}
    columns: dict[str, str | Callable[[Any], Any]] = {**groups, **_NUMBERS}
    work.list(listing, columns)


@command(app, "samples", lists=True)
def samples(
    work: Work,
    *,
    workspace: WorkspaceFilter = "",
    operation: Operation = "",
    status: Status = "",
    source: Source = "",
    persona: Persona = "",
    ci_run: CiRun = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """List exchanges that gateways have sampled, newest first; JSON has all that was kept of them.

    Example: mockops traffic samples --workspace payments --status 5xx

    """
    listing = work.api.traffic.samples(
        workspace=workspace,
        operation=operation,
        status=status,
        source=source,
        persona=persona,
        ci_run=ci_run,
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
    )
    work.list(listing, _SAMPLES)


@command(app, "stream", lists=True)
def stream(
    work: Work,
    *,
    workspace: WorkspaceFilter = "",
    operation: Operation = "",
    status: Status = "",
    source: Source = "",
    persona: Persona = "",
    ci_run: CiRun = "",
    after: Annotated[int | None, typer.Option("--after", help="Only behind this position.", min=0, metavar="N")] = None,
) -> None:
    """Print exchanges as gateways sample them, until --limit of them came; --all goes on until it is stopped.

    Example: mockops traffic stream --workspace payments --all

    """
    following = work.api.traffic.stream(
        workspace=workspace,
        operation=operation,
        status=status,
        source=source,
        persona=persona,
        ci_run=ci_run,
        after=after,
    )
    with following:
        tell(f"following the traffic of {work.api.server}")
        work.follow(following, _SAMPLES)
