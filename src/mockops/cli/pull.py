"""`mockops pull`: bring what was edited on a server into a project's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mockops.cli.plan import connect
from mockops.cli.project_options import Answer, Org, Output, Prefer, Project, Server, Token, preference


def pull(
    path: Project = Path(),
    *,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove from the files what the server does not have, applied or not.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also add workspaces and personas that the files never had.")
    ] = False,
    prefer: Prefer = None,
    output: Answer = Output.TEXT,
    server: Server = "",
    token: Token = "",
    org: Org = "",
) -> None:
    """Bring what was edited on a server into a project's files.

    What you edited in the files and have not applied stays. Files whose meaning does not change are not touched, so
    their comments survive; what changed rewrites its own file only.

    Exit codes: 0 written or nothing to do, 1 the files have errors, 3 a conflict, 4 no server answers.
    """
    from mockops.cli import project_work as work  # noqa: PLC0415 (the command line's root stays quick)

    read = work.read_project(path)
    with connect(server, token, org or read.state.org) as projects:
        written = work.pull(projects, path, read, prefer=preference(prefer), prune=prune, everything=everything)
    work.show_written(written, output)
