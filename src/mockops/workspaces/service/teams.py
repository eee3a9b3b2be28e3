"""Teams: who owns which workspaces."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.organizations import Changed, Team, TeamExists, TeamUnknown
from mockops.workspaces.rules.editing import check_latest, differing, given, told
from mockops.workspaces.rules.names import check_name, is_id
from mockops.workspaces.store import teams as store

if TYPE_CHECKING:
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx


def read_team(tx: ReadTx, id_or_name: str) -> Team:
    """Return a team of the caller's organization.

    Raises:
        TeamUnknown: There is none, or it is another organization's.

    """
    find = store.find_by_id if is_id(id_or_name) else store.find_by_name
    found = find(tx, tx.caller.org_id, id_or_name)
    if found is None:
        message = f"The organization has no team {id_or_name[:60]!r}."
        raise TeamUnknown(message)
    return found


def read_team_names(tx: ReadTx) -> dict[str, str]:
    """Return the names of the teams of the caller's organization, by id."""
    return store.read_names(tx, tx.caller.org_id)


def list_teams(tx: ReadTx, *, q: str = "", cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[Team]:
    """Return a page of the teams of the caller's organization, by name; `q` stands in name or title."""
    return store.read_teams(tx, tx.caller.org_id, q=q, cursor=cursor, limit=limit)


def create_team(tx: Tx, *, name: str, title: str = "") -> Team:
    """Create a team; admins may.

    Raises:
        NameInvalid: The name is no label of a host name.
        TeamExists: The organization has one of that name.

    """
    tx.caller.require(Role.ADMIN)
    check_name(name, what="team")
    _refuse_taken(tx, name)
    team = Team(
        id=new_id(),
        org_id=tx.caller.org_id,
        name=name,
        title=title,
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    store.insert_team(tx, asdict(team))
    tx.audit("team.created", "team", team.id, after=told(team))
    return team


def update_team(
    tx: Tx, team: Team, *, name: str | None = None, title: str | None = None, version: int | None = None
) -> Team:
    """Change a team; what is None stays. Admins may.

    Raises:
        Changed: `version` is not the latest.
        NameInvalid: The name is no label of a host name.
        TeamExists: The organization has another one of that name.

    """
    tx.caller.require(Role.ADMIN)
    check_latest(team.version, version)
    if name is not None and name != team.name:
        _refuse_taken(tx, check_name(name, what="team"))
    values = given(name=name, title=title)
    after = replace(team, **values)
    if after == team:
        return team
    if not store.update_team(tx, team.id, values, version=team.version):
        raise Changed("Somebody changed the team meanwhile; read it again.")
    after = replace(after, version=team.version + 1, updated_at=tx.now)
    old, new = differing(team, after)
    tx.audit("team.updated", "team", team.id, before=old, after=new)
    return after


def delete_team(tx: Tx, team: Team, *, version: int | None = None) -> None:
    """Delete a team; its workspaces and members stay, without it. Admins may.

    Raises:
        Changed: `version` is not the latest.

    """
    tx.caller.require(Role.ADMIN)
    check_latest(team.version, version)
    store.delete_team(tx, team.id)
    tx.audit("team.deleted", "team", team.id, before=told(team))


def _refuse_taken(tx: Tx, name: str) -> None:
    if store.find_by_name(tx, tx.caller.org_id, name) is not None:
        message = f"The organization has a team {name!r} already."
        raise TeamExists(message)
