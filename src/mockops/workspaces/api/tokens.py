"""`/tokens`: what programs show to be let in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, Field

from mockops.core.actor import Role, WorkspaceUnknown
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import Id, Moniker
from mockops.workspaces.model.access import Token, TokenInvalid, TokenKind, TokenTooPowerful, TokenUnknown
from mockops.workspaces.service import tokens as service

router = Router("workspaces", tag="tokens")


class TokenShown(Shown):
    """What may be known of a token."""

    id: str
    name: str
    prefix: str = Field(description="How the token begins.")
    role: Role
    workspaces: tuple[str, ...] | None = Field(description="Ids of the only workspaces that it reaches; null: all.")
    kind: TokenKind
    is_root: bool = Field(description="Whether it manages every organization of the installation.")
    created_by: str
    created_at: datetime
    expires_at: datetime | None = Field(description="null: never.")
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class TokenMade(TokenShown):
    """A token with its text, which is told this once."""

    token: str


class NewToken(Body):
    """A token to be."""

    name: Moniker = Field(description="What it is used for.")
    role: Role = Field(Role.VIEWER, description="At most yours.")
    workspaces: list[Moniker] | None = Field(
        None, max_length=500, description="Ids or names of the only workspaces that it reaches."
    )
    kind: TokenKind = "api"
    expires_at: AwareDatetime | Literal["never"] | None = Field(
        None, description="At most a year from now; null: 90 days from now."
    )


def show(token: Token) -> TokenShown:
    """Return a token as it is shown."""
    return TokenShown.model_construct(**_members(token))


def _members(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenShown.model_fields}


@router.reads("GET", "/tokens")
def list_tokens(
    work: Read,
    revoked: Annotated[bool, Query(description="Whether revoked ones are listed, too.")] = False,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[TokenShown]:
    """List tokens, newest first: to admins all of the organization, to others their own."""
    return Listed.of(service.list_tokens(work.tx, is_with_revoked=revoked, cursor=cursor, limit=limit), show)


@router.writes("POST", "/tokens", errors=(TokenInvalid, TokenTooPowerful, WorkspaceUnknown))
def create_token(work: Write, body: NewToken) -> Created[TokenMade]:
    """Make a token that may do at most what you may; its text is in this answer and nowhere else."""
    token, text = service.create_token(
        work.tx,
        name=body.name,
        role=body.role,
        workspaces=body.workspaces,
        kind=body.kind,
        expires_at=None if body.expires_at == "never" else body.expires_at,
        is_endless=body.expires_at == "never",
    )
    return Created(TokenMade.model_construct(**_members(token), token=text), f"/tokens/{token.id}")


@router.reads("GET", "/tokens/{token}", errors=(TokenUnknown,))
def get_token(work: Read, token: Id) -> TokenShown:
    """Return what may be known of a token."""
    return show(service.read_token(work.tx, token))


@router.writes("DELETE", "/tokens/{token}", errors=(TokenUnknown,))
def revoke_token(work: Write, token: Id) -> None:
    """Let nobody in with a token any more, from the next request on."""
    service.revoke_token(work.tx, service.read_token(work.tx, token))
