"""`mockops token`: API tokens and tokens of gateways."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from mockops.cli.nouns.command import Work, Yes, agree, command, noun, tell
from mockops.cli.nouns.inputs import read_moment
from mockops.core.actor import Role

app = noun("token", "API tokens and tokens of gateways.")
_LIST = {
    "ID": "id",
    "NAME": "name",
    "BEGINS": "prefix",
    "KIND": "kind",
    "ROLE": "role",
    "EXPIRES": "expires_at",
    "LAST USED": "last_used_at",
    "REVOKED": "revoked_at",
}

Token = Annotated[str, typer.Argument(help="Id.", metavar="ID")]


class Kind(StrEnum):
    """What a token is for."""

    API = "api"
    GATEWAY = "gateway"


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    revoked: Annotated[bool, typer.Option("--revoked", help="With those that let nobody in any more.")] = False,
) -> None:
    """List tokens, newest first: to admins all, to others their own.

    Example: mockops token list

    """
    work.list(work.api.tokens.list(revoked=revoked), _LIST)


@command(app, "get")
def get(work: Work, id: Token) -> None:
    """Show what may be known of a token.

    Example: mockops token get 0196a2c1-0000-7000-8000-000000000000

    """
    work.show(work.api.tokens.get(id))


@command(app, "create")
def create(
    work: Work,
    name: Annotated[str, typer.Argument(help="What it is used for.", metavar="NAME")],
    *,
    role: Annotated[Role, typer.Option("--role", help="At most yours.")] = Role.VIEWER,
    workspace: Annotated[
        list[str] | None, typer.Option("--workspace", "-w", help="Only these; repeatable. [all]", metavar="NAME")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="What it is for.")] = Kind.API,
    expires: Annotated[
        str, typer.Option("--expires", help="RFC 3339, or never. [90 days from now]", metavar="TIME")
    ] = "",
) -> None:
    """Make a token; its text is printed this once.

    Example: mockops token create ci --role editor --workspace payments --output json

    """
    when: Literal["never"] | None = "never" if expires == "never" else None
    made = work.api.tokens.create(
        name,
        role=role,
        workspaces=workspace or None,
        kind="gateway" if kind is Kind.GATEWAY else "api",
        expires_at=when or read_moment(expires, "--expires"),
    )
    tell("the token is shown this once; keep it where only those can read it who need it")
    work.show(made)


@command(app, "delete")
def delete(work: Work, id: Token, *, yes: Yes = False) -> None:
    """Revoke a token: it lets nobody in any more, from the next request on.

    Example: mockops token delete 0196a2c1-0000-7000-8000-000000000000 --yes

    """
    agree(f"Revoke the token {id}?", yes=yes)
    work.api.tokens.revoke(id)
    work.done(f"token {id} revoked")
