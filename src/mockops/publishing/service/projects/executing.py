"""Carrying out a plan, workspace by workspace, each with one new version of its config at most."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.contracts.service.current import find_current, set_contract, unset_contract
from mockops.core.actor import Role
from mockops.mocking.model.saved import ItemWrite
from mockops.mocking.service.configs import cut_config_version
from mockops.mocking.service.personas import save_personas
from mockops.mocking.service.scenarios import save_scenarios
from mockops.mocking.service.stubs import save_stubs
from mockops.workspaces.model.environments import NewEnvironment
from mockops.workspaces.model.organizations import TeamUnknown
from mockops.workspaces.model.projects import EFFECTS, ProjectInvalid
from mockops.workspaces.service import environments as environment_service
from mockops.workspaces.service import teams as team_service
from mockops.workspaces.service import workspaces as workspace_service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import Tx
    from mockops.workspaces.model.environments import Workspace
    from mockops.workspaces.model.projects import Change, Kind, Plan, ProjectState, WorkspaceState


@dataclass(slots=True)
class _Work:
    """What happens to one workspace."""

    workspace: Change | None = None
    environments: list[Change] = field(default_factory=list)
    contract: Change | None = None
    stubs: list[Change] = field(default_factory=list)
    scenarios: list[Change] = field(default_factory=list)


class Executor:
    """Executes plans of one project within one transaction."""

    def __init__(self, tx: Tx, project: ProjectState) -> None:
        """Prepare.

        Args:
            tx: The transaction.
            project: What the files say: the order of stubs and where contracts come from.

        """
        self._tx = tx
        self._states = {each.name: each for each in project.workspaces}

    def execute(self, plan: Plan) -> None:
        """Do what the plan says.

        Raises:
            Invalid: Something cannot be used; all of one kind and workspace is named.
            NotAllowed: The caller may not.

        """
        personas: list[Change] = []
        works: dict[str, _Work] = defaultdict(_Work)
        for change in plan.changes:
            if change.kind == "persona":
                personas.append(change)
            else:
                _file(works[change.workspace or change.key], change)
        self._apply_personas(personas)
        for name, work in works.items():
            self._apply_workspace(name, work)

    def _apply_personas(self, changes: list[Change]) -> None:
        writes, deletes = _writes(changes), _deletes(changes)
        if writes or deletes:
            save_personas(self._tx, writes=writes, deletes=deletes)

    def _apply_workspace(self, name: str, work: _Work) -> None:
        tx, change = self._tx, work.workspace
        if change is not None and change.action == "delete":
            workspace_service.delete_workspace(tx, workspace_service.find_workspace(tx, tx.caller, name))
            return
        if change is not None and change.action == "create":
            workspace, is_new = self._create(name, change, work.environments), True
        else:
            workspace, is_new = workspace_service.find_workspace(tx, tx.caller, name), False
        has_new_settings = is_new
        if change is not None and not is_new and change.action in EFFECTS:
            workspace, has_new_settings = self._update(workspace, change)
        if not is_new:
            self._apply_environments(workspace, work.environments, change)
        self._apply_contract(workspace, work.contract)
        writes, deletes = _writes(work.stubs), _deletes(work.stubs)
        order = _new_order(work, self._states.get(name))
        has_new_stubs = False
        if writes or deletes or order:
            has_new_stubs = save_stubs(
                tx, workspace, writes=writes, deletes=deletes, order=order, is_cut=False
            ).is_change
        if has_new_settings or has_new_stubs:
            cut_config_version(tx, workspace)
        writes, deletes = _writes(work.scenarios), _deletes(work.scenarios)
        if writes or deletes:
            save_scenarios(tx, workspace, writes=writes, deletes=deletes)

    def _create(self, name: str, change: Change, environments: Iterable[Change]) -> Workspace:
        document = _document(change)
        settings = {each.key: _document(each)["settings"] for each in environments if each.action != "delete"}
        return workspace_service.create_workspace(
            self._tx,
            name=name,
            title=document["title"],
            description=document["description"],
            team=self._team(document["team"]),
            settings=document["settings"],
            environments=[
                NewEnvironment(name=each, settings=settings.get(each, {})) for each in document["environments"]
            ],
        )

    def _update(self, workspace: Workspace, change: Change) -> tuple[Workspace, bool]:
        """Return the workspace as it is then, and whether its settings are others."""
        document = _document(change)
        after = workspace_service.update_workspace(
            self._tx,
            workspace,
            title=document["title"],
            description=document["description"],
            team=self._team(document["team"]),
            settings=document["settings"],
        )
        return after, after.settings != workspace.settings

    def _team(self, name: str) -> str:
        """Return a team's name; one that does not exist is created by those who may."""
        if name:
            try:
                team_service.read_team(self._tx, name)
            except TeamUnknown as error:
                if not self._tx.caller.may(Role.ADMIN):
                    message = f"There is no team {name!r}; an admin can create it, or leave `team` out."
                    raise ProjectInvalid(message) from error
                team_service.create_team(self._tx, name=name)
        return name

    def _apply_environments(self, workspace: Workspace, changes: Iterable[Change], change: Change | None) -> None:
        tx = self._tx
        for each in changes:
            if each.action == "create":
                settings = _document(each)["settings"]
                environment_service.create_environment(tx, workspace, name=each.key, settings=settings)
            elif each.action == "delete":
                found = environment_service.read_environment(tx, workspace, each.key)
                environment_service.delete_environment(tx, workspace, found)
            elif each.action in EFFECTS:
                found = environment_service.read_environment(tx, workspace, each.key)
                environment_service.update_environment(tx, workspace, found, settings=_document(each)["settings"])
        if change is not None and change.action in EFFECTS:
            self._order_environments(workspace, _document(change)["environments"])

    def _order_environments(self, workspace: Workspace, wanted: list[str]) -> None:
        tx = self._tx
        for position, name in enumerate(wanted):
            current = environment_service.list_environments(tx, workspace.id)
            if position < len(current) and current[position].name != name:
                found = next((each for each in current if each.name == name), None)
                if found is not None:
                    environment_service.update_environment(tx, workspace, found, position=position)

    def _apply_contract(self, workspace: Workspace, change: Change | None) -> None:
        if change is None:
            return
        if change.action == "delete":
            if find_current(self._tx, workspace.id) is not None:
                unset_contract(self._tx, workspace)
        elif change.action in EFFECTS:
            state = self._states[workspace.name].contract
            base = state.digest if state is not None else None
            digest = _document(change)["digest"]
            set_contract(self._tx, workspace, digest, base_digest=base, path=change.path)


