"""Versions: immutable, by content; and the pins that make one live in an environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime


class EntityType(StrEnum):
    """What has versions."""

    CONTRACT = "contract"
    SCENARIO = "scenario"
    PERSONA = "persona"
    """Of the organization; the others are of a workspace."""
    CONFIG = "config"
    """Settings and stubs of a workspace, together."""


class VersionStatus(StrEnum):
    """Whether a version should still be used."""

    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    """It stays live where it is pinned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an entity was at one moment; it never changes, only its status and a label given later do."""

    id: str
    org_id: str
    workspace_id: str
    """Empty for personas."""
    entity_type: EntityType
    entity_key: str
    """Name of the scenario or persona; empty for contract and config, of which a workspace has one."""
    number: int
    """1 for an entity's first version."""
    hash: str
    """SHA-256 of the content, in hex."""
    label: str
    """Semantic Versioning 2.0.0; empty for config versions that nobody labelled."""
    status: VersionStatus
    author: str
    """Who made it: `kind:name`."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Which version of an entity is live in an environment of a workspace."""

    environment_id: str
    entity_type: EntityType
    entity_key: str
    version_id: str
    hash: str
    label: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaPin:
    """Which version of a persona is live in every environment of a name, throughout an organization."""

    environment_name: str
    persona: str
    version_id: str
    hash: str
    label: str
    number: int


class VersionUnknown(NotFound):
    """There is no such version."""

    code: ClassVar[str] = "version.unknown"


class LabelInvalid(Invalid):
    """A label is no semantic version."""

    code: ClassVar[str] = "version.label_invalid"


class LabelTaken(Conflict):
    """The label is not higher than every label given before, or the version has another one."""

    code: ClassVar[str] = "version.label_taken"


class PromotionRequired(Conflict):
    """Later environments take only what is pinned in the environment before them."""

    code: ClassVar[str] = "workspace.promotion_required"


class VersionDeprecated(Conflict):
    """A deprecated version stays live where it is, and is made live nowhere else."""

    code: ClassVar[str] = "version.deprecated"


class PinUnknown(NotFound):
    """Nothing of the entity is pinned there."""

    code: ClassVar[str] = "pin.unknown"


class BlobUnknown(NotFound):
    """There is no content of that digest."""

    code: ClassVar[str] = "blob.unknown"
