"""Workspaces: one mocked API each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.actor import Role, WorkspaceUnknown
from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.environments import NewEnvironment, Workspace, WorkspaceCreated, WorkspaceExists
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.rules.config import check_config
from mockops.workspaces.rules.editing import check_latest, differing, given, told
from mockops.workspaces.rules.names import check_name, is_id
from mockops.workspaces.service.changes import announce_change, ignore_change
from mockops.workspaces.service.organizations import read_own
from mockops.workspaces.service.teams import read_team
from mockops.workspaces.store import environments as environment_rows
from mockops.workspaces.store import versions as version_rows
from mockops.workspaces.store import workspaces as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.core.actor import Caller
    from mockops.core.json import JsonObject
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.service.changes import OnConfig


def find_workspace(tx: ReadTx, caller: Caller, id_or_name: str) -> Workspace:
    """Return a workspace that the caller may know of.

    Raises:
        WorkspaceUnknown: There is none, or it is another organization's, or out of the caller's reach: the same words.

    """
    is_given_id = is_id(id_or_name)
    found = store.find_by_id(tx, id_or_name) if is_given_id else store.find_by_name(tx, caller.org_id, id_or_name)
    is_own = found is not None and (found.org_id == caller.org_id or caller.kind == "system")
    if found is None or not is_own or not caller.sees(found.id):
        raise WorkspaceUnknown("There is no such workspace.")
    return found


def read_workspace(tx: ReadTx, workspace_id: str) -> Workspace:
    """Return a workspace of any organization by its id, on nobody's behalf.

    Raises:
        WorkspaceUnknown: There is none.

    """
    found = store.find_by_id(tx, workspace_id)
    if found is None:
        raise WorkspaceUnknown("There is no such workspace.")
    return found


def find_named(tx: ReadTx, org_id: str, name: str) -> Workspace | None:
    """Return an organization's workspace of a name."""
    return store.find_by_name(tx, org_id, name)


def read_all_workspaces(tx: ReadTx, org_id: str) -> list[Workspace]:
    """Return every workspace of an organization, by name."""
    return store.read_all(tx, org_id)


def list_workspaces(
    tx: ReadTx,
    *,
    q: str = "",
    name: str = "",
    team: str = "",
    labels: Sequence[tuple[str, str]] = (),
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Workspace]:
    """Return a page of the workspaces that the caller may know of, by name.

    Args:
        tx: The transaction.
        q: Only those with this in name or title.
        name: Only those of this name; `*` and `?` as in file names.
        team: Only this team's, by id or name.
        labels: Only those with all of these labels; the value `*` is any.
        cursor: Of the page before.
        limit: At most so many.

    Raises:
        TeamUnknown: There is no such team.

    """
    caller = tx.caller
    return store.read_workspaces(
        tx,
        caller.org_id,
        ids=None if caller.workspaces is None else sorted(caller.workspaces),
        q=q,
        name=name,
        team_id=read_team(tx, team).id if team else "",
        labels=labels,
        cursor=cursor,
        limit=limit,
    )


