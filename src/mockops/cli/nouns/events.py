"""`mockops event`: the event log."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.command import Work, command, noun, tell
from mockops.cli.nouns.inputs import Since, Until, WorkspaceFilter, read_file, read_json, read_moment

app = noun("event", "The event log: query it, follow it, add to it.")
_LIST = {
    "SEQUENCE": "sequence",
    "TIME": "time",
    "TYPE": "type",
    "WORKSPACE": "workspace",
    "SUBJECT": "subject",
    "ACTOR": "actor",
    "ID": "id",
}

Types = Annotated[
    list[str] | None, typer.Option("--type", help="Only these, such as config.*; repeatable.", metavar="GLOB")
]
Subject = Annotated[str, typer.Option("--subject", help="Only about this, such as stubs/*.", metavar="GLOB")]
Source = Annotated[str, typer.Option("--source", help="Only of this source.", metavar="URI")]
After = Annotated[int | None, typer.Option("--after", help="Only behind this sequence.", min=0, metavar="N")]


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    type: Types = None,
    workspace: WorkspaceFilter = "",
    subject: Subject = "",
    source: Source = "",
    since: Since = "",
    until: Until = "",
    after: After = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="In the order of the log.")] = False,
) -> None:
    """List what has happened, newest first.

    Example: mockops event list --type "scenario.*" --since 2h

    """
    listing = work.api.events.list(
        types=type or (),
        workspace=workspace,
        subject=subject,
        source=source,
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
        after=after,
        order="oldest" if oldest_first else "newest",
    )
    work.list(listing, _LIST)


@command(app, "get")
def get(
    work: Work,
    id: Annotated[str, typer.Argument(help="Its id.", metavar="ID")],
    *,
    source: Source = "",
) -> None:
    """Show an event.

    Example: mockops event get 0196a2c1-0000-7000-8000-000000000000

    """
    event = work.api.events.get(id, source=source)
    work.show(event)


@command(app, "send")
def send(
    work: Work,
    type: Annotated[str, typer.Argument(help="What has happened: com.example.order.paid.", metavar="TYPE")] = "",
    *,
    source: Annotated[str, typer.Option("--source", help="URI-reference of what it happened in.", metavar="URI")] = "",
    data: Annotated[str, typer.Option("--data", help="JSON.", metavar="JSON")] = "",
    subject: Annotated[str, typer.Option("--subject", help="What of it.", metavar="TEXT")] = "",
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="What it is about.", metavar="NAME")] = "",
    id: Annotated[str, typer.Option("--id", help="Unique within the source. [drawn]", metavar="ID")] = "",
    file: Annotated[
        str,
        typer.Option("--file", "-f", help="CloudEvent, or a list of them; - is the standard input.", metavar="FILE"),
    ] = "",
) -> None:
    """Tell that something has happened, as a CloudEvent; what a source told before is not told again.

    Example: mockops event send com.example.order.paid --source /shop --data '{"order": 7}' --workspace payments

    """
    if bool(type) is bool(file):
        raise typer.BadParameter("name a TYPE, or give a --file")
    if file:
        found = read_file(file).data
        taken = list(work.api.events.send_batch(found if isinstance(found, list) else [found]))
    else:
        if not source:
            raise typer.BadParameter("--source: an event needs one, such as /shop")
        payload = read_json(data, "--data") if data else None
        taken = [work.api.events.send(type, payload, source=source, subject=subject, workspace=workspace, event_id=id)]
    from mockops.cli.output import print_list  # noqa: PLC0415 (as above)

    print_list(taken, work.output, {"ID": "id", "SOURCE": "source", "NEW": "is_new"})


@command(app, "stream", lists=True)
def stream(
    work: Work,
    *,
    type: Types = None,
    workspace: WorkspaceFilter = "",
    subject: Subject = "",
    source: Source = "",
    after: After = None,
) -> None:
    """Print events as they happen, until --limit of them came; --all goes on until it is stopped.

    JSON is one event a line. A connection that breaks is made anew, and no event is left out.

    Example: mockops event stream --type "config.*" --all --output json

    """
    events = work.api.events.stream(types=type or (), workspace=workspace, subject=subject, source=source, after=after)
    with events:
        tell(f"following the events of {work.api.server}")
        work.follow(events, _LIST)
