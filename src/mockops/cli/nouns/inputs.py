"""What commands are given: documents from files or the standard input, settings, moments, names to complete."""

from __future__ import annotations

import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from mockops.core.clock import SystemClock
from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid, MockOpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject
    from mockops.workspaces.model.projects import Item

_MAX_BYTES = 64 << 20
_COMPLETE_S = 2.0
STDIN = "-"


class InputInvalid(Invalid):
    """What a command was given cannot be right."""

    code: ClassVar[str] = "cli.input_invalid"
    exit_code: ClassVar[int] = 2


def complete_workspaces(incomplete: str) -> list[str]:
    """Return the names of workspaces that begin so, for shells; none when no server answers at once."""
    from mockops.client.connection import MockOps  # noqa: PLC0415 (only when a shell asks)

    try:
        with MockOps(timeout_s=_COMPLETE_S, attempts=1) as api:
            return [each.name for each in api.workspaces.list(name=f"{incomplete}*").first(100)]
    except MockOpsError:
        return []  # a shell has no use for the reason


Workspace = Annotated[
    str,
    typer.Option(
        "--workspace", "-w", help="Id or name of the workspace.", metavar="NAME", autocompletion=complete_workspaces
    ),
]
WorkspaceFilter = Annotated[
    str,
    typer.Option(
        "--workspace", "-w", help="Only of this workspace.", metavar="NAME", autocompletion=complete_workspaces
    ),
]
WorkspaceName = Annotated[
    str, typer.Argument(help="Id or name of the workspace.", metavar="NAME", autocompletion=complete_workspaces)
]
File = Annotated[str, typer.Argument(help="File (YAML or JSON); - is the standard input.", metavar="FILE")]
Search = Annotated[str, typer.Option("--search", "-q", help="Only those with this text.", metavar="TEXT")]
Since = Annotated[
    str, typer.Option("--since", help="RFC 3339, or an age: 90s, 15m, 2h, 7d.", metavar="TIME", show_default=False)
]
Until = Annotated[
    str, typer.Option("--until", help="RFC 3339, or an age; exclusive.", metavar="TIME", show_default=False)
]


def read_input(file: str) -> bytes:
    """Return what a file holds, or what comes on the standard input.

    Raises:
        InputInvalid: It is missing, or too long.

    """
    if file == STDIN:
        content = sys.stdin.buffer.read(_MAX_BYTES + 1)
    else:
        path = Path(file)
        if not path.is_file():
            raise InputInvalid(f"{file}: there is no such file")
        with path.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise InputInvalid(f"{file}: more than {_MAX_BYTES >> 20} MiB")
    return content


def read_file(file: str) -> Document:
    """Return a file's document; raises DocumentInvalid with line and column of what is wrong."""
    from mockops.core.documents import read_document  # noqa: PLC0415 (help needs no reader)

    return read_document(read_input(file), "standard input" if file == STDIN else file, max_bytes=_MAX_BYTES)


def read_object(file: str) -> JsonObject:
    """Return the object that a file holds."""
    data = read_file(file).data
    if not isinstance(data, dict):
        raise InputInvalid(f"{file}: this must hold an object")
    return data


def read_settings(file: str) -> JsonObject | None:
    """Return the settings of a file, a workspace's or one that holds nothing else; None: no file is named."""
    if not file:
        return None
    data = read_object(file)
    inner = data.get("settings")
    return inner if isinstance(inner, dict) else data


def read_stub_items(file: str, document: Document | None = None) -> list[Item]:
    """Return the stubs of a file with the files that they name, checked as far as that goes without a server.

    Args:
        file: Where it is.
        document: What it holds; None: it is read.

    Raises:
        InputInvalid: There is none.
        MockOpsError: Something is wrong with one; `diagnostics` say what and where.

    """
    from mockops.publishing.service.projects.items import stub_items  # noqa: PLC0415 (help needs no reader)

    path = Path.cwd() / "standard-input.yaml" if file == STDIN else Path(file)
    found, problems = stub_items(document or read_file(file), path=path, workspace=path.parent, name=file)
    if any(each.severity is Severity.ERROR for each in problems):
        raise Invalid(f"{file}: nothing was sent", problems)
    if not found:
        raise InputInvalid(f"{file}: there is no stub in it")
    return [each.item for each in found]


def one_stub(file: str) -> Item:
    """Return the one stub of a file."""
    items = read_stub_items(file)
    if len(items) > 1:
        raise InputInvalid(f"{file} has {len(items):,} stubs; send them with `mockops stub bulk {file}`")
    return items[0]


def read_moment(text: str, option: str) -> datetime | None:
    """Return a moment; None for an empty text.

    Raises:
        InputInvalid: It is none, or has no time zone.

    """
    if not text:
        return None
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    if text[:-1].isdecimal() and text[-1] in units and len(text) < 10:
        return SystemClock().now().astimezone(UTC) - timedelta(seconds=int(text[:-1]) * units[text[-1]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputInvalid(f"{option} {text}: write 2026-03-02T12:00:00Z, or an age such as 15m") from error
    if moment.tzinfo is None:
        raise InputInvalid(f"{option} {text}: add the time zone, Z or an offset such as +02:00")
    return moment


def read_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """Return `KEY=VALUE` pairs."""
    found = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise InputInvalid(f"{option} {pair}: write KEY=VALUE")
        found[key] = value
    return found


def read_json(text: str, option: str) -> Json:
    """Return what is said in JSON."""
    import msgspec  # noqa: PLC0415 (help needs no reader)

    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputInvalid(f"{option}: this is no JSON: {error}") from error
    return found


def as_base64(content: bytes) -> str:
    """Return bytes as JSON has them."""
    return b64encode(content).decode()
