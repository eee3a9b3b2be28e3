"""`mockops gateway`: serve what a control plane publishes. What is known of gateways are its subcommands."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 (Typer reads annotations at run time)
from typing import Annotated

import typer

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
"""The command, and the group that subcommands are added to."""


@app.callback()
def gateway(
    context: typer.Context,
    *,
    control_url: Annotated[
        str, typer.Option(help="Where the control plane is, such as https://mockops.example.com. Needed.")
    ] = "",
    token: Annotated[
        str | None,
        typer.Option(help="Token of kind gateway; better from the environment than from here.", envvar="MOCKOPS_TOKEN"),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token.", exists=True, dir_okay=False, readable=True)
    ] = None,
    port: Annotated[int, typer.Option(help="Port to answer on; 0 picks a free one.", min=0, max=65535)] = 7080,
    host: Annotated[str, typer.Option(help="Address to answer on.")] = "127.0.0.1",
    admin_port: Annotated[
        int | None,
        typer.Option(
            help="Port of the admin API on 127.0.0.1; 0 picks a free one. [7081, else a free one]", min=0, max=65535
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder for contracts, unsent counts and the last snapshot. [~/.local/state/mockops/gateway]",
            file_okay=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What people know this gateway by. [the begin of its id]")] = "",
    control_ca: Annotated[
        Path | None,
        typer.Option(help="CA (PEM) of the control plane's certificate. [the system's]", exists=True, dir_okay=False),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate (PEM): answer in HTTPS.", exists=True, dir_okay=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key (PEM).", exists=True, dir_okay=False)
    ] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(help="CA (PEM) that clients' certificates must be signed by.", exists=True, dir_okay=False),
    ] = None,
    workers: Annotated[int, typer.Option(help="Must be 1: start several gateways instead.", min=1, hidden=True)] = 1,
    journal_bytes: Annotated[int, typer.Option(help="Memory for the request journal; 0 keeps none.", min=0)] = 16 << 20,
    max_body_bytes: Annotated[int, typer.Option(help="Largest request body.", min=0)] = 10 << 20,
) -> None:
    """Answer requests as a control plane says, and tell it what was answered.

    Serves on while control is away, also after a restart, from what lies in --data.

    Example: mockops gateway --control-url http://127.0.0.1:7070 --token-file gateway.token

    """
    if context.invoked_subcommand is not None:
        return
    if not control_url:
        raise typer.BadParameter("name the control plane: --control-url http://HOST:PORT")
    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    if tls_client_ca is not None and tls_cert is None:
        raise typer.BadParameter("--tls-client-ca needs --tls-cert and --tls-key")
    if workers != 1:
        raise typer.BadParameter(
            f"--workers {workers}: a gateway of a control plane is one process; start more gateways, each with its own "
            "--port and --data, behind a balancer"
        )
    from mockops.wiring.gateway import GatewayOptions, check_token, read_token, run_gateway  # noqa: PLC0415 (start-up)

    if token_file is not None:
        known = read_token(token_file)
    elif token is not None:
        known = check_token(token, "--token")
    else:
        raise typer.BadParameter("name a token: --token-file FILE, --token TOKEN or the environment's MOCKOPS_TOKEN")
    options = GatewayOptions(
        control_url=control_url,
        token=known,
        host=host,
        port=port,
        admin_port=admin_port,
        data=data,
        name=name,
        control_ca=control_ca,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_client_ca=tls_client_ca,
        journal_bytes=journal_bytes,
        max_body_bytes=max_body_bytes,
    )
    sys.exit(run_gateway(options))
