"""Options that the commands for projects share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.core.errors import MockOpsError

if TYPE_CHECKING:
    from mockops.workspaces.model.projects import Preference


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


class Side(StrEnum):
    """Who wins where files and server were edited in the same place."""

    FILES = "files"
    SERVER = "server"


Project = Annotated[Path, typer.Argument(help="The project's folder.", metavar="PATH")]
Server = Annotated[
    str, typer.Option(help="URL of the server; also MOCKOPS_SERVER. [http://127.0.0.1:7070]", metavar="URL")
]
Token = Annotated[
    str, typer.Option(help="API token; better in MOCKOPS_TOKEN, which no process list shows.", metavar="TOKEN")
]
Org = Annotated[str, typer.Option(help="Organization, for callers of several; also MOCKOPS_ORG.", metavar="NAME")]
Prefer = Annotated[
    Side | None, typer.Option(help="Who wins where files and server were edited in the same place. [nobody: conflict]")
]
Answer = Annotated[Output, typer.Option("--output", "-o", help="How to print what is found.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def preference(side: Side | None) -> Preference:
    """Return who wins, in the words of plans."""
    return "" if side is None else side.value


class ProjectRefused(MockOpsError):
    """Something is wrong with a project, and was said already."""

    code = "cli.project_refused"
