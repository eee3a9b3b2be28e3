"""`mockops org`: organizations."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun

app = noun("org", "Organizations of the installation.")
_LIST = {
    "NAME": "name",
    "TITLE": "title",
    "ENVIRONMENTS": "environments",
    "VERSION": "version",
    "UPDATED": "updated_at",
}

Name = Annotated[str, typer.Argument(help="Id or name.", metavar="NAME")]
Title = Annotated[str | None, typer.Option("--title", help="For people.", metavar="TEXT")]
Environments = Annotated[
    list[str] | None,
    typer.Option("--environment", help="In the order of promotion; repeatable. [dev, test, prod]", metavar="NAME"),
]


@command(app, "list", lists=True)
def list_(work: Work) -> None:
    """List the organizations that you belong to.

    Example: mockops org list --output json

    """
    work.list(work.api.orgs.list(), _LIST)


@command(app, "get")
def get(work: Work, name: Name) -> None:
    """Show an organization.

    Example: mockops org get acme

    """
    work.show(work.api.orgs.get(name))


@command(app, "create")
def create(work: Work, name: Name, *, title: Title = None, environment: Environments = None) -> None:
    """Create an organization; needs whoever manages the installation.

    Example: mockops org create acme --title "Acme Inc." --environment dev --environment prod

    """
    work.show(work.api.orgs.create(name, title=title or "", environments=environment or None))


@command(app, "update")
def update(
    work: Work,
    name: Name,
    *,
    rename: Annotated[str | None, typer.Option("--rename", help="Its new name.", metavar="NAME")] = None,
    title: Title = None,
    environment: Environments = None,
    if_version: Version = None,
) -> None:
    """Change an organization; what is not said stays.

    Example: mockops org update acme --title "Acme SE"

    """
    work.show(
        work.api.orgs.update(name, name=rename, title=title, environments=environment or None, version=if_version)
    )


@command(app, "delete")
def delete(work: Work, name: Name, *, yes: Yes = False, if_version: Version = None) -> None:
    """Delete an organization.

    Example: mockops org delete acme --yes

    """
    agree(f"Delete the organization {name} with all that it has?", yes=yes)
    work.api.orgs.delete(name, version=if_version)
    work.done(f"organization {name} deleted")
