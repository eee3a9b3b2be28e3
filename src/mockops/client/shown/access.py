"""Who asks and who may what: people, teams, tokens, secrets, and the record of changes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockops.core.actor import Role
from mockops.core.json import Json


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, and what they may do."""

    kind: Literal["local", "token", "user", "gateway", "system"]
    id: str
    name: str
    org: str
    """Name of the organization that requests are about."""
    org_id: str
    orgs: tuple[str, ...]
    """Names that `MockOps-Org` may have; the first 500."""
    role: Role
    workspace_roles: dict[str, Role]
    """Roles that replace it, by the workspace's id."""
    workspaces: tuple[str, ...] | None
    """Ids of the only workspaces in reach; null: all."""
    is_root: bool
    """Whether you manage every organization of the installation."""


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """An organization."""

    id: str
    name: str
    title: str
    environments: tuple[str, ...]
    """Of a new workspace, in the order of promotion."""
    version: int
    created_at: datetime
    updated_at: datetime


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team."""

    id: str
    name: str
    title: str
    version: int
    created_at: datetime
    updated_at: datetime


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member."""

    id: str
    email: str
    name: str
    role: Role
    """In the organization; a workspace may have another one."""
    teams: tuple[str, ...]
    """Names."""
    has_logged_in: bool
    version: int
    created_at: datetime
    updated_at: datetime


class WorkspaceRole(msgspec.Struct, frozen=True, kw_only=True):
    """A member's own role in a workspace."""

    member_id: str
    email: str
    name: str
    role: Role


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a token."""

    id: str
    name: str
    prefix: str
    """How the token begins."""
    role: Role
    workspaces: tuple[str, ...] | None
    """Ids of the only workspaces that it reaches; null: all."""
    kind: Literal["api", "gateway"]
    is_root: bool
    """Whether it manages every organization of the installation."""
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    """null: never."""
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None


class NewToken(Token, frozen=True, kw_only=True):
    """A token with its text, which is told this once."""

    token: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a secret."""

    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change."""

    id: str
    number: int
    """Later commits have higher ones."""
    at: datetime
    workspace_id: str
    """Empty: it concerns the organization."""
    actor_kind: str
    actor_id: str
    actor: str
    action: str
    entity_type: str
    entity_id: str
    before: Json
    """The members that changed, as they were; null: there was nothing."""
    after: Json
    """The members that changed, as they are; null: there is nothing. Never a secret."""
    address: str
    user_agent: str