def create_workspace(
    tx: Tx,
    *,
    name: str,
    title: str = "",
    description: str = "",
    team: str = "",
    settings: JsonObject | None = None,
    labels: Mapping[str, str] | None = None,
    environments: Sequence[NewEnvironment] | None = None,
    on_config: OnConfig = ignore_change,
) -> Workspace:
    """Create a workspace with its environments, in the caller's organization; editors may.

    Args:
        tx: The transaction.
        name: A host name's label.
        title: For people.
        description: For people.
        team: Id or name of the team that owns it; empty: none.
        settings: By the names of `Settings`.
        labels: To filter by.
        environments: In the order of promotion; None: the organization's list.
        on_config: Called when all of it is there, to make the first version of its config.

    Raises:
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: Something else is wrong; every problem is named.
        WorkspaceExists: The organization has one of that name.
        TeamUnknown: There is no such team.

    """
    caller = tx.caller
    caller.require(Role.EDITOR)
    check_name(name, what="workspace")
    check_config(settings=settings, labels=labels, environments=environments)
    _refuse_taken(tx, name)
    owner = read_team(tx, team) if team else None
    row: JsonObject = {
        "id": new_id(),
        "org_id": caller.org_id,
        "team_id": owner.id if owner else None,
        "name": name,
        "title": title,
        "description": description,
        "settings": settings or {},
        "labels": dict(labels or {}),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    workspace = Workspace(**row, team=owner.name if owner else "")
    if environments is None:
        environments = [NewEnvironment(name=each) for each in read_own(tx).environments]
    store.insert_workspace(tx, row)
    ids = _insert_environments(tx, workspace, environments)
    names = tuple(each.name for each in environments)
    event = WorkspaceCreated(workspace_id=workspace.id, name=name, title=title, team=workspace.team, environments=names)
    tx.announce(event, org_id=workspace.org_id, workspace_id=workspace.id, workspace=name)
    after = {**told(workspace), "environments": list(names)}
    tx.audit("workspace.created", "workspace", workspace.id, workspace_id=workspace.id, after=after)
    tx.touch(*ids)
    on_config(tx, workspace)
    return workspace


def _insert_environments(tx: Tx, workspace: Workspace, environments: Sequence[NewEnvironment]) -> list[str]:
    rows: list[JsonObject] = [
        {
            "id": new_id(),
            "workspace_id": workspace.id,
            "name": each.name,
            "position": position,
            "settings": each.settings,
            "version": 1,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for position, each in enumerate(environments)
    ]
    environment_rows.insert_environments(tx, rows)
    return [row["id"] for row in rows]


def _refuse_taken(tx: ReadTx, name: str) -> None:
    if store.find_by_name(tx, tx.caller.org_id, name) is not None:
        message = f"The organization has a workspace {name!r} already."
        raise WorkspaceExists(message)


def update_workspace(
    tx: Tx,
    workspace: Workspace,
    *,
    name: str | None = None,
    title: str | None = None,
    description: str | None = None,
    team: str | None = None,
    settings: JsonObject | None = None,
    labels: Mapping[str, str] | None = None,
    version: int | None = None,
    on_config: OnConfig = ignore_change,
) -> Workspace:
    """Change a workspace; what is None stays, what is given is replaced as a whole. Its editors may.

    Args:
        tx: The transaction.
        workspace: As it was found.
        name: The id stays: pins, history and links hold on.
        title: For people.
        description: For people.
        team: Id or name; empty: none.
        settings: By the names of `Settings`.
        labels: To filter by.
        version: The version that was read; None: whatever there is.
        on_config: Called when the settings have changed, to make the next version of its config.

    Raises:
        Changed: `version` is not the latest.
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: Something else is wrong; every problem is named.
        WorkspaceExists: The organization has another one of that name.
        TeamUnknown: There is no such team.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    check_latest(workspace.version, version)
    check_config(settings=settings, labels=labels)
    if name is not None and name != workspace.name:
        _refuse_taken(tx, check_name(name, what="workspace"))
    values = given(name=name, title=title, description=description, settings=settings, labels=labels)
    after = replace(workspace, **values)
    if team is not None:
        owner = read_team(tx, team) if team else None
        values["team_id"] = owner.id if owner else None
        after = replace(after, team_id=values["team_id"], team=owner.name if owner else "")
    if after == workspace:
        return workspace
    if not store.update_workspace(tx, workspace.id, values, version=workspace.version):
        raise Changed("Somebody changed the workspace meanwhile; read it again.")
    after = replace(after, version=workspace.version + 1, updated_at=tx.now)
    old, new = differing(workspace, after)
    tx.audit("workspace.updated", "workspace", workspace.id, workspace_id=workspace.id, before=old, after=new)
    _tell(tx, workspace, after, on_config)
    return after


def _tell(tx: Tx, before: Workspace, after: Workspace, on_config: OnConfig) -> None:
    """Announce what gateways and others must hear of."""
    if after.name != before.name:
        announce_change(tx, after, "name", name=before.name)
    if after.settings != before.settings:
        announce_change(tx, after, "settings")
        on_config(tx, after)
    if after.name != before.name or after.settings != before.settings:
        tx.touch(*(each.id for each in environment_rows.read_environments(tx, after.id)))


def delete_workspace(tx: Tx, workspace: Workspace, *, version: int | None = None) -> None:
    """Delete a workspace with all that is in it, everywhere; its approvers may, for it is live in every environment.

    Raises:
        Changed: `version` is not the latest.

    """
    tx.caller.require(Role.APPROVER, workspace.id)
    check_latest(workspace.version, version)
    tx.remove_targets(*(each.id for each in environment_rows.read_environments(tx, workspace.id)))
    announce_change(tx, workspace, "workspace", name=workspace.name, action="deleted")
    tx.audit("workspace.deleted", "workspace", workspace.id, workspace_id=workspace.id, before=told(workspace))
    store.delete_workspace(tx, workspace.id)
    version_rows.delete_of_workspace(tx, workspace.org_id, workspace.id)


def find_missing_names(tx: ReadTx, org_id: str, names: Sequence[str]) -> list[str]:
    """Return those names, in their order, of which an organization has no workspace."""
    known = store.find_names(tx, org_id, names)
    return [name for name in names if name not in known]
