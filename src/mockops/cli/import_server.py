"""`mockops import --workspace`: a file of another tool into a workspace on a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import typer

from mockops.cli.nouns.command import connected, reporting, tell
from mockops.cli.output import Output, print_value, printable, write
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.client.shown.mocking import ImportReport
    from mockops.core.documents import Document
    from mockops.mocking.importers.foreign import ImportOptions

_MAX_SHOWN = 200
_OUTCOMES = ("created", "updated", "merged", "kept", "unchanged", "removed", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to, and how."""

    workspace: str
    server: str = ""
    token: str = field(default="", repr=False)
    org: str = ""
    name: str = ""
    prefer: Literal["", "import", "server"] = ""
    is_dry_run: bool = False
    output: Output = Output.TABLE


def import_there(
    format: str, document: Document, read_file: Callable[[str], bytes], options: ImportOptions, target: Target
) -> None:
    """Send a file, and say what became of its stubs; exit with 3 where there are conflicts, with 1 where none is used.

    Args:
        format: Whose file it is.
        document: What it holds.
        read_file: Reads what it refers to.
        options: What of it is wanted.
        target: Where to.

    """
    with reporting():
        files = _referred(format, document, read_file, options)
        with connected(target.server, target.token, target.org) as api:
            report = api.imports(target.workspace).run(
                _known(format),
                document.data,
                files=files,
                name=target.name,
                prefer=target.prefer,
                dry_run=target.is_dry_run,
                hosts=options.hosts,
                path_prefix=options.path_prefix,
                include_static=options.include_static,
                redact_emails=options.redact_emails,
            )
            _show(report, target)
            if api.revision:
                tell(f"gateways serve it from revision {api.revision}")
    if report.conflicts:
        raise typer.Exit(3)
    if not any((report.created, report.updated, report.merged, report.kept, report.unchanged, report.removed)):
        raise typer.Exit(1)


def _known(format: str) -> Literal["wiremock", "postman", "har", "mockoon"]:
    match format:
        case "wiremock" | "postman" | "har" | "mockoon":
            return format
        case _:
            raise Invalid(f"{format}: no such format can be imported on a server")


def _referred(
    format: str, document: Document, read_file: Callable[[str], bytes], options: ImportOptions
) -> dict[str, str]:
    """Return the files that a document refers to, found by reading it here; one that is missing the server names."""
    from mockops.cli.nouns.inputs import as_base64  # noqa: PLC0415 (as in import_)
    from mockops.mocking.importers.foreign import read_foreign  # noqa: PLC0415 (as above)

    found: dict[str, str] = {}

    def remember(name: str) -> bytes:
        content = read_file(name)
        found[name] = as_base64(content)
        return content

    read_foreign(format, document, read_file=remember, options=options)
    return found


def _show(report: ImportReport, target: Target) -> None:
    if target.output is not Output.TABLE:
        print_value(report, target.output)
        return
    for each in report.diagnostics[:_MAX_SHOWN]:
        place = ":".join(str(part) for part in (each.source, each.line) if part)
        where = f" (at {each.pointer})" if each.pointer else ""
        hint = f"\n    hint: {each.hint}" if each.hint else ""
        text = f"{place}: {each.severity}: {each.message}{where} [{each.code}]{hint}"
        typer.echo("\n".join(map(printable, text.split("\n"))), err=True)
    if len(report.diagnostics) > _MAX_SHOWN:
        tell(f"… and {len(report.diagnostics) - _MAX_SHOWN:,} more; --output json has all")
    for item in report.conflicts:
        for value in item.conflicts:
            tell(f"{printable(item.key)}: edited here and upstream: {printable(value.pointer) or 'the whole stub'}")
    counts = [f"{len(getattr(report, name)):,} {name}" for name in _OUTCOMES if getattr(report, name)]
    if report.conflicts:
        counts.append(f"{len(report.conflicts):,} in conflict: decide with --prefer import or --prefer server")
    would = "would be: " if report.is_dry_run else ""
    write([f"{printable(report.origin)}: {would}{', '.join(counts) or 'nothing in it can be imported'}"])
