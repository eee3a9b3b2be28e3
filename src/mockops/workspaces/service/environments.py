"""Environments of a workspace: where versions are live."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.core.ids import new_id
from mockops.workspaces.model.environments import (
    Environment,
    EnvironmentExists,
    EnvironmentNeeded,
    EnvironmentUnknown,
    NewEnvironment,
)
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.rules.config import check_config
from mockops.workspaces.rules.editing import check_latest, differing, given, told
from mockops.workspaces.rules.names import check_name, is_id
from mockops.workspaces.rules.pins import needed_role
from mockops.workspaces.service.changes import announce_change
from mockops.workspaces.store import environments as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Workspace


def first_environment(tx: ReadTx, workspace_id: str) -> Environment:
    """Return the environment where editors work: what is saved or published is live there at once.

    Raises:
        EnvironmentUnknown: There is no such workspace, for each has one.

    """
    found = store.find_first(tx, workspace_id)
    if found is None:
        raise EnvironmentUnknown("The workspace has no environment.")
    return found


def list_environments(tx: ReadTx, workspace_id: str) -> list[Environment]:
    """Return a workspace's environments, in the order of promotion."""
    return store.read_environments(tx, workspace_id)


def read_environments_of(tx: ReadTx, workspace_ids: Sequence[str]) -> dict[str, list[Environment]]:
    """Return the environments of several workspaces, each in the order of promotion, by the workspace's id."""
    found: dict[str, list[Environment]] = {each: [] for each in workspace_ids}
    for environment in store.read_environments_of(tx, workspace_ids):
        found[environment.workspace_id].append(environment)
    return found


def find_environment(tx: ReadTx, environment_id: str) -> Environment | None:
    """Return an environment of any organization by its id, on nobody's behalf."""
    return store.find_by_id(tx, environment_id)


def read_environment(tx: ReadTx, workspace: Workspace, id_or_name: str) -> Environment:
    """Return an environment of a workspace.

    Raises:
        EnvironmentUnknown: The workspace has none of that id or name; the message lists those it has.

    """
    found = store.find_by_id(tx, id_or_name) if is_id(id_or_name) else store.find_in(tx, workspace.id, id_or_name)
    if found is None or found.workspace_id != workspace.id:
        names = ", ".join(each.name for each in store.read_environments(tx, workspace.id))
        message = f"The workspace {workspace.name!r} has no environment {id_or_name[:60]!r}; it has {names}."
        raise EnvironmentUnknown(message)
    return found


def create_environment(
    tx: Tx,
    workspace: Workspace,
    *,
    name: str,
    settings: JsonObject | None = None,
    position: int | None = None,
) -> Environment:
    """Add an environment to a workspace; its approvers may.

    Args:
        tx: The transaction.
        workspace: As it was found.
        name: A host name's label.
        settings: Laid over the workspace's.
        position: In the order of promotion, from 0; None: the last.

    Raises:
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: A setting is wrong; every problem is named.
        EnvironmentExists: The workspace has one of that name.

    """
    tx.caller.require(Role.APPROVER, workspace.id)
    check_name(name, what="environment")
    check_config(settings=settings)
    others = store.read_environments(tx, workspace.id)
    _refuse_taken(others, workspace, name)
    check_config(environments=[NewEnvironment(name=each.name) for each in others] + [NewEnvironment(name=name)])
    environment = Environment(
        id=new_id(),
        workspace_id=workspace.id,
        name=name,
        position=max((each.position for each in others), default=-1) + 1,
        settings=settings or {},
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    store.insert_environments(tx, [asdict(environment)])
    _audit(tx, "environment.created", environment, after=told(environment))
    announce_change(tx, workspace, "environment", environment=name, name=name, action="created")
    tx.touch(environment.id)
    if position is not None:
        environment = _move(tx, [*others, environment], environment, position)
    return environment


def update_environment(
    tx: Tx,
    workspace: Workspace,
    environment: Environment,
    *,
    name: str | None = None,
    settings: JsonObject | None = None,
    position: int | None = None,
    version: int | None = None,
) -> Environment:
    """Change an environment; what is None stays, settings are replaced as a whole.

    Editors may set those of the first environment, approvers those of later ones, and names and the order.

    Raises:
        Changed: `version` is not the latest.
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: A setting is wrong; every problem is named.
        EnvironmentExists: The workspace has another one of that name.

    """
    all_of_them = store.read_environments(tx, workspace.id)
    place = [each.id for each in all_of_them].index(environment.id)
    is_reshaping = name not in (None, environment.name) or position not in (None, place)
    tx.caller.require(Role.APPROVER if is_reshaping else needed_role(place), workspace.id)
    check_latest(environment.version, version)
    check_config(settings=settings)
    if name is not None and name != environment.name:
        _refuse_taken(all_of_them, workspace, check_name(name, what="environment"))
    values = given(name=name, settings=settings)
    after = replace(environment, **values)
    if after != environment:
        if not store.update_environment(tx, environment.id, values, version=environment.version):
            raise Changed("Somebody changed the environment meanwhile; read it again.")
        after = replace(after, version=environment.version + 1, updated_at=tx.now)
        old, new = differing(environment, after)
        _audit(tx, "environment.updated", after, before=old, after=new)
        announce_change(tx, workspace, "environment", environment=after.name, name=after.name)
        tx.touch(environment.id)
    if position not in (None, place):
        after = _move(tx, [after if each.id == after.id else each for each in all_of_them], after, position or 0)
        announce_change(tx, workspace, "environments")
    return after


def delete_environment(tx: Tx, workspace: Workspace, environment: Environment, *, version: int | None = None) -> None:
    """Remove an environment and what is pinned in it; the workspace's approvers may.

    Raises:
        Changed: `version` is not the latest.
        EnvironmentNeeded: It is the only one.

    """
    tx.caller.require(Role.APPROVER, workspace.id)
    check_latest(environment.version, version)
    others = [each for each in store.read_environments(tx, workspace.id) if each.id != environment.id]
    if not others:
        message = f"{environment.name!r} is the only environment of {workspace.name!r}; a workspace keeps one."
        raise EnvironmentNeeded(message)
    store.delete_environment(tx, environment.id)
    _audit(tx, "environment.deleted", environment, before=told(environment))
    announce_change(tx, workspace, "environment", environment=environment.name, name=environment.name, action="deleted")
    tx.remove_targets(environment.id)
    if others[0].position > environment.position:
        tx.touch(others[0].id)  # it is the first now: bare names mean it


def _move(tx: Tx, all_of_them: list[Environment], moved: Environment, position: int) -> Environment:
    """Give an environment its place among all, the others keeping their order; all are told to gateways."""
    order = [each for each in all_of_them if each.id != moved.id]
    order.insert(max(0, min(position, len(order))), moved)
    for place, each in enumerate(order):
        if each.position != place:
            store.move_environment(tx, each.id, place)
    names = [each.name for each in order]
    _audit(tx, "environment.moved", moved, before=[each.name for each in all_of_them], after=names)
    tx.touch(*(each.id for each in order))
    return replace(moved, position=names.index(moved.name))


def _audit(tx: Tx, action: str, environment: Environment, *, before: object = None, after: object = None) -> None:
    workspace_id = environment.workspace_id
    tx.audit(action, "environment", environment.id, workspace_id=workspace_id, before=before, after=after)


def _refuse_taken(others: Sequence[Environment], workspace: Workspace, name: str) -> None:
    if any(each.name == name for each in others):
        message = f"The workspace {workspace.name!r} has an environment {name!r} already."
        raise EnvironmentExists(message)
