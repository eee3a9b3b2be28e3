"""Organizations and their teams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Conflict, Invalid, NotFound, Stale

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_ORGANIZATION = "default"
"""Name of the organization that a fresh installation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Owns everything: workspaces, personas, members, tokens, secrets."""

    id: str
    name: str
    """A host name's label, unique in the installation."""
    title: str
    """For people."""
    environments: tuple[str, ...]
    """Names of the environments of a new workspace, in the order of promotion; personas are pinned in each."""
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Owns workspaces; the unit of the heatmaps."""

    id: str
    org_id: str
    name: str
    """A host name's label, unique in the organization."""
    title: str
    version: int
    created_at: datetime
    updated_at: datetime


class NameInvalid(Invalid):
    """A name is no host name's label."""

    code: ClassVar[str] = "workspace.name_invalid"


class Changed(Stale):
    """Somebody else changed it since it was read."""

    code: ClassVar[str] = "workspace.changed_meanwhile"


class OrganizationUnknown(NotFound):
    """There is no such organization, or none the caller belongs to."""

    code: ClassVar[str] = "organization.unknown"


class OrganizationExists(Conflict):
    """Another organization has the name."""

    code: ClassVar[str] = "organization.exists"


class OrganizationNotEmpty(Conflict):
    """An organization with workspaces is not deleted."""

    code: ClassVar[str] = "organization.not_empty"


class TeamUnknown(NotFound):
    """The organization has no such team."""

    code: ClassVar[str] = "team.unknown"


class TeamExists(Conflict):
    """Another team of the organization has the name."""

    code: ClassVar[str] = "team.exists"
