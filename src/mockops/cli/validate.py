"""`mockops validate`: everything that is wrong with contracts, where, and what to do about it."""

from __future__ import annotations

import glob
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from mockops.contracts.model import ContractInvalid
from mockops.contracts.service.load import load_contract
from mockops.core.diagnostics import Severity
from mockops.infra.http import fetcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockops.core.diagnostics import Diagnostic

_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
_DIALECT_KEYS = (b"openapi", b"swagger")
_SNIFFED_BYTES = 1 << 16


def validate(
    specs: Annotated[list[str], typer.Argument(help="Files, folders, globs or URLs of OpenAPI and Swagger documents.")],
    output: Annotated[Literal["text", "json"], typer.Option(help="How to print what is found.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    allow_remote_refs: Annotated[
        bool, typer.Option("--allow-remote-refs", help="Follow $refs to URLs and outside of the document's folder.")
    ] = False,
) -> None:
    """Check contracts: every problem with its file, line, JSON Pointer and a hint.

    Exit codes: 0 no errors, 1 errors (with --strict also warnings), 2 nothing to check.
    """
    found = [*_expand(specs)]
    if not found:
        typer.echo(f"mockops: no contract found in {', '.join(specs)}", err=True)
        raise typer.Exit(2)
    checked = {source: check(source, allow_remote_refs=allow_remote_refs) for source in found}
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


def check(source: str, *, allow_remote_refs: bool = False) -> tuple[Diagnostic, ...]:
    """Return what is wrong with one contract, worst first, then in the order of its lines."""
    try:
        problems = load_contract(source, fetch=fetcher(), allow_remote_refs=allow_remote_refs).diagnostics
    except ContractInvalid as error:
        problems = error.diagnostics
    return tuple(sorted(problems, key=lambda one: (one.severity is not Severity.ERROR, one.source, one.line or 0)))


def _expand(specs: Iterable[str]) -> Iterator[str]:
    """Yield the documents that files, folders, globs and URLs name, each once."""
    seen: set[str] = set()
    for spec in specs:
        for source in _documents(spec):
            if source not in seen:
                seen.add(source)
                yield source


def _documents(spec: str) -> list[str]:
    path = Path(spec)
    if "://" in spec or path.is_file():
        return [spec]
    if path.is_dir():
        return [str(file) for file in sorted(path.rglob("*")) if _is_contract(file)]
    found = sorted(glob.glob(spec, recursive=True))  # noqa: PTH207 (patterns may be absolute)
    # what does not exist is reported as a contract that cannot be read
    return [name for name in found if Path(name).is_file()] if found or glob.has_magic(spec) else [spec]


def _is_contract(path: Path) -> bool:
    """Tell whether a file found in a folder looks like a contract: other JSON and YAML lies beside them."""
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED_BYTES)
    except OSError:
        # it is listed, so that checking it says why it cannot be read
        return True
    return any(key in start for key in _DIALECT_KEYS)


def _summary(files: int, errors: int, warnings: int) -> str:
    documents = "1 contract" if files == 1 else f"{files:,} contracts"
    counts = f"{errors:,} error{'' if errors == 1 else 's'}, {warnings:,} warning{'' if warnings == 1 else 's'}"
    return f"{documents} checked: {counts}"


def _as_json(checked: dict[str, tuple[Diagnostic, ...]], errors: int, warnings: int) -> str:
    document = {
        "contracts": [{"source": source, "problems": problems} for source, problems in checked.items()],
        "errors": errors,
        "warnings": warnings,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
