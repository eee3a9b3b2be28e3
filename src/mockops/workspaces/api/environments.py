"""`/workspaces/{workspace}/environments`: where versions are live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mockops.core.actor import WorkspaceUnknown
from mockops.infra.web.bodies import Body, Listed, Shown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import IdOrName, Name
from mockops.workspaces.model.environments import (
    Environment,
    EnvironmentExists,
    EnvironmentNeeded,
    EnvironmentUnknown,
    WorkspaceInvalid,
)
from mockops.workspaces.model.organizations import Changed, NameInvalid
from mockops.workspaces.service import environments as service
from mockops.workspaces.service.workspaces import find_workspace

router = Router("workspaces", tag="environments")

Settings = Annotated[dict[str, Any], Field(description="Laid over the workspace's; replaced as a whole.")]
Position = Annotated[int, Field(ge=0, le=1000, description="In the order of promotion, from 0.")]


class EnvironmentShown(Shown):
    """An environment."""

    id: str
    name: str
    position: int = Field(description="In the order of promotion; the lowest is where editors work.")
    settings: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class NewEnvironmentBody(Body):
    """An environment to be."""

    name: Name
    settings: Settings = Field(default_factory=dict)
    position: Position | None = Field(None, description="null: the last.")


class EnvironmentChanges(Body):
    """What is left out, or null, stays."""

    name: Name | None = None
    settings: Settings | None = None
    position: Position | None = None


def show(environment: Environment) -> EnvironmentShown:
    """Return an environment as it is shown."""
    return EnvironmentShown.model_construct(
        id=environment.id,
        name=environment.name,
        position=environment.position,
        settings=environment.settings,
        version=environment.version,
        created_at=environment.created_at,
        updated_at=environment.updated_at,
    )


_ENVIRONMENTS = "/workspaces/{workspace}/environments"
_ONE = _ENVIRONMENTS + "/{environment}"


@router.reads("GET", _ENVIRONMENTS, errors=(WorkspaceUnknown,))
def list_environments(work: Read, workspace: IdOrName) -> Listed[EnvironmentShown]:
    """List a workspace's environments, in the order of promotion, all at once."""
    found = find_workspace(work.tx, work.caller, workspace)
    items = tuple(show(each) for each in service.list_environments(work.tx, found.id))
    return Listed[EnvironmentShown].model_construct(items=items, next=None)


@router.writes("POST", _ENVIRONMENTS, errors=(WorkspaceUnknown, NameInvalid, WorkspaceInvalid, EnvironmentExists))
def create_environment(work: Write, workspace: IdOrName, body: NewEnvironmentBody) -> Created[EnvironmentShown]:
    """Add an environment; needs the workspace's approver."""
    found = find_workspace(work.tx, work.caller, workspace)
    environment = service.create_environment(
        work.tx, found, name=body.name, settings=body.settings, position=body.position
    )
    return Created(show(environment), f"/workspaces/{found.id}/environments/{environment.id}")


@router.reads("GET", _ONE, errors=(WorkspaceUnknown, EnvironmentUnknown))
def get_environment(work: Read, workspace: IdOrName, environment: IdOrName) -> EnvironmentShown:
    """Return an environment."""
    found = find_workspace(work.tx, work.caller, workspace)
    return show(service.read_environment(work.tx, found, environment))


@router.writes(
    "PATCH",
    _ONE,
    errors=(WorkspaceUnknown, EnvironmentUnknown, NameInvalid, WorkspaceInvalid, EnvironmentExists, Changed),
)
def update_environment(
    work: Write, workspace: IdOrName, environment: IdOrName, body: EnvironmentChanges
) -> EnvironmentShown:
    """Change an environment; needs an approver, an editor where it is only settings of the first."""
    found = find_workspace(work.tx, work.caller, workspace)
    one = service.read_environment(work.tx, found, environment)
    updated = service.update_environment(
        work.tx, found, one, name=body.name, settings=body.settings, position=body.position, version=work.if_match()
    )
    return show(updated)


@router.writes("DELETE", _ONE, errors=(WorkspaceUnknown, EnvironmentUnknown, EnvironmentNeeded, Changed))
def delete_environment(work: Write, workspace: IdOrName, environment: IdOrName) -> None:
    """Remove an environment with what is pinned in it; needs the workspace's approver."""
    found = find_workspace(work.tx, work.caller, workspace)
    one = service.read_environment(work.tx, found, environment)
    service.delete_environment(work.tx, found, one, version=work.if_match())
