"""`mockops persona`: personas of the organization."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.bulk import send_changes
from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import File, Search, read_object
from mockops.cli.output import write_each_document

app = noun("persona", "Personas of the organization: who calls, and what that changes in answers.")
_LIST = {"NAME": "name", "ORIGIN": "origin", "VERSION": "version", "UPDATED": "updated_at"}

Name = Annotated[str, typer.Argument(help="Its name.", metavar="NAME")]
Merge = Annotated[
    bool, typer.Option("--merge", help="The file holds changes only: what it does not say stays, null removes.")
]
Document = Annotated[
    bool, typer.Option("--document", help="Only the document, as a file has it: to edit and send again.")
]


@command(app, "list", lists=True)
def list_(work: Work, *, search: Search = "") -> None:
    """List personas, by name.

    Example: mockops persona list

    """
    work.list(work.api.personas.list(q=search), _LIST)


@command(app, "get")
def get(work: Work, name: Name, *, document: Document = False) -> None:
    """Show a persona.

    Example: mockops persona get gold-customer --document

    """
    found = work.api.personas.get(name)
    if document:
        write_each_document(found.document, work.output)
    else:
        work.show(found)


@command(app, "create")
def create(work: Work, file: File) -> None:
    """Create the persona of a file, live in the first environment of every workspace.

    Example: mockops persona create personas/gold-customer.yaml

    """
    work.show(work.api.personas.create(read_object(file)))
    work.revised()


@command(app, "update")
def update(work: Work, name: Name, file: File, *, merge: Merge = False, if_version: Version = None) -> None:
    """Make a persona as a file says; with --merge, change only what it says.

    Example: mockops persona update gold-customer gold-customer.yaml

    """
    change = work.api.personas.update if merge else work.api.personas.replace
    work.show(change(name, read_object(file), version=if_version))
    work.revised()


@command(app, "delete")
def delete(work: Work, name: Name, *, yes: Yes = False, if_version: Version = None) -> None:
    """Delete a persona; environments after the first keep what is live there.

    Example: mockops persona delete gold-customer --yes

    """
    agree(f"Delete the persona {name}?", yes=yes)
    work.api.personas.delete(name, version=if_version)
    work.done(f"persona {name} deleted")
    work.revised()


@command(app, "bulk")
def bulk(work: Work, file: File) -> None:
    """Make the changes that a file lists, `{action: create|update|delete, id, document}`, each by itself.

    Example: mockops persona bulk changes.yaml

    """
    send_changes(work, file, work.api.personas.bulk)
