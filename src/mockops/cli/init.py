"""`mockops init`: a project that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_MAX_SHOWN = 30


def init(
    folder: Annotated[Path, typer.Argument(help="Where the project goes.", metavar="FOLDER")] = Path(),
    *,
    specs: Annotated[
        list[str] | None,
        typer.Option("--from", help="An OpenAPI file, folder, glob or URL; repeatable. [a sample]", metavar="SPEC"),
    ] = None,
    name: Annotated[str, typer.Option(help="The project's name. [the folder's]", metavar="NAME")] = "",
) -> None:
    """Start a project: a workspace for each contract, a stub and a persona to begin with, schemas for editors.

    Nothing that is there is overwritten.

    Examples: mockops init shop · mockops init . --from 'apis/*.yaml'

    Exit codes: 0 written, 1 something is in the way or a contract cannot be read.
    """
    from mockops.cli import project_start as start  # noqa: PLC0415 (the command line's root stays quick)

    started = start.start_project(folder, tuple(specs or ()), name)
    for path in started.written[:_MAX_SHOWN]:
        typer.echo(f"  + {path}")
    if len(started.written) > _MAX_SHOWN:
        typer.echo(f"  … and {len(started.written) - _MAX_SHOWN:,} more")
    at = "" if folder == Path() else f" {folder}"
    typer.echo(
        f"{folder.resolve().name} is a project of {started.workspaces:,} "
        f"workspace{'' if started.workspaces == 1 else 's'}. What next:\n"
        f"  mockops serve{at or ' .'} --watch     answers at http://127.0.0.1:7080{started.try_path}\n"
        f"  mockops validate{at or ' .'}          says what is wrong with the files\n"
        f"  mockops apply{at}             brings it to the server that `mockops up` started"
    )
