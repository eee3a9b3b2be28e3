"""Who may do what: members, the tokens that act for people and machines, and roles that hold in one workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mockops.core.errors import Conflict, Denied, Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.actor import Role

TokenKind = Literal["api", "gateway"]
"""`api` acts for a person or a machine, `gateway` lets a gateway fetch snapshots and send traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in an organization."""

    id: str
    org_id: str
    email: str
    """In lower case; unique in the organization."""
    name: str
    subject: str
    """`issuer|sub` of the OpenID Connect login that was seen for this member; empty: none yet."""
    role: Role
    """In the organization."""
    teams: tuple[str, ...]
    """Ids."""
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A member, and the organization by name: what a person who logs in chooses among."""

    member_id: str
    org_id: str
    org: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRole:
    """A role that replaces a member's role of the organization, in one workspace."""

    workspace_id: str
    member_id: str
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program shows to be let in; the text itself is shown once and not kept."""

    id: str
    org_id: str
    name: str
    prefix: str
    """The text's first 8 characters, to tell tokens apart."""
    role: Role
    workspaces: tuple[str, ...] | None
    """Ids of the only workspaces it reaches; None: all of the organization."""
    kind: TokenKind
    is_root: bool
    """Whether it manages every organization of the installation."""
    created_by: str
    """`kind:id` of who made it."""
    created_at: datetime
    expires_at: datetime | None
    """None: never."""
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None


class MemberUnknown(NotFound):
    """The organization has no such member."""

    code: ClassVar[str] = "member.unknown"


class MemberExists(Conflict):
    """Another member of the organization has the email address."""

    code: ClassVar[str] = "member.exists"


class MemberInvalid(Invalid):
    """Something about a member cannot be as asked."""

    code: ClassVar[str] = "member.invalid"


class LastAdmin(Conflict):
    """An organization keeps at least one admin."""

    code: ClassVar[str] = "member.last_admin"


class RoleUnset(NotFound):
    """The member has no role of its own in the workspace."""

    code: ClassVar[str] = "role.unset"


class TokenUnknown(NotFound):
    """There is no such token, or none the caller may know of."""

    code: ClassVar[str] = "token.unknown"


class TokenInvalid(Invalid):
    """A token cannot be as asked."""

    code: ClassVar[str] = "token.invalid"


class TokenTooPowerful(Denied):
    """Nobody makes a token that may do more than they may themselves."""

    code: ClassVar[str] = "token.too_powerful"
