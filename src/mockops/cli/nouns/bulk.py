"""Many changes from one file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from mockops.cli.nouns.inputs import InputInvalid, read_file
from mockops.cli.output import Output, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockops.cli.nouns.command import Work
    from mockops.client.shown.bulk import BulkChange, BulkResults
    from mockops.core.json import Json

_MAX_SHOWN = 200


def send_changes(work: Work, file: str, send: Callable[[Sequence[BulkChange]], BulkResults]) -> None:
    """Send the changes that a file lists, and print what became of them; exit with 1 when any was refused."""
    report(work, send(read_changes(file)))


def read_changes(file: str) -> list[BulkChange]:
    """Return the changes that a file lists, at top level or below `items`.

    Raises:
        InputInvalid: It has none, or one of them is none.

    """
    return as_changes(read_file(file).data, file)


def are_changes(data: Json) -> bool:
    """Say whether a document lists changes, and no things."""
    items = data.get("items") if isinstance(data, dict) else data
    return (
        isinstance(items, list) and bool(items) and all(isinstance(each, dict) and "action" in each for each in items)
    )


def as_changes(data: Json, file: str) -> list[BulkChange]:
    """Return the changes that a document lists, at top level or below `items`; raises InputInvalid as above."""
    import msgspec  # noqa: PLC0415 (help needs no reader)

    from mockops.client.shown.bulk import BulkChange  # noqa: PLC0415 (as above)

    if not are_changes(data):
        raise InputInvalid(f"{file}: this must be a list of changes: {{action: create|update|delete, id, document}}")
    found = []
    for at, each in enumerate(data["items"] if isinstance(data, dict) else data):
        try:
            found.append(msgspec.convert(each, BulkChange))
        except msgspec.ValidationError as error:
            raise InputInvalid(f"{file}: change {at + 1}: {error}") from error
    return found


def report(work: Work, results: BulkResults) -> None:
    """Print what became of many changes; exit with 1 when any was refused."""
    if work.output is Output.TABLE:
        for each in [each for each in results.results if each.problem is not None][:_MAX_SHOWN]:
            problem = each.problem or {}
            named = f" ({each.id})" if each.id else ""
            print(f"  change {each.index + 1}{named}: {printable(str(problem.get('detail')))}", file=sys.stderr)  # noqa: T201
        print(f"{results.succeeded:,} done, {results.failed:,} refused")  # noqa: T201 (a command speaks to its terminal)
    else:
        work.show(results)
    work.revised()
    if results.failed:
        raise typer.Exit(1)
