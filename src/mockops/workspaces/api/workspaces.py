"""`/workspaces`: one mocked API each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from mockops.core.actor import WorkspaceUnknown
from mockops.core.diagnostics import Diagnostic
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import Filter, Glob, IdOrName, Key, Name, Prose, Search, Title
from mockops.workspaces.model.environments import (
    NewEnvironment,
    Workspace,
    WorkspaceExists,
    WorkspaceInvalid,
)
from mockops.workspaces.model.organizations import Changed, NameInvalid, TeamUnknown
from mockops.workspaces.service import workspaces as service
from mockops.workspaces.service.changes import ConfigHook

router = Router("workspaces", tag="workspaces")

Settings = Annotated[
    dict[str, Any],
    Field(
        description="How it answers, as under `settings:` of a workspace file; replaced as a whole.",
    ),
]
Labels = Annotated[dict[str, str], Field(description="To filter by; replaced as a whole.")]
TeamRef = Annotated[str, Field(max_length=100, description="Id or name; empty: none.")]
LabelFilter = Annotated[
    list[Key], Query(max_length=20, description="`key:value`, or `key` for any value; several: all of them.")
]


class WorkspaceShown(Shown):
    """A workspace."""

    id: str
    name: str
    title: str
    description: str
    team: str = Field(description="Name; empty: none.")
    team_id: str | None
    settings: dict[str, Any]
    labels: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


class EnvironmentWish(Body):
    """An environment to be."""

    name: Name
    settings: Settings = Field(default_factory=dict)


class NewWorkspace(Body):
    """A workspace to be."""

    name: Name = Field(description="Lower-case letters, digits and hyphens: it is part of host names.")
    title: Title = ""
    description: Prose = ""
    team: TeamRef = ""
    settings: Settings = Field(default_factory=dict)
    labels: Labels = Field(default_factory=dict)
    environments: list[Name | EnvironmentWish] | None = Field(
        None, description="In the order of promotion; null: the organization's list, by default dev, test, prod."
    )


class WorkspaceChanges(Body):
    """What is left out, or null, stays."""

    name: Name | None = None
    title: Title | None = None
    description: Prose | None = None
    team: TeamRef | None = None
    settings: Settings | None = None
    labels: Labels | None = None


def show(workspace: Workspace) -> WorkspaceShown:
    """Return a workspace as it is shown."""
    return WorkspaceShown.model_construct(
        id=workspace.id,
        name=workspace.name,
        title=workspace.title,
        description=workspace.description,
        team=workspace.team,
        team_id=workspace.team_id,
        settings=workspace.settings,
        labels=workspace.labels,
        version=workspace.version,
        created_at=workspace.created_at,
        updated_at=workspace.updated_at,
    )


@router.reads("GET", "/workspaces", errors=(TeamUnknown, WorkspaceInvalid))
def list_workspaces(
    work: Read,
    q: Search = "",
    name: Glob = "",
    team: Filter = "",
    label: LabelFilter = [],  # noqa: B006 (FastAPI copies it)
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[WorkspaceShown]:
    """List workspaces, by name."""
    page = service.list_workspaces(
        work.tx, q=q, name=name, team=team, labels=[_label(each) for each in label], cursor=cursor, limit=limit
    )
    return Listed.of(page, show)


def _label(written: str) -> tuple[str, str]:
    key, colon, value = written.partition(":")
    if '"' in written or "\\" in written or not key:
        message = f"{written[:80]!r} is no label: write key:value."
        raise WorkspaceInvalid(message, [Diagnostic(code=WorkspaceInvalid.code, message=message, source="label")])
    return key, value if colon else "*"


@router.writes("POST", "/workspaces", errors=(NameInvalid, WorkspaceInvalid, WorkspaceExists, TeamUnknown))
def create_workspace(work: Write, body: NewWorkspace) -> Created[WorkspaceShown]:
    """Create a workspace with its environments; needs an editor."""
    workspace = service.create_workspace(
        work.tx,
        name=body.name,
        title=body.title,
        description=body.description,
        team=body.team,
        settings=body.settings,
        labels=body.labels,
        environments=None if body.environments is None else [_wish(each) for each in body.environments],
        on_config=work.services.get(ConfigHook).cut,
    )
    return Created(show(workspace), f"/workspaces/{workspace.id}")


def _wish(written: str | EnvironmentWish) -> NewEnvironment:
    if isinstance(written, str):
        return NewEnvironment(name=written)
    return NewEnvironment(name=written.name, settings=written.settings)


@router.reads("GET", "/workspaces/{workspace}", errors=(WorkspaceUnknown,))
def get_workspace(work: Read, workspace: IdOrName) -> WorkspaceShown:
    """Return a workspace."""
    return show(service.find_workspace(work.tx, work.caller, workspace))


@router.writes(
    "PATCH",
    "/workspaces/{workspace}",
    errors=(WorkspaceUnknown, NameInvalid, WorkspaceInvalid, WorkspaceExists, TeamUnknown, Changed),
)
def update_workspace(work: Write, workspace: IdOrName, body: WorkspaceChanges) -> WorkspaceShown:
    """Change a workspace; needs its editor. Renaming keeps the id."""
    found = service.find_workspace(work.tx, work.caller, workspace)
    updated = service.update_workspace(
        work.tx,
        found,
        name=body.name,
        title=body.title,
        description=body.description,
        team=body.team,
        settings=body.settings,
        labels=body.labels,
        version=work.if_match(),
        on_config=work.services.get(ConfigHook).cut,
    )
    return show(updated)


@router.writes("DELETE", "/workspaces/{workspace}", errors=(WorkspaceUnknown, Changed))
def delete_workspace(work: Write, workspace: IdOrName) -> None:
    """Delete a workspace with all that is in it; needs its approver, for it is live in every environment."""
    found = service.find_workspace(work.tx, work.caller, workspace)
    service.delete_workspace(work.tx, found, version=work.if_match())
