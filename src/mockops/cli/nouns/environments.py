"""`mockops environment`: environments of a workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import Workspace, read_settings

app = noun("environment", "Environments of a workspace.")
_LIST = {"POSITION": "position", "NAME": "name", "SETTINGS": "settings", "VERSION": "version", "UPDATED": "updated_at"}

Name = Annotated[str, typer.Argument(help="Id or name.", metavar="NAME")]
Position = Annotated[
    int | None, typer.Option("--position", help="In the order of promotion, from 0.", min=0, max=1000, metavar="N")
]
Settings = Annotated[
    str, typer.Option("--settings", help="File with what is laid over the workspace's settings.", metavar="FILE")
]


@command(app, "list", lists=True)
def list_(work: Work, *, workspace: Workspace) -> None:
    """List environments, in the order of promotion.

    Example: mockops environment list --workspace payments

    """
    work.list(work.api.environments(workspace).list(), _LIST)


@command(app, "get")
def get(work: Work, name: Name, *, workspace: Workspace) -> None:
    """Show an environment.

    Example: mockops environment get prod --workspace payments

    """
    work.show(work.api.environments(workspace).get(name))


@command(app, "create")
def create(work: Work, name: Name, *, workspace: Workspace, position: Position = None, settings: Settings = "") -> None:
    """Add an environment, by default the last.

    Example: mockops environment create staging --workspace payments --position 2

    """
    made = work.api.environments(workspace).create(name, settings=read_settings(settings), position=position)
    work.show(made)
    work.revised()


@command(app, "update")
def update(
    work: Work,
    name: Name,
    *,
    workspace: Workspace,
    rename: Annotated[str | None, typer.Option("--rename", help="Its new name.", metavar="NAME")] = None,
    position: Position = None,
    settings: Settings = "",
    if_version: Version = None,
) -> None:
    """Change an environment; what is not said stays.

    Example: mockops environment update staging --workspace payments --settings staging.yaml

    """
    changed = work.api.environments(workspace).update(
        name, name=rename, settings=read_settings(settings), position=position, version=if_version
    )
    work.show(changed)
    work.revised()


@command(app, "delete")
def delete(work: Work, name: Name, *, workspace: Workspace, yes: Yes = False, if_version: Version = None) -> None:
    """Remove an environment with what is pinned in it.

    Example: mockops environment delete staging --workspace payments --yes

    """
    agree(f"Remove the environment {name} of {workspace} with what is live in it?", yes=yes)
    work.api.environments(workspace).delete(name, version=if_version)
    work.done(f"environment {name} of {workspace} deleted")
    work.revised()
