"""What a server has of a project, in the words of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.service.current import current_contracts
from mockops.core.actor import Role
from mockops.mocking.service.stubs import read_saved
from mockops.publishing.store import projects as store
from mockops.workspaces.model.projects import ContractItem, EnvironmentState, Item, ProjectState, WorkspaceState
from mockops.workspaces.service.environments import read_environments_of
from mockops.workspaces.service.workspaces import read_all_workspaces

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mockops.contracts.model import SavedContract, WorkspaceContract
    from mockops.infra.db.transactions import ReadTx
    from mockops.mocking.model.saved import SavedItem
    from mockops.workspaces.model.environments import Environment, Workspace

_AT_ONCE = 400
"""Workspaces whose content is read by one statement."""


def export_project(tx: ReadTx, *, project: str = "", workspaces: Collection[str] = ()) -> ProjectState:
    """Return what the caller may see of its organization as files would say it.

    Args:
        tx: The transaction.
        project: Only what the project of this name applied; empty: everything.
        workspaces: Only workspaces of these names; empty: all.

    Raises:
        NotAllowed: The caller is no viewer of the organization.

    """
    names = set(workspaces) or None
    personas: set[str] | None = None
    if project:
        applied = store.read_bases(tx, tx.caller.org_id, project)
        known = {key for kind, _, key in applied if kind == "workspace"}
        names = known if names is None else names & known
        personas = {key for kind, _, key in applied if kind == "persona"}
    return read_server_state(tx, names=names, personas=personas, project=project)


def read_server_state(
    tx: ReadTx, *, names: Collection[str] | None = None, personas: Collection[str] | None = None, project: str = ""
) -> ProjectState:
    """Return workspaces and personas of the caller's organization.

    Args:
        tx: The transaction.
        names: Of the workspaces; None: all.
        personas: Their names; None: all.
        project: What the state is called.

    """
    caller = tx.caller
    found = [
        each
        for each in read_all_workspaces(tx, caller.org_id)
        if (names is None or each.name in names) and caller.may(Role.VIEWER, each.id)
    ]
    contracts = current_contracts(tx, caller.org_id)
    states: list[WorkspaceState] = []
    for start in range(0, len(found), _AT_ONCE):
        states += _states(tx, found[start : start + _AT_ONCE], contracts)
    saved = read_saved(tx, "persona", [caller.org_id]).get(caller.org_id, [])
    kept = [each for each in saved if personas is None or each.key in personas]
    return ProjectState(name=project, org=caller.org, workspaces=tuple(states), personas=_items(kept))


def _states(
    tx: ReadTx, workspaces: Sequence[Workspace], contracts: Mapping[str, tuple[WorkspaceContract, SavedContract]]
) -> list[WorkspaceState]:
    ids = [each.id for each in workspaces]
    environments = read_environments_of(tx, ids)
    stubs, scenarios = read_saved(tx, "stub", ids), read_saved(tx, "scenario", ids)
    return [
        WorkspaceState(
            name=each.name,
            title=each.title,
            description=each.description,
            team=each.team,
            settings=each.settings,
            environments=_environments(environments.get(each.id, [])),
            contract=_contract(*contracts[each.id]) if each.id in contracts else None,
            stubs=_items(stubs.get(each.id, ())),
            scenarios=_items(scenarios.get(each.id, ())),
        )
        for each in workspaces
    ]


def _environments(environments: Sequence[Environment]) -> tuple[EnvironmentState, ...]:
    return tuple(EnvironmentState(name=each.name, settings=each.settings) for each in environments)


def _contract(current: WorkspaceContract, saved: SavedContract) -> ContractItem:
    return ContractItem(root=saved.root, files=dict(saved.files), digest=saved.digest, path=current.path)


def _items(saved: Sequence[SavedItem]) -> tuple[Item, ...]:
    return tuple(Item(key=each.key, document=each.document, files=each.files, path=each.path) for each in saved)
