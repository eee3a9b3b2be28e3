"""`mockops runner`: what reacts to events, alone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def runner(
    *,
    database_url: Annotated[
        str,
        typer.Option(
            help="postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE; better from the environment.",
            envvar="MOCKOPS_DATABASE_URL",
            show_envvar=True,
        ),
    ],
    keep_events_days: Annotated[float, typer.Option(help="How long events are kept; 0: for ever.", min=0)] = 90,
    keep_traffic_days: Annotated[
        float, typer.Option(help="How long counts of traffic are kept; 0: for ever.", min=0)
    ] = 90,
    keep_audit_days: Annotated[float, typer.Option(help="How long the audit trail is kept; 0: for ever.", min=0)] = 400,
) -> None:
    """React to events and remove what has grown too old; several may run on one database, one of them tidies up.

    Waits for `mockops control` to bring the database up to date.

    Example: mockops runner --database-url postgresql://mockops@db/mockops

    """
    from mockops.runner.housekeeping import Retention  # noqa: PLC0415 (start-up)
    from mockops.wiring.runner import RunnerOptions, run_runner  # noqa: PLC0415 (as above)

    retention = Retention(events_days=keep_events_days, traffic_days=keep_traffic_days, audit_days=keep_audit_days)
    sys.exit(run_runner(database_url, RunnerOptions(retention=retention)))
