"""`mockops contract`: the contract of a workspace."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import STDIN, Workspace, read_input
from mockops.cli.output import Output, details, print_value, table, write

if TYPE_CHECKING:
    from mockops.client.shown.contracts import Contract, WorkspaceContract
    from mockops.client.shown.findings import Finding

app = noun("contract", "The contract of a workspace: what its API promises.")
_LIST = {
    "TITLE": "title",
    "VERSION": "version",
    "OPERATIONS": "operation_count",
    "BYTES": "size_bytes",
    "DIGEST": "digest",
    "CREATED": "created_at",
}
_OPERATIONS = {"METHOD": "method", "PATH": "path", "ID": "operation_id", "TAGS": "tags", "DEPRECATED": "deprecated"}
_FINDINGS = {"SEVERITY": "severity", "FILE": "source", "LINE": "line", "AT": "pointer", "MESSAGE": "message"}
_MAX_FINDINGS = 50


class Side(StrEnum):
    """Whose value is taken where hand edits and an import disagree."""

    OURS = "ours"
    THEIRS = "theirs"


Source = Annotated[
    str,
    typer.Argument(help="OpenAPI or Swagger document: file, URL, or - for the standard input.", metavar="FILE|URL"),
]


@command(app, "list", lists=True)
def list_(work: Work) -> None:
    """List the contracts that the organization has sent, newest first.

    Example: mockops contract list

    """
    work.list(work.api.contracts.list(), _LIST)


@command(app, "get")
def get(work: Work, *, workspace: Workspace) -> None:
    """Show the contract of a workspace, and what is wrong or odd in it.

    Example: mockops contract get --workspace payments

    """
    _show(work, work.api.contract(workspace).get())


@command(app, "set")
def set_(work: Work, source: Source, *, workspace: Workspace, if_version: Version = None) -> None:
    """Give a workspace a contract, live in its first environment at once. Files that it refers to are sent along.

    Example: mockops contract set openapi/payments.yaml --workspace payments

    """
    sent = _send(work, source)
    place = None if source == STDIN else source
    _show(work, work.api.contract(workspace).set(sent.digest, path=place, version=if_version))
    work.revised()


@command(app, "reimport")
def reimport(
    work: Work,
    source: Source,
    *,
    workspace: Workspace,
    prefer: Annotated[
        Side, typer.Option("--prefer", help="Whose value is taken where hand edits and the import disagree.")
    ] = Side.OURS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come of it; save nothing.")] = False,
    if_version: Version = None,
) -> None:
    """Import a contract again: what was edited by hand since survives, and conflicts are listed.

    Example: mockops contract reimport openapi/payments.yaml --workspace payments --dry-run

    """
    sent = _send(work, source)
    done = work.api.contract(workspace).reimport(
        sent.digest,
        prefer="theirs" if prefer is Side.THEIRS else "ours",
        path=None if source == STDIN else source,
        dry_run=dry_run,
        version=if_version,
    )
    if work.output is not Output.TABLE:
        print_value(done, work.output)
    else:
        verb = "saved" if done.is_saved else "not saved: this was a dry run"
        write([f"{verb}; {done.conflict_count:,} conflicts, {len(done.warnings):,} warnings"])
        for each in done.conflicts:
            write(details(each, {"conflict": lambda one: f"{one.source}#{one.pointer}"}))
        _show_findings((*done.warnings, *done.diagnostics))
    work.revised()


@command(app, "document")
def document(work: Work, *, workspace: Workspace) -> None:
    """Print the document of a workspace's contract, byte for byte as it was sent.

    Example: mockops contract document --workspace payments > payments.yaml

    """
    sys.stdout.buffer.write(work.api.contract(workspace).document())


@command(app, "operations", lists=True)
def operations(
    work: Work,
    *,
    workspace: Workspace,
    method: Annotated[str, typer.Option("--method", help="Only with this method.", metavar="NAME")] = "",
    path: Annotated[str, typer.Option("--path", help="Only where the path begins so.", metavar="PATH")] = "",
    tag: Annotated[str, typer.Option("--tag", help="Only with this tag.", metavar="NAME")] = "",
) -> None:
    """List the operations of a workspace's contract.

    Example: mockops contract operations --workspace payments --method POST

    """
    work.list(work.api.contract(workspace).operations(method=method, path=path, tag=tag), _OPERATIONS)


@command(app, "delete")
def delete(work: Work, *, workspace: Workspace, yes: Yes = False, if_version: Version = None) -> None:
    """Take the contract of a workspace away; environments after the first keep what is live there.

    Example: mockops contract delete --workspace payments --yes

    """
    agree(f"Take the contract of {workspace} away?", yes=yes)
    work.api.contract(workspace).unset(version=if_version)
    work.done(f"{workspace} has no contract")
    work.revised()


def _send(work: Work, source: str) -> Contract:
    """Send a contract, unless the server has it."""
    if source == STDIN:
        return work.api.contracts.upload_document(read_input(STDIN), name="")
    from mockops.infra.http import fetcher  # noqa: PLC0415 (help needs no reader)
    from mockops.publishing.service.projects.contract_files import find_contract  # noqa: PLC0415 (as above)

    return work.api.contracts.upload(find_contract(source, source, fetch=fetcher()).read())


def _show(work: Work, current: WorkspaceContract) -> None:
    if work.output is not Output.TABLE:
        print_value(current, work.output)
        return
    contract = current.contract
    shown = {
        "title": contract.title,
        "version": contract.version,
        "dialect": contract.dialect,
        "operations": contract.operation_count,
        "from": current.path,
        "edited": current.is_edited,
        "files": list(contract.files),
        "digest": current.digest,
        "changes": current.version,
        "updated": current.updated_at,
    }
    write(details(shown))
    _show_findings(contract.diagnostics)


def _show_findings(found: tuple[Finding, ...]) -> None:
    if found:
        write(["", *table(found[:_MAX_FINDINGS], _FINDINGS)])
    if len(found) > _MAX_FINDINGS:
        write([f"… and {len(found) - _MAX_FINDINGS:,} more"])
