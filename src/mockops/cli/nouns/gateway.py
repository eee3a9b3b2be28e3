"""`mockops gateway list|wait|problems`: what is known of gateways, beside the command that is one."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.gateway import app
from mockops.cli.nouns.command import Work, command

__all__ = ["app"]

_LAST = 2**63 - 1
"""After every revision: whatever has changed until now must be served."""
_LIST = {
    "NAME": "name",
    "LIVE": "is_live",
    "REVISION": "revision",
    "WORKERS": "workers",
    "VERSION": "version",
    "SEEN": "seen_at",
    "PROBLEMS": "problems",
}
_PROBLEMS = {
    "WORKSPACE": "workspace",
    "ENVIRONMENT": "environment",
    "LEFT OUT": "is_left_out",
    "AT": "at",
    "MESSAGE": "message",
}


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    with_gone: Annotated[bool, typer.Option("--with-gone", help="With those that are not live any more.")] = False,
) -> None:
    """List gateways: which are live, and what they have applied.

    Example: mockops gateway list

    """
    work.list(work.api.gateways.list(state="all" if with_gone else "live"), _LIST)


@command(app, "wait")
def wait(
    work: Work,
    *,
    revision: Annotated[
        int | None,
        typer.Option("--revision", help="What the change said: `from revision N`. [all changes until now]", min=0),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds.", min=0, metavar="S")] = 30.0,
) -> None:
    """Wait until every live gateway serves a change, or all of them; exit code 1 when one does not in time.

    Example: mockops gateway wait --revision 42 --timeout 10

    """
    work.show(work.api.gateways.wait_applied(_LAST if revision is None else revision, timeout_s=timeout))


@command(app, "problems", lists=True)
def problems(work: Work) -> None:
    """List what is wrong with targets, so that gateways do not get it.

    Example: mockops gateway problems

    """
    work.list(work.api.gateways.problems(), _PROBLEMS)
