"""`mockops control`: the API alone."""

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


def control(
    *,
    database_url: Annotated[
        str,
        typer.Option(
            help="postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE; better from the environment.",
            envvar="MOCKOPS_DATABASE_URL",
            show_envvar=True,
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the key that seals secrets, unless MOCKOPS_SECRET_KEY gives it. "
            "[MOCKOPS_DATA, .mockops here if it exists, ~/.mockops]",
            file_okay=False,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine need --auth.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.", min=0, max=65535)] = CONTROL_PORT,
    auth: AuthOption = None,
    oidc_default_role: DefaultRoleOption = "",
    public_url: PublicUrlOption = "",
    trusted_proxies: ProxiesOption = "",
    bootstrap_token_file: BootstrapOption = None,
    access_log: AccessLogOption = False,
) -> None:
    """Run the API on a database; several may run on one. Gateways and runners are started apart.

    Migrates the database at its start. The first start with --auth token or oidc makes an admin's token
    (MOCKOPS_BOOTSTRAP_TOKEN gives its text).

    Example: mockops control --database-url postgresql://mockops@db/mockops --host 0.0.0.0 --auth token

    """
    from mockops.wiring.control import run_control  # noqa: PLC0415 (start-up)
    from mockops.wiring.data_folder import choose_folder  # noqa: PLC0415 (as above)

    options = read_options(
        host=host,
        port=port,
        data=choose_folder(data, os.environ),
        auth=auth,
        default_role=oidc_default_role,
        public_url=public_url,
        trusted_proxies=trusted_proxies,
        bootstrap_token_file=bootstrap_token_file,
        access_log=access_log,
    )
    sys.exit(run_control(database_url, options))
