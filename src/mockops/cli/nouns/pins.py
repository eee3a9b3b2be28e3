"""`mockops pin`: which versions are live in an environment."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import InputInvalid, complete_workspaces
from mockops.workspaces.model.versions import EntityType

app = noun("pin", "Which versions are live in an environment.")
_LIST = {"TYPE": "entity_type", "NAME": "entity_key", "NUMBER": "number", "LABEL": "label", "VERSION": "version_id"}
_PERSONAS = {"PERSONA": "persona", "NUMBER": "number", "LABEL": "label", "VERSION": "version_id"}

Environment = Annotated[str, typer.Option("--environment", "-e", help="Id or name of the environment.", metavar="NAME")]
Workspace = Annotated[
    str,
    typer.Option(
        "--workspace",
        "-w",
        help="Id or name of the workspace; personas need none.",
        metavar="NAME",
        autocompletion=complete_workspaces,
    ),
]
Type = Annotated[EntityType, typer.Argument(help="What is pinned.", metavar="TYPE")]
Name = Annotated[str, typer.Option("--name", help="Of the scenario or persona.", metavar="NAME")]


@command(app, "list", lists=True)
def list_(work: Work, *, environment: Environment, workspace: Workspace = "") -> None:
    """List what is live in an environment of a workspace; without a workspace, the personas of environments named so.

    Example: mockops pin list --workspace payments --environment prod

    """
    if workspace:
        work.list(work.api.pins(workspace, environment).list(), _LIST)
    else:
        work.list(work.api.persona_pins(environment).list(), _PERSONAS)


@command(app, "set")
def set_(
    work: Work,
    type: Type,
    version: Annotated[str, typer.Argument(help="Number, label, hash or id.", metavar="VERSION")],
    *,
    environment: Environment,
    workspace: Workspace = "",
    name: Name = "",
) -> None:
    """Make a version live. After the first environment only what was live in the one before, by an approver.

    Example: mockops pin set scenario 1.2.0 --name declined --workspace payments --environment test

    """
    if type is EntityType.PERSONA:
        work.show(work.api.persona_pins(environment).set(_needed(name, "--name"), version))
    else:
        pins = work.api.pins(_needed(workspace, "--workspace"), environment)
        work.show(pins.set(type, version, key=name))
    work.revised()


@command(app, "delete")
def delete(
    work: Work, type: Type, *, environment: Environment, workspace: Workspace = "", name: Name = "", yes: Yes = False
) -> None:
    """Let nothing of a contract, config, scenario or persona be live in an environment.

    Example: mockops pin delete scenario --name declined --workspace payments --environment dev --yes

    """
    agree(f"Take {type} {name} out of {environment}?".replace("  ", " "), yes=yes)
    if type is EntityType.PERSONA:
        work.api.persona_pins(environment).remove(_needed(name, "--name"))
    else:
        work.api.pins(_needed(workspace, "--workspace"), environment).remove(type, key=name)
    work.done(f"{type} {name} is not live in {environment}".replace("  ", " "))
    work.revised()


def _needed(value: str, option: str) -> str:
    if not value:
        raise InputInvalid(f"this needs {option}")
    return value
