"""`mockops export`: a server's workspaces and personas as files."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (Typer reads annotations at run time)
from typing import Annotated

import typer

from mockops.cli.plan import connect
from mockops.cli.project_options import Answer, Org, Output, Server, Token


def export(
    folder: Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.", metavar="FOLDER")],
    *,
    project: Annotated[
        str, typer.Option(help="Only what was applied from the project of this name.", metavar="NAME")
    ] = "",
    workspace: Annotated[
        list[str] | None, typer.Option(help="Only this workspace; repeatable.", metavar="NAME")
    ] = None,
    output: Answer = Output.TEXT,
    server: Server = "",
    token: Token = "",
    org: Org = "",
) -> None:
    """Write what a server has into a new project's folder, to be kept in Git and applied from there.

    Exit codes: 0 written, 1 the folder is not empty or cannot be written to, 4 no server answers.
    """
    from mockops.cli import project_work as work  # noqa: PLC0415 (the command line's root stays quick)

    with connect(server, token, org) as projects:
        state = projects.export(project=project, workspaces=tuple(workspace or ()))
        written = work.export(projects, folder, state)
    work.show_written(written, output)
