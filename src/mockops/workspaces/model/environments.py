"""Workspaces and their environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Conflict, Invalid, NotFound
from mockops.core.events import Event

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.json import JsonObject

MAX_ENVIRONMENTS = 50
"""Of one workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One mocked API: a contract, how it is mocked, and where which version of both is live."""

    id: str
    org_id: str
    name: str
    """A host name's label, unique in the organization."""
    title: str
    """For people."""
    description: str
    team_id: str | None
    team: str
    """The team's name; empty: none."""
    settings: JsonObject
    """As people write them, by the names of `Settings`; what is not said has its default."""
    labels: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A place where versions of a workspace are live: `dev`, `test`, `prod`."""

    id: str
    workspace_id: str
    name: str
    """A host name's label, unique in the workspace."""
    position: int
    """In the order of promotion; the lowest is the first, where editors work."""
    settings: JsonObject
    """Laid over the workspace's."""
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnvironment:
    """An environment as somebody asks for it."""

    name: str
    settings: JsonObject = field(default_factory=dict)


class WorkspaceCreated(Event, frozen=True, kw_only=True):
    """A workspace has begun to exist."""

    type: ClassVar[str] = "workspace.created"

    workspace_id: str
    name: str
    title: str = ""
    team: str = ""
    environments: tuple[str, ...] = ()


class ConfigChanged(Event, frozen=True, kw_only=True):
    """Something that decides how a workspace answers is different now."""

    type: ClassVar[str] = "config.changed"

    workspace_id: str
    workspace: str
    """Its name, after the change."""
    what: str
    """`settings`, `name`, `environment`, `environments`, `pin`, `stubs`, `deleted` …"""
    environment: str = ""
    """Name of the one environment it concerns; empty: all of them."""
    name: str = ""
    """Of what has changed, where it has one."""
    action: str = "updated"
    """`created`, `updated` or `deleted`."""


class WorkspaceExists(Conflict):
    """Another workspace of the organization has the name."""

    code: ClassVar[str] = "workspace.exists"


class WorkspaceInvalid(Invalid):
    """Something about a workspace or environment cannot be as asked."""

    code: ClassVar[str] = "workspace.invalid"


class EnvironmentUnknown(NotFound):
    """The workspace has no such environment."""

    code: ClassVar[str] = "environment.unknown"


class EnvironmentExists(Conflict):
    """Another environment of the workspace has the name."""

    code: ClassVar[str] = "environment.exists"


class EnvironmentNeeded(Conflict):
    """A workspace's only environment is not removed."""

    code: ClassVar[str] = "environment.is_last"
