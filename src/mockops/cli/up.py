"""`mockops up`: everything on one machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path  # noqa: TC003 (Typer reads annotations at run time)
from typing import Annotated

import typer

from mockops.cli.control_options import (
    CONTROL_PORT,
    AccessLogOption,
    AuthOption,
    BootstrapOption,
    DefaultRoleOption,
    ProxiesOption,
    PublicUrlOption,
    read_options,
)
from mockops.wiring.options import DEFAULT_ADMIN_PORT, DEFAULT_PORT


def up(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder for everything that is kept. [MOCKOPS_DATA, .mockops here if it exists, ~/.mockops]",
            file_okay=False,
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address of the API; others than this machine need --auth.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the API; 0 picks a free one.", min=0, max=65535)] = CONTROL_PORT,
    gateway_host: Annotated[str, typer.Option(help="Address that mocks answer on.")] = "127.0.0.1",
    gateway_port: Annotated[
        int, typer.Option(help="Port that mocks answer on; 0 picks a free one.", min=0, max=65535)
    ] = DEFAULT_PORT,
    admin_port: Annotated[
        int | None,
        typer.Option(
            help=f"Port of the gateway's admin API; 0 picks a free one. [{DEFAULT_ADMIN_PORT}, else a free one]",
            min=0,
            max=65535,
        ),
    ] = None,
    auth: AuthOption = None,
    oidc_default_role: DefaultRoleOption = "",
    public_url: PublicUrlOption = "",
    trusted_proxies: ProxiesOption = "",
    bootstrap_token_file: BootstrapOption = None,
    access_log: AccessLogOption = False,
    keep_events_days: Annotated[float, typer.Option(help="How long events are kept; 0: for ever.", min=0)] = 90,
    keep_traffic_days: Annotated[
        float, typer.Option(help="How long counts of traffic are kept; 0: for ever.", min=0)
    ] = 90,
) -> None:
    """Run everything here: the API with its documentation, the runner, and a gateway, over SQLite in one folder.

    Ctrl-C stops it, and nothing is lost. Then `mockops apply examples/shop` puts something on it.

    Example: mockops up --data ./mocks --port 7070 --gateway-port 7080

    """
    from mockops.runner.housekeeping import Retention  # noqa: PLC0415 (start-up)
    from mockops.wiring.data_folder import choose_folder  # noqa: PLC0415 (as above)
    from mockops.wiring.runner import RunnerOptions  # noqa: PLC0415 (as above)
    from mockops.wiring.up import UpOptions, run_up  # noqa: PLC0415 (as above)

    folder = choose_folder(data, os.environ)
    control = read_options(
        host=host,
        port=port,
        data=folder,
        auth=auth,
        default_role=oidc_default_role,
        public_url=public_url,
        trusted_proxies=trusted_proxies,
        bootstrap_token_file=bootstrap_token_file,
        access_log=access_log,
    )
    options = UpOptions(
        data=folder,
        control=control,
        runner=RunnerOptions(retention=Retention(events_days=keep_events_days, traffic_days=keep_traffic_days)),
        gateway_host=gateway_host,
        gateway_port=gateway_port,
        admin_port=admin_port,
    )
    sys.exit(run_up(options))
