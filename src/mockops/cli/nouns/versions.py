"""`mockops version`: versions of contracts, scenarios, personas and config."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mockops.cli.nouns.command import Work, command, noun
from mockops.cli.nouns.inputs import Workspace, complete_workspaces
from mockops.workspaces.model.versions import EntityType

app = noun("version", "Versions of contracts, scenarios, personas and config; their content never changes.")
_LIST = {
    "ID": "id",
    "TYPE": "entity_type",
    "NAME": "entity_key",
    "NUMBER": "number",
    "LABEL": "label",
    "STATUS": "status",
    "AUTHOR": "author",
    "CREATED": "created_at",
}

Version = Annotated[str, typer.Argument(help="Id.", metavar="ID")]
Maybe = Annotated[
    str,
    typer.Option(
        "--workspace",
        "-w",
        help="Id or name of the workspace; personas need none.",
        metavar="NAME",
        autocompletion=complete_workspaces,
    ),
]


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    workspace: Maybe = "",
    type: Annotated[EntityType | None, typer.Option("--type", help="Only of these.")] = None,
    name: Annotated[str, typer.Option("--name", help="Only of the scenario or persona so named.")] = "",
) -> None:
    """List versions in a workspace, newest first; without a workspace, of personas.

    Example: mockops version list --workspace payments --type scenario

    """
    if workspace:
        work.list(work.api.versions(workspace).list(entity_type=type, key=name), _LIST)
    else:
        work.list(work.api.persona_versions.list(persona=name), _LIST)


@command(app, "get")
def get(work: Work, id: Version, *, workspace: Maybe = "") -> None:
    """Show a version.

    Example: mockops version get 0196a2c1-0000-7000-8000-000000000000 --workspace payments

    """
    work.show(work.api.versions(workspace).get(id) if workspace else work.api.persona_versions.get(id))


@command(app, "content")
def content(work: Work, id: Version, *, workspace: Maybe = "") -> None:
    """Print what a version holds, as it was saved.

    Example: mockops version content 0196a2c1-0000-7000-8000-000000000000 --workspace payments

    """
    found = work.api.versions(workspace).content(id) if workspace else work.api.persona_versions.content(id)
    sys.stdout.buffer.write(found)


@command(app, "label")
def label(
    work: Work,
    id: Version,
    label: Annotated[str, typer.Argument(help="Semantic version, higher than those given before.", metavar="LABEL")],
    *,
    workspace: Workspace,
) -> None:
    """Give a version without label one, which also keeps it from being pruned.

    Example: mockops version label 0196a2c1-0000-7000-8000-000000000000 1.2.0 --workspace payments

    """
    work.show(work.api.versions(workspace).label(id, label))
