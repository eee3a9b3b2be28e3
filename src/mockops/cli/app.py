"""The command line's root."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from mockops.cli.serve import serve
from mockops.cli.validate import validate
from mockops.core.errors import Invalid, MockOpsError

app = typer.Typer(
    name="mockops",
    help="Run API mocks like production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve)
app.command()(validate)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"mockops {version('mockops')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Run API mocks like production."""


def main() -> None:
    """Run the command line; exit 0 when all is well, 1 on failure, 2 on wrong usage."""
    try:
        app()
    except Invalid as error:
        for diagnostic in error.diagnostics:
            typer.echo(str(diagnostic), err=True)
        typer.echo(f"mockops: {error}", err=True)
        sys.exit(1)
    except MockOpsError as error:
        typer.echo(f"mockops: {error}", err=True)
        sys.exit(1)
