"""`mockops serve`: mock contracts on one port."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path  # noqa: TC003 (Typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.wiring.options import DEFAULT_ADMIN_PORT, DEFAULT_PORT, ServeOptions
from mockops.wiring.serve import run_serve

if TYPE_CHECKING:
    from mockops.core.json import JsonObject


class Validation(StrEnum):
    """What happens to requests that break the contract."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


def serve(
    specs: Annotated[
        list[str], typer.Argument(help="OpenAPI files, folders, globs or URLs.", metavar="SPEC", show_default=False)
    ],
    *,
    port: Annotated[int, typer.Option(help="Port to answer on; 0 picks a free one.", min=0, max=65535)] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to answer on.")] = "127.0.0.1",
    watch: Annotated[bool, typer.Option("--watch", help="Reload when a file changes.")] = False,
    validation: Annotated[
        Validation | None,
        typer.Option(help="Requests that break the contract: refuse, answer with a warning, or do not look. [enforce]"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of generated data; the same seed, the same answers.")] = None,
    stateful: Annotated[
        bool | None, typer.Option("--stateful/--no-stateful", help="POST creates, GET finds it again.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate (PEM): serve HTTPS.", exists=True, dir_okay=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key (PEM).", exists=True, dir_okay=False)
    ] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(help="CA (PEM) that clients' certificates must be signed by.", exists=True, dir_okay=False),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that share the port.", min=1, max=64)] = 1,
    admin_port: Annotated[
        int | None,
        typer.Option(
            help=f"Port of the admin API on 127.0.0.1; 0 picks a free one. [{DEFAULT_ADMIN_PORT}, else a free one]",
            min=0,
            max=65535,
        ),
    ] = None,
    journal_bytes: Annotated[int, typer.Option(help="Memory for the request journal; 0 keeps none.", min=0)] = 16 << 20,
    max_body_bytes: Annotated[int, typer.Option(help="Largest request body.", min=0)] = 10 << 20,
    allow_remote_refs: Annotated[
        bool, typer.Option("--allow-remote-refs", help="Follow $ref to other hosts (public addresses only).")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let URLs of contracts lead into private networks.")
    ] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compile contracts anew.")] = False,
) -> None:
    """Answer requests as the contracts say.

    Several contracts share the port: /@NAME/…, NAME.localhost or the header MockOps-Target says which is meant; a
    single one also answers at /.

    Examples: mockops serve petstore.yaml · mockops serve 'apis/*.yaml' --watch · mockops serve examples/shop

    """
    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    if tls_client_ca is not None and tls_cert is None:
        raise typer.BadParameter("--tls-client-ca needs --tls-cert and --tls-key")
    overrides: JsonObject = {}
    if validation is not None:
        overrides["validation"] = validation.value
    if seed is not None:
        overrides["seed"] = seed
    if stateful is not None:
        overrides["stateful"] = stateful
    options = ServeOptions(
        sources=tuple(specs),
        host=host,
        port=port,
        admin_port=admin_port,
        overrides=overrides,
        watch=watch,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_client_ca=tls_client_ca,
        journal_bytes=journal_bytes,
        max_body_bytes=max_body_bytes,
        allow_remote_refs=allow_remote_refs,
        allow_private=allow_private,
        use_cache=not no_cache,
    )
    sys.exit(run_serve(options))
