"""`mockops workspace`: workspaces."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import Search, WorkspaceName, read_pairs, read_settings

app = noun("workspace", "Workspaces: one mocked API each.")
_LIST = {
    "NAME": "name",
    "TITLE": "title",
    "TEAM": "team",
    "LABELS": "labels",
    "VERSION": "version",
    "UPDATED": "updated_at",
}

Title = Annotated[str | None, typer.Option("--title", help="For people.", metavar="TEXT")]
Description = Annotated[str | None, typer.Option("--description", help="Markdown.", metavar="TEXT")]
Team = Annotated[str | None, typer.Option("--team", help="Id or name; an empty text: none.", metavar="NAME")]
Labels = Annotated[list[str] | None, typer.Option("--label", help="Repeatable.", metavar="KEY=VALUE")]
Settings = Annotated[
    str, typer.Option("--settings", help="File with how it answers; - is the standard input.", metavar="FILE")
]


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    search: Search = "",
    name: Annotated[str, typer.Option("--name", help="Only those named so: pay*", metavar="GLOB")] = "",
    team: Annotated[str, typer.Option("--team", help="Only of this team.", metavar="NAME")] = "",
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Only with this; repeatable.", metavar="KEY[:VALUE]")
    ] = None,
) -> None:
    """List workspaces, by name.

    Example: mockops workspace list --team payments --output json

    """
    listing = work.api.workspaces.list(q=search, name=name, team=team, labels=label or ())
    work.list(listing, _LIST)


@command(app, "get")
def get(work: Work, name: WorkspaceName) -> None:
    """Show a workspace.

    Example: mockops workspace get payments

    """
    work.show(work.api.workspaces.get(name))


@command(app, "create")
def create(
    work: Work,
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, hyphens.", metavar="NAME")],
    *,
    title: Title = None,
    description: Description = None,
    team: Team = None,
    label: Labels = None,
    settings: Settings = "",
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment", help="In the order of promotion; repeatable. [the organization's]", metavar="NAME"
        ),
    ] = None,
) -> None:
    """Create a workspace with its environments.

    Example: mockops workspace create payments --team shop --label tier=1

    """
    made = work.api.workspaces.create(
        name,
        title=title or "",
        description=description or "",
        team=team or "",
        labels=read_pairs(label or (), "--label"),
        settings=read_settings(settings),
        environments=environment or None,
    )
    work.show(made)
    work.revised()


@command(app, "update")
def update(
    work: Work,
    name: WorkspaceName,
    *,
    rename: Annotated[str | None, typer.Option("--rename", help="Its new name.", metavar="NAME")] = None,
    title: Title = None,
    description: Description = None,
    team: Team = None,
    label: Labels = None,
    settings: Settings = "",
    if_version: Version = None,
) -> None:
    """Change a workspace; what is not said stays. Labels and settings that are said replace those there were.

    Example: mockops workspace update payments --title Payments --settings settings.yaml

    """
    changed = work.api.workspaces.update(
        name,
        name=rename,
        title=title,
        description=description,
        team=team,
        labels=read_pairs(label, "--label") if label else None,
        settings=read_settings(settings),
        version=if_version,
    )
    work.show(changed)
    work.revised()


@command(app, "delete")
def delete(work: Work, name: WorkspaceName, *, yes: Yes = False, if_version: Version = None) -> None:
    """Delete a workspace with all that is in it.

    Example: mockops workspace delete payments --yes

    """
    agree(f"Delete the workspace {name} with all that is in it?", yes=yes)
    work.api.workspaces.delete(name, version=if_version)
    work.done(f"workspace {name} deleted")
    work.revised()
