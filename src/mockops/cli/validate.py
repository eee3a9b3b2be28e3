"""`mockops validate`: everything that is wrong with what would be served, where, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.infra.http import fetcher
from mockops.publishing.service.assemble import Options, assemble_sources
from mockops.publishing.service.sources import SourceUnknown, find_sources, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_GLOB_SIGNS = "*?["


def validate(
    specs: Annotated[list[str], typer.Argument(help="OpenAPI files, project folders, globs or URLs.", metavar="SPEC")],
    output: Annotated[Literal["text", "json"], typer.Option(help="How to print what is found.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    allow_remote_refs: Annotated[
        bool, typer.Option("--allow-remote-refs", help="Follow $refs to URLs and outside of the document's folder.")
    ] = False,
) -> None:
    """Check contracts, stubs, scenarios and personas: every problem with its file, line, JSON Pointer and a hint.

    Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 nothing to check.
    """
    options = Options(is_thorough=True, fetch=fetcher(), allow_remote_refs=allow_remote_refs)
    checked: dict[str, tuple[Diagnostic, ...]] = {}
    for spec in specs:
        checked.update(_check(spec, options, checked))
    if not checked:
        typer.echo(f"mockops: nothing to check in {', '.join(specs)}", err=True)
        raise typer.Exit(2)
    problems = [problem for ones in checked.values() for problem in ones]
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    if output == "json":
        sys.stdout.write(_as_json(checked, errors, warnings))
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(_summary(len(checked), errors, warnings))
    raise typer.Exit(1 if errors or (strict and warnings) else 0)


def _check(spec: str, options: Options, known: Iterable[str]) -> dict[str, tuple[Diagnostic, ...]]:
    """Return what is wrong with everything that a file, folder, glob or URL names, by source."""
    try:
        sources = find_sources([spec])
    except SourceUnknown as error:
        if any(sign in spec for sign in _GLOB_SIGNS) or Path(spec).is_dir():
            return {}
        missing = Diagnostic(
            code=error.code, message=str(error).removeprefix(f"{spec}: "), source=spec, hint="check the path or URL"
        )
        return {spec: (missing,)}
    names = {place_of(source): source for source in sources}
    return {
        name: _sorted(assemble_sources([source], options).diagnostics)
        for name, source in names.items()
        if name not in known
    }


def _sorted(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the worst first, then in the order of files and lines."""
    return tuple(sorted(problems, key=lambda one: (one.severity is not Severity.ERROR, one.source, one.line or 0)))


def _summary(sources: int, errors: int, warnings: int) -> str:
    documents = "1 source" if sources == 1 else f"{sources:,} sources"
    counts = f"{errors:,} error{'' if errors == 1 else 's'}, {warnings:,} warning{'' if warnings == 1 else 's'}"
    return f"{documents} checked: {counts}"


def _as_json(checked: dict[str, tuple[Diagnostic, ...]], errors: int, warnings: int) -> str:
    document = {
        "sources": [{"source": source, "problems": problems} for source, problems in checked.items()],
        "errors": errors,
        "warnings": warnings,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
