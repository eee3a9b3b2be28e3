"""`mockops apply`: make a server as a project's files are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.cli.plan import connect
from mockops.cli.project_options import (
    Answer,
    Org,
    Output,
    Prefer,
    Project,
    ProjectRefused,
    Server,
    Token,
    Yes,
    preference,
)

if TYPE_CHECKING:
    from mockops.workspaces.model.projects import Plan


def apply(
    path: Project = Path(),
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Delete what the files do not have.")] = False,
    prefer: Prefer = None,
    yes: Yes = False,
    output: Answer = Output.TEXT,
    server: Server = "",
    token: Token = "",
    org: Org = "",
) -> None:
    """Make a server as a project's files are: all of it or, when anything is wrong, nothing.

    The plan is shown first; on a terminal you are asked. Without a terminal --yes is needed only to delete. Contracts
    that the server does not have are uploaded beforehand. Applying the same files again changes nothing.

    Exit codes: 0 applied or nothing to do, 1 the files have errors or the server refused, 3 a conflict, or the server
    changed meanwhile, 4 no server answers.
    """
    from mockops.cli import project_work as work  # noqa: PLC0415 (the command line's root stays quick)

    read = work.read_project(path)
    with connect(server, token, org or read.state.org) as projects:
        made = projects.plan(read.state, prune=prune, prefer=preference(prefer))
        if output is Output.TEXT or made.conflicts:
            work.show(made, output)
        work.refuse_conflicts(made, path, "applied")
        if made.has_effects and not yes:
            _agree(made, projects.server)
        uploaded = work.upload(projects, read.contracts)
        done = projects.apply(read.state, prune=prune, prefer=preference(prefer), fingerprint=made.fingerprint)
    if made.has_effects or output is not Output.TEXT:
        work.show_applied(done, output, uploaded)


def _agree(made: Plan, server: str) -> None:
    """Ask on a terminal; without one, refuse to delete unasked."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        if not typer.confirm(f"Apply this to {server}?", err=True):
            raise ProjectRefused("nothing was applied")
    elif deletions := made.counts.get("delete", 0):
        raise ProjectRefused(f"this deletes {deletions:,} on {server}; say --yes to mean it. Nothing was applied")