def _file(work: _Work, change: Change) -> None:
    if change.kind == "workspace":
        work.workspace = change
    elif change.kind == "contract":
        work.contract = change
    else:
        lists: dict[Kind, list[Change]] = {
            "environment": work.environments,
            "stub": work.stubs,
            "scenario": work.scenarios,
        }
        lists[change.kind].append(change)


def _writes(changes: Iterable[Change]) -> list[ItemWrite]:
    """Return what is to be saved."""
    return [
        ItemWrite(
            key=each.key,
            document=_document(each),
            files=each.files,
            path=each.path,
            base_digest=each.base_digest,
        )
        for each in changes
        if each.action in EFFECTS and each.action != "delete"
    ]


def _deletes(changes: Iterable[Change]) -> list[str]:
    """Return the keys of what is to go."""
    return [each.key for each in changes if each.action == "delete"]


def _new_order(work: _Work, state: WorkspaceState | None) -> list[str]:
    """Return the keys of the stubs in the files' order, if the server has another or gets new ones."""
    if state is None:
        return []
    fields = work.workspace.fields if work.workspace is not None else ()
    is_new = any(each.action == "create" for each in work.stubs)
    return [stub.key for stub in state.stubs] if is_new or any(each.pointer == "/stubs" for each in fields) else []


def _document(change: Change) -> JsonObject:
    assert isinstance(change.document, dict)  # noqa: S101 (the plan gives one to everything that stays)
    return change.document
