"""What `mockops up` and `mockops control` are both told: who may call, and how."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mockops.wiring.control import ControlOptions

CONTROL_PORT = 7070


class Auth(StrEnum):
    """Who is let in."""

    LOCAL = "local"
    TOKEN = "token"  # noqa: S105 (a word)
    OIDC = "oidc"


AuthOption = Annotated[
    Auth | None,
    typer.Option(
        help="Who is let in: this machine's user without a login, holders of tokens, people who log in (and tokens). "
        "[oidc if MOCKOPS_OIDC_ISSUER is set, else local]"
    ),
]
DefaultRoleOption = Annotated[
    str, typer.Option(help="Role of people who log in and are no members yet; without it they are refused.")
]
PublicUrlOption = Annotated[
    str, typer.Option(help="What browsers call, if a proxy is before it, such as https://mockops.example.com.")
]
ProxiesOption = Annotated[
    str, typer.Option(help="Addresses of proxies, with commas, whose X-Forwarded-For and -Proto are believed.")
]
BootstrapOption = Annotated[
    Path | None,
    typer.Option(help="File for the first admin's token, readable by its owner only; without it, it is printed once."),
]
AccessLogOption = Annotated[bool, typer.Option("--access-log", help="Write a line a request to standard error.")]


def read_options(
    *,
    host: str,
    port: int,
    data: Path,
    auth: Auth | None,
    default_role: str,
    public_url: str,
    trusted_proxies: str,
    bootstrap_token_file: Path | None,
    access_log: bool,
) -> ControlOptions:
    """Return the options of a control process.

    Raises:
        typer.Exit: With code 2, after saying why: they contradict each other, or would be unsafe.

    """
    from mockops.control.auth.settings import AuthInvalid, read_auth  # noqa: PLC0415 (start-up)
    from mockops.wiring.control import BOOTSTRAP_VARIABLE, ControlOptions  # noqa: PLC0415 (start-up)

    try:
        settings = read_auth(
            os.environ,
            mode=auth.value if auth else "",
            host=host,
            default_role=default_role,
            public_url=public_url,
        )
    except AuthInvalid as error:
        typer.echo(f"mockops: {error}", err=True)
        raise typer.Exit(2) from error
    return ControlOptions(
        host=host,
        port=port,
        auth=settings,
        data=data,
        logs_access=access_log,
        trusted_proxies=trusted_proxies,
        bootstrap_token_file=bootstrap_token_file,
        bootstrap_token=os.environ.get(BOOTSTRAP_VARIABLE, "").strip(),
    )
