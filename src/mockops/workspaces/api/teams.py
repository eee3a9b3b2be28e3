"""`/teams`: teams of the organization."""

from __future__ import annotations

from datetime import datetime

from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import IdOrName, Name, Search, Title
from mockops.workspaces.model.organizations import Changed, NameInvalid, Team, TeamExists, TeamUnknown
from mockops.workspaces.service import teams as service

router = Router("workspaces", tag="teams")


class TeamShown(Shown):
    """A team."""

    id: str
    name: str
    title: str
    version: int
    created_at: datetime
    updated_at: datetime


class NewTeam(Body):
    """A team to be."""

    name: Name
    title: Title = ""


class TeamChanges(Body):
    """What is left out, or null, stays."""

    name: Name | None = None
    title: Title | None = None


def show(team: Team) -> TeamShown:
    """Return a team as it is shown."""
    return TeamShown.model_construct(
        id=team.id,
        name=team.name,
        title=team.title,
        version=team.version,
        created_at=team.created_at,
        updated_at=team.updated_at,
    )


@router.reads("GET", "/teams")
def list_teams(work: Read, q: Search = "", limit: Limit = DEFAULT, cursor: Cursor = None) -> Listed[TeamShown]:
    """List the organization's teams, by name."""
    return Listed.of(service.list_teams(work.tx, q=q, cursor=cursor, limit=limit), show)


@router.writes("POST", "/teams", errors=(NameInvalid, TeamExists))
def create_team(work: Write, body: NewTeam) -> Created[TeamShown]:
    """Create a team; needs an admin."""
    team = service.create_team(work.tx, name=body.name, title=body.title)
    return Created(show(team), f"/teams/{team.id}")


@router.reads("GET", "/teams/{team}", errors=(TeamUnknown,))
def get_team(work: Read, team: IdOrName) -> TeamShown:
    """Return a team."""
    return show(service.read_team(work.tx, team))


@router.writes("PATCH", "/teams/{team}", errors=(TeamUnknown, NameInvalid, TeamExists, Changed))
def update_team(work: Write, team: IdOrName, body: TeamChanges) -> TeamShown:
    """Change a team; needs an admin."""
    found = service.read_team(work.tx, team)
    return show(service.update_team(work.tx, found, name=body.name, title=body.title, version=work.if_match()))


@router.writes("DELETE", "/teams/{team}", errors=(TeamUnknown, Changed))
def delete_team(work: Write, team: IdOrName) -> None:
    """Delete a team; its workspaces and members stay. Needs an admin."""
    service.delete_team(work.tx, service.read_team(work.tx, team), version=work.if_match())
