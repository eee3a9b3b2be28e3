"""`mockops stub`: stubs of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mockops.cli.nouns.bulk import report
from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import File, Search, Workspace, one_stub, read_object, read_stub_items
from mockops.cli.output import write_each_document

if TYPE_CHECKING:
    from mockops.client.shown.bulk import BulkChange
    from mockops.client.shown.mocking import Stub

app = noun("stub", "Stubs of a workspace: answers to requests that match.")
_LIST = {
    "KEY": "key",
    "METHOD": "method",
    "PATH": "request_path",
    "NAME": "name",
    "ORIGIN": "origin",
    "SERVED": "is_served",
    "VERSION": "version",
    "UPDATED": "updated_at",
}

Key = Annotated[str, typer.Argument(help="Key: the `id` of its document.", metavar="KEY")]
Document = Annotated[
    bool, typer.Option("--document", help="Only the document, as a file has it: to edit and send again.")
]


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    workspace: Workspace,
    search: Search = "",
    method: Annotated[str, typer.Option("--method", help="Only of this method.", metavar="NAME")] = "",
    path: Annotated[str, typer.Option("--path", help="Only of this request path: /pets*", metavar="PATH")] = "",
    operation: Annotated[str, typer.Option("--operation", help="Only of this operation.", metavar="ID")] = "",
    origin: Annotated[
        str, typer.Option("--origin", help="api, apply, import or import:FORMAT.", metavar="ORIGIN")
    ] = "",
) -> None:
    """List stubs, oldest first: of equal priority the last is tried first.

    Example: mockops stub list --workspace payments --path "/payments*"

    """
    listing = work.api.stubs(workspace).list(q=search, method=method, path=path, operation=operation, origin=origin)
    work.list(listing, _LIST)


@command(app, "get")
def get(work: Work, key: Key, *, workspace: Workspace, document: Document = False) -> None:
    """Show a stub.

    Example: mockops stub get declined --workspace payments --document > declined.yaml

    """
    stub = work.api.stubs(workspace).get(key)
    if document:
        write_each_document(stub.document, work.output)
    else:
        work.show(stub)


@command(app, "create")
def create(work: Work, file: File, *, workspace: Workspace) -> None:
    """Create the stub of a file; files that it names are sent along.

    Example: mockops stub create stubs/declined.yaml --workspace payments

    """
    item = one_stub(file)
    _saved(work, work.api.stubs(workspace).create(item.document, files=item.files))


@command(app, "update")
def update(
    work: Work,
    key: Key,
    file: File,
    *,
    workspace: Workspace,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="The file holds changes only: what it does not say stays, null removes."),
    ] = False,
    if_version: Version = None,
) -> None:
    """Make a stub as a file says; with --merge, change only what it says (JSON Merge Patch, RFC 7396).

    Example: mockops stub update declined declined.yaml --workspace payments --if-version 3

    """
    stubs = work.api.stubs(workspace)
    if merge:
        _saved(work, stubs.update(key, read_object(file), version=if_version))
    else:
        item = one_stub(file)
        _saved(work, stubs.replace(key, item.document, files=item.files, version=if_version))


@command(app, "delete")
def delete(work: Work, key: Key, *, workspace: Workspace, yes: Yes = False, if_version: Version = None) -> None:
    """Delete a stub.

    Example: mockops stub delete declined --workspace payments --yes

    """
    agree(f"Delete the stub {key} of {workspace}?", yes=yes)
    work.api.stubs(workspace).delete(key, version=if_version)
    work.done(f"stub {key} of {workspace} deleted")
    work.revised()


@command(app, "bulk")
def bulk(work: Work, file: File, *, workspace: Workspace) -> None:
    """Create or replace every stub of a file, as one version; each is done or refused by itself.

    A file that lists changes, `{action: create|update|delete, id, document}`, does those.

    Example: mockops stub bulk stubs/all.yaml --workspace payments

    """
    stubs = work.api.stubs(workspace)
    report(work, stubs.bulk(_changes(work, file, workspace)))


def _changes(work: Work, file: str, workspace: str) -> list[BulkChange]:
    from mockops.cli.nouns.bulk import are_changes, as_changes  # noqa: PLC0415 (help needs no reader)
    from mockops.cli.nouns.inputs import read_file  # noqa: PLC0415 (as above)
    from mockops.client.shown.bulk import BulkChange  # noqa: PLC0415 (as above)

    document = read_file(file)
    if are_changes(document.data):
        return as_changes(document.data, file)
    items = read_stub_items(file, document)
    known = {each.key for each in work.api.stubs(workspace).list()}
    return [
        BulkChange.update(named, each.document, files=each.files)
        if (named := str(each.document.get("id") or "")) in known
        else BulkChange.create(each.document, files=each.files)
        for each in items
    ]


def _saved(work: Work, stub: Stub) -> None:
    work.show(stub)
    work.revised()
