"""The command line's root."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from mockops.cli.apply import apply
from mockops.cli.control import control
from mockops.cli.export import export
from mockops.cli.gateway import app as gateway
from mockops.cli.import_ import import_
from mockops.cli.init import init
from mockops.cli.plan import plan
from mockops.cli.pull import pull
from mockops.cli.runner import runner
from mockops.cli.serve import serve
from mockops.cli.up import up
from mockops.cli.validate import validate

app = typer.Typer(
    name="mockops",
    help="Run API mocks like production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up)
app.command()(control)
app.command()(runner)
app.command()(serve)
app.command()(validate)
app.command()(init)
app.command()(plan)
app.command()(apply)
app.command()(export)
app.command()(pull)
app.command(name="import")(import_)
app.add_typer(gateway, name="gateway")


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
