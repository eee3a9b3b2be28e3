"""`mockops scenario`: scenarios of a workspace, and publishing them."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import File, Search, Workspace, read_object
from mockops.cli.output import write_each_document

app = noun("scenario", "Scenarios of a workspace: drafts, and what is published of them.")
_LIST = {
    "NAME": "name",
    "STATUS": "status",
    "UNPUBLISHED CHANGES": "has_unpublished_changes",
    "ORIGIN": "origin",
    "VERSION": "version",
    "UPDATED": "updated_at",
}

Name = Annotated[str, typer.Argument(help="Its name.", metavar="NAME")]
Merge = Annotated[
    bool, typer.Option("--merge", help="The file holds changes only: what it does not say stays, null removes.")
]
Document = Annotated[
    bool, typer.Option("--document", help="Only the document, as a file has it: to edit and send again.")
]


@command(app, "list", lists=True)
def list_(work: Work, *, workspace: Workspace, search: Search = "") -> None:
    """List scenarios, by name.

    Example: mockops scenario list --workspace payments

    """
    work.list(work.api.scenarios(workspace).list(q=search), _LIST)


@command(app, "get")
def get(work: Work, name: Name, *, workspace: Workspace, document: Document = False) -> None:
    """Show a scenario with its versions.

    Example: mockops scenario get declined --workspace payments

    """
    found = work.api.scenarios(workspace).get(name)
    if document:
        write_each_document(found.document, work.output)
    else:
        work.show(found)


@command(app, "create")
def create(work: Work, file: File, *, workspace: Workspace) -> None:
    """Create the scenario of a file, as a draft.

    Example: mockops scenario create scenarios/declined.yaml --workspace payments

    """
    work.show(work.api.scenarios(workspace).create(read_object(file)))


@command(app, "update")
def update(
    work: Work, name: Name, file: File, *, workspace: Workspace, merge: Merge = False, if_version: Version = None
) -> None:
    """Make a draft as a file says; with --merge, change only what it says. It is live once it is published.

    Example: mockops scenario update declined declined.yaml --workspace payments

    """
    scenarios = work.api.scenarios(workspace)
    change = scenarios.update if merge else scenarios.replace
    work.show(change(name, read_object(file), version=if_version))


@command(app, "publish")
def publish(
    work: Work,
    name: Name,
    *,
    workspace: Workspace,
    label: Annotated[
        str | None, typer.Option("--label", help="Semantic version. [the next patch]", metavar="LABEL")
    ] = None,
    comment: Annotated[str, typer.Option("--comment", help="For people.", metavar="TEXT")] = "",
    if_version: Version = None,
) -> None:
    """Make a version of what the draft says now, live in the first environment.

    Example: mockops scenario publish declined --workspace payments --label 1.2.0

    """
    work.show(work.api.scenarios(workspace).publish(name, label=label, comment=comment, version=if_version))
    work.revised()


@command(app, "deprecate")
def deprecate(work: Work, name: Name, *, workspace: Workspace, if_version: Version = None) -> None:
    """Say that a scenario should not be used any more; where its versions are live, they stay so.

    Example: mockops scenario deprecate declined --workspace payments

    """
    work.show(work.api.scenarios(workspace).deprecate(name, version=if_version))


@command(app, "delete")
def delete(work: Work, name: Name, *, workspace: Workspace, yes: Yes = False, if_version: Version = None) -> None:
    """Delete a scenario; environments after the first keep what is live there.

    Example: mockops scenario delete declined --workspace payments --yes

    """
    agree(f"Delete the scenario {name} of {workspace}?", yes=yes)
    work.api.scenarios(workspace).delete(name, version=if_version)
    work.done(f"scenario {name} of {workspace} deleted")
    work.revised()
