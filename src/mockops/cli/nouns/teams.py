"""`mockops team`: teams of the organization."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import Search

app = noun("team", "Teams of the organization.")
_LIST = {"NAME": "name", "TITLE": "title", "VERSION": "version", "UPDATED": "updated_at"}

Name = Annotated[str, typer.Argument(help="Id or name.", metavar="NAME")]
Title = Annotated[str | None, typer.Option("--title", help="For people.", metavar="TEXT")]


@command(app, "list", lists=True)
def list_(work: Work, *, search: Search = "") -> None:
    """List teams.

    Example: mockops team list

    """
    work.list(work.api.teams.list(q=search), _LIST)


@command(app, "get")
def get(work: Work, name: Name) -> None:
    """Show a team.

    Example: mockops team get payments

    """
    work.show(work.api.teams.get(name))


@command(app, "create")
def create(work: Work, name: Name, *, title: Title = None) -> None:
    """Create a team.

    Example: mockops team create payments --title "Payments"

    """
    work.show(work.api.teams.create(name, title=title or ""))


@command(app, "update")
def update(
    work: Work,
    name: Name,
    *,
    rename: Annotated[str | None, typer.Option("--rename", help="Its new name.", metavar="NAME")] = None,
    title: Title = None,
    if_version: Version = None,
) -> None:
    """Change a team; what is not said stays.

    Example: mockops team update payments --rename billing

    """
    work.show(work.api.teams.update(name, name=rename, title=title, version=if_version))


@command(app, "delete")
def delete(work: Work, name: Name, *, yes: Yes = False, if_version: Version = None) -> None:
    """Delete a team; its workspaces and members stay.

    Example: mockops team delete payments --yes

    """
    agree(f"Delete the team {name}?", yes=yes)
    work.api.teams.delete(name, version=if_version)
    work.done(f"team {name} deleted")
