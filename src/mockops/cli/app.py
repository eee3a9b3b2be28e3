"""The command line's root: names of commands, and where they are; nothing of them is imported before it is used."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from mockops.cli.lazy import Lazy, lazy_group

_RUN, _FILES, _NOUNS = "Run", "Files as code", "On a server"

COMMANDS = {
    "up": Lazy(
        "mockops.cli.up:up",
        "Run everything here: API, runner and gateway, over one folder.",
        _RUN,
    ),
    "control": Lazy(
        "mockops.cli.control:control",
        "Run the API alone, on a database.",
        _RUN,
    ),
    "runner": Lazy("mockops.cli.runner:runner", "React to events, and remove what has grown too old.", _RUN),
    "gateway": Lazy(
        "mockops.cli.nouns.gateway:app", "Answer requests as a control plane says; list gateways, wait for them.", _RUN
    ),
    "serve": Lazy("mockops.cli.serve:serve", "Answer requests as contracts say, without a server of MockOps.", _RUN),
    "validate": Lazy("mockops.cli.validate:validate", "Check contracts, stubs, scenarios and personas.", _FILES),
    "init": Lazy("mockops.cli.init:init", "Start a project: a workspace for each contract.", _FILES),
    "plan": Lazy("mockops.cli.plan:plan", "Show what `mockops apply` would change on a server.", _FILES),
    "apply": Lazy("mockops.cli.apply:apply", "Make a server as a project's files are, all or nothing.", _FILES),
    "export": Lazy("mockops.cli.export:export", "Write what a server has into a new project's folder.", _FILES),
    "pull": Lazy("mockops.cli.pull:pull", "Bring what was edited on a server into a project's files.", _FILES),
    "import": Lazy("mockops.cli.import_:import_", "Turn other tools' files into stubs, here or on a server.", _FILES),
    "org": Lazy("mockops.cli.nouns.organizations:app", "Organizations of the installation.", _NOUNS),
    "team": Lazy("mockops.cli.nouns.teams:app", "Teams of the organization.", _NOUNS),
    "member": Lazy("mockops.cli.nouns.members:app", "Members of the organization, and their roles.", _NOUNS),
    "token": Lazy("mockops.cli.nouns.tokens:app", "API tokens and tokens of gateways.", _NOUNS),
    "secret": Lazy("mockops.cli.nouns.secrets:app", "Secrets that upstreams and pipelines need.", _NOUNS),
    "workspace": Lazy("mockops.cli.nouns.workspaces:app", "Workspaces: one mocked API each.", _NOUNS),
    "environment": Lazy("mockops.cli.nouns.environments:app", "Environments of a workspace.", _NOUNS),
    "pin": Lazy("mockops.cli.nouns.pins:app", "Which versions are live in an environment.", _NOUNS),
    "version": Lazy("mockops.cli.nouns.versions:app", "Versions of contracts, scenarios, personas and config.", _NOUNS),
    "contract": Lazy("mockops.cli.nouns.contracts:app", "The contract of a workspace: what its API promises.", _NOUNS),
    "stub": Lazy("mockops.cli.nouns.stubs:app", "Stubs of a workspace.", _NOUNS),
    "scenario": Lazy("mockops.cli.nouns.scenarios:app", "Scenarios of a workspace, and publishing them.", _NOUNS),
    "persona": Lazy("mockops.cli.nouns.personas:app", "Personas of the organization.", _NOUNS),
    "event": Lazy("mockops.cli.nouns.events:app", "The event log: query, follow, and add to it.", _NOUNS),
    "audit": Lazy("mockops.cli.nouns.audit:app", "Who changed what.", _NOUNS),
    "traffic": Lazy("mockops.cli.nouns.traffic:app", "What gateways have answered.", _NOUNS),
    "me": Lazy("mockops.cli.nouns.me:me", "Show who you are to the server, and what you may do.", _NOUNS),
}

app = typer.Typer(
    name="mockops",
    cls=lazy_group(COMMANDS),
    help="Run API mocks like production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
