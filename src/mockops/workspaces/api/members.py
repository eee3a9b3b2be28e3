"""`/members`: people of the organization."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from mockops.core.actor import Role
from mockops.core.diagnostics import Diagnostic
from mockops.infra.db.transactions import ReadTx
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.bulk import BulkBody, BulkItem, BulkShown, run_bulk
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import Address, Email, Filter, Moniker, Search, Title
from mockops.workspaces.model.access import LastAdmin, Member, MemberExists, MemberInvalid, MemberUnknown
from mockops.workspaces.model.organizations import Changed, TeamUnknown
from mockops.workspaces.service import members as service
from mockops.workspaces.service.teams import read_team_names

router = Router("workspaces", tag="members")

Teams = Annotated[list[Moniker], Field(max_length=100, description="Ids or names.")]


class MemberShown(Shown):
    """A member."""

    id: str
    email: str
    name: str
    role: Role = Field(description="In the organization; a workspace may have another one.")
    teams: tuple[str, ...] = Field(description="Names.")
    has_logged_in: bool
    version: int
    created_at: datetime
    updated_at: datetime


class NewMember(Body):
    """A member to be."""

    email: Email
    name: Title = ""
    role: Role = Role.VIEWER
    teams: Teams = Field(default_factory=list)


class MemberChanges(Body):
    """What is left out, or null, stays."""

    email: Email | None = None
    name: Title | None = None
    role: Role | None = None
    teams: Teams | None = None


def shower(tx: ReadTx) -> Callable[[Member], MemberShown]:
    """Return what shows members; the names of teams are read once."""
    names = read_team_names(tx)
    return lambda member: _show(member, names)


def _show(member: Member, names: Mapping[str, str]) -> MemberShown:
    return MemberShown.model_construct(
        id=member.id,
        email=member.email,
        name=member.name,
        role=member.role,
        teams=tuple(sorted(names[each] for each in member.teams if each in names)),
        has_logged_in=bool(member.subject),
        version=member.version,
        created_at=member.created_at,
        updated_at=member.updated_at,
    )


@router.reads("GET", "/members", errors=(TeamUnknown,))
def list_members(
    work: Read,
    q: Search = "",
    role: Annotated[Role | None, Query(description="Only those with this role in the organization.")] = None,
    team: Filter = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[MemberShown]:
    """List the organization's members, by email address."""
    page = service.list_members(work.tx, q=q, role=role, team=team, cursor=cursor, limit=limit)
    return Listed.of(page, shower(work.tx))


@router.writes("POST", "/members", errors=(MemberInvalid, MemberExists, TeamUnknown))
def create_member(work: Write, body: NewMember) -> Created[MemberShown]:
    """Add a member; needs an admin."""
    member = service.create_member(work.tx, email=body.email, name=body.name, role=body.role, teams=body.teams)
    return Created(shower(work.tx)(member), f"/members/{member.id}")


@router.writes("POST", "/members/bulk")
def change_members(work: Write, body: BulkBody[MemberChanges]) -> BulkShown:
    """Add, change and remove many members; each is done or refused by itself. Needs an admin."""
    work.caller.require(Role.ADMIN)
    return run_bulk(work.tx, body.items, lambda item: _perform(work, item))


def _perform(work: Write, item: BulkItem[MemberChanges]) -> str:
    if item.action == "delete":
        member = service.read_member(work.tx, item.id)
        service.delete_member(work.tx, member, version=item.version)
        return member.id
    changes = (item.document or MemberChanges()).model_dump(exclude_none=True)
    if item.action == "update":
        member = service.read_member(work.tx, item.id)
        return service.update_member(work.tx, member, **changes, version=item.version).id
    if "email" not in changes:
        message = "A new member needs an email address."
        fault = Diagnostic(code=MemberInvalid.code, message=message, source="", pointer="/document/email")
        raise MemberInvalid(message, [fault])
    return service.create_member(work.tx, **changes).id


@router.reads("GET", "/members/{member}", errors=(MemberUnknown,))
def get_member(work: Read, member: Address) -> MemberShown:
    """Return a member."""
    return shower(work.tx)(service.read_member(work.tx, member))


@router.writes(
    "PATCH",
    "/members/{member}",
    errors=(MemberUnknown, MemberInvalid, MemberExists, TeamUnknown, LastAdmin, Changed),
)
def update_member(work: Write, member: Address, body: MemberChanges) -> MemberShown:
    """Change a member; needs an admin."""
    found = service.read_member(work.tx, member)
    changes = body.model_dump(exclude_none=True)
    return shower(work.tx)(service.update_member(work.tx, found, **changes, version=work.if_match()))


@router.writes("DELETE", "/members/{member}", errors=(MemberUnknown, LastAdmin, Changed))
def delete_member(work: Write, member: Address) -> None:
    """Remove a member, and revoke the API tokens that the member made; needs an admin."""
    service.delete_member(work.tx, service.read_member(work.tx, member), version=work.if_match())
