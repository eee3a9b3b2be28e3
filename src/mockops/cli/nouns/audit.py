"""`mockops audit`: who changed what."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Work, command, noun
from mockops.cli.nouns.inputs import Since, Until, WorkspaceFilter, read_moment

app = noun("audit", "Who changed what.")
_LIST = {
    "AT": "at",
    "ACTOR": "actor",
    "ACTION": "action",
    "TYPE": "entity_type",
    "ENTITY": "entity_id",
    "FROM": "address",
}


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    actor: Annotated[str, typer.Option("--actor", help="Only by this one: id or name.", metavar="NAME")] = "",
    entity_type: Annotated[str, typer.Option("--type", help="Only of these: workspace, stub …", metavar="TYPE")] = "",
    entity_id: Annotated[str, typer.Option("--entity", help="Only of the one with this id.", metavar="ID")] = "",
    action: Annotated[str, typer.Option("--action", help="Only these: stub.*", metavar="GLOB")] = "",
    workspace: WorkspaceFilter = "",
    since: Since = "",
    until: Until = "",
) -> None:
    """List changes, newest first; JSON has what was before and after. Needs an admin.

    Example: mockops audit list --workspace payments --since 7d --output json

    """
    listing = work.api.audit.list(
        actor=actor,
        entity_type=entity_type,
        entity_id=entity_id,
        action=action,
        workspace=workspace,
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
    )
    work.list(listing, _LIST)
