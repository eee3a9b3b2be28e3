"""Workspaces, their environments, and the versions that are live there."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mockops.core.json import JsonObject
from mockops.workspaces.model.versions import EntityType, VersionStatus


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    name: str
    title: str
    description: str
    team: str
    """Name; empty: none."""
    team_id: str | None
    settings: JsonObject
    labels: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment."""

    id: str
    name: str
    position: int
    """In the order of promotion; the lowest is where editors work."""
    settings: JsonObject
    version: int
    created_at: datetime
    updated_at: datetime


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version; its content never changes."""

    id: str
    entity_type: EntityType
    entity_key: str
    number: int
    """1 for an entity's first."""
    hash: str
    """SHA-256 of the content."""
    label: str
    """Semantic version; empty: none was given."""
    status: VersionStatus
    author: str
    created_at: datetime


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is live."""

    entity_type: EntityType
    entity_key: str
    version_id: str
    number: int
    label: str
    hash: str


class PersonaPin(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a persona that is live wherever an environment has a name."""

    persona: str
    version_id: str
    number: int
    label: str
    hash: str
