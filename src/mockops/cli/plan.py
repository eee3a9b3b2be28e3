"""`mockops plan`: what applying a project's files would do."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.cli.project_options import Answer, Org, Output, Prefer, Project, Server, Token, preference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.client.projects import Projects


@contextmanager
def connect(server: str, token: str, org: str) -> Iterator[Projects]:
    """Give a connection to the projects of a server; nothing is sent before it is asked to."""
    from mockops.client.base import Api  # noqa: PLC0415 (the command line's root stays quick)
    from mockops.client.projects import Projects  # noqa: PLC0415 (as above)

    with Api(server, token, org) as api:
        yield Projects(api)


def plan(
    path: Project = Path(),
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Plan to delete what the files do not have.")] = False,
    prefer: Prefer = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 5 where there is something to apply.")
    ] = False,
    output: Answer = Output.TEXT,
    server: Server = "",
    token: Token = "",
    org: Org = "",
) -> None:
    """Show what `mockops apply` would create, change and delete on a server; nothing is changed.

    Each item is compared three ways: with what the files said when they were last applied, with the server, and with
    the files. What was edited on the server since stays (=), what both sides edited is merged, and only what both
    edited in the same place is a conflict (!).

    Exit codes: 0 planned, 1 the files have errors, 3 a conflict, 4 no server answers; with --detailed-exitcode 0 means
    nothing to apply, and 5 something.
    """
    from mockops.cli import project_work as work  # noqa: PLC0415 (the command line's root stays quick)

    read = work.read_project(path)
    with connect(server, token, org or read.state.org) as projects:
        made = projects.plan(read.state, prune=prune, prefer=preference(prefer))
    work.show(made, output)
    if made.conflicts:
        raise typer.Exit(work.CONFLICT)
    raise typer.Exit(work.CHANGES if detailed_exitcode and made.has_effects else 0)
