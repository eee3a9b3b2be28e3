"""What a project's files shall say once the server's edits are in them, without losing the files' own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from mockops.workspaces.model.projects import ContractItem, EnvironmentState, ProjectState
from mockops.workspaces.rules.entries import environments_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.workspaces.model.projects import Change, Item, Kind, Plan, WorkspaceState
    from mockops.workspaces.rules.entries import Name


def pulled(
    files: ProjectState, server: ProjectState, made: Plan, *, prune: bool = False, everything: bool = False
) -> ProjectState:
    """Return what the files shall say.

    What only the files changed since they were last applied stays as they say; what only the server changed is taken
    from it; what both changed is merged as the plan did. What only the server has is added.

    Args:
        files: What the files say now.
        server: What the server has.
        made: The plan of applying the files, without conflicts.
        prune: Whether what the server does not have goes from the files, too, were it never applied.
        everything: Whether workspaces and personas that the files never had are added.

    """
    changes: dict[Name, Change] = {(each.kind, each.workspace, each.key): each for each in made.changes}
    pull = _Pull(changes, prune=prune)
    theirs = {workspace.name: workspace for workspace in server.workspaces}
    workspaces = [
        pull.workspace(each, theirs[each.name]) if each.name in theirs else each
        for each in files.workspaces
        if each.name in theirs or not prune
    ]
    known = {each.name for each in files.workspaces}
    added = [each for each in server.workspaces if everything and each.name not in known]
    personas = pull.items("persona", "", files.personas, server.personas, add=everything)
    return replace(files, workspaces=(*workspaces, *added), personas=personas)


@dataclass(frozen=True, slots=True)
class _Pull:
    changes: Mapping[Name, Change]
    prune: bool

    def _taken(self, kind: Kind, workspace: str, key: str) -> Change | None:
        """Return the change whose outcome the files shall have; None: they have it."""
        change = self.changes.get((kind, workspace, key))
        if change is None or change.action not in ("kept", "merged") or change.document is UNSET:
            return None
        return change

    def workspace(self, mine: WorkspaceState, theirs: WorkspaceState) -> WorkspaceState:
        name = mine.name
        own = self._taken("workspace", name, name)
        if own is not None and own.document is not UNSET:
            members = {each: own.document[each] for each in ("title", "description", "team", "settings")}
            mine = replace(mine, **members)
        return replace(
            mine,
            environments=self._environments(mine, theirs, own),
            contract=self._contract(mine, theirs),
            stubs=self.items("stub", name, mine.stubs, theirs.stubs, add=True),
            scenarios=self.items("scenario", name, mine.scenarios, theirs.scenarios, add=True),
        )

    def _environments(
        self, mine: WorkspaceState, theirs: WorkspaceState, own: Change | None
    ) -> tuple[EnvironmentState, ...]:
        known = {each.name: each for each in (*environments_of(theirs), *environments_of(mine))}
        names = [each.name for each in environments_of(mine)]
        if own is not None and own.document is not UNSET:
            names = own.document["environments"]
        found = []
        for name in names:
            taken = self._taken("environment", mine.name, name)
            settings = known[name].settings if name in known else {}
            if taken is not None and taken.document is not UNSET:
                settings = taken.document["settings"]
            found.append(EnvironmentState(name=name, settings=settings))
        return mine.environments if tuple(found) == environments_of(mine) else tuple(found)

    def _contract(self, mine: WorkspaceState, theirs: WorkspaceState) -> ContractItem | None:
        taken = self._taken("contract", mine.name, "")
        if taken is not None and taken.document is not UNSET and mine.contract is not None:
            return ContractItem(**taken.document, path=mine.contract.path)
        if mine.contract is None:
            return theirs.contract
        return None if theirs.contract is None and self.prune else mine.contract

    def items(
        self, kind: Kind, workspace: str, mine: Sequence[Item], theirs: Sequence[Item], *, add: bool
    ) -> tuple[Item, ...]:
        there = {item.key for item in theirs}
        known = {item.key for item in mine}
        kept = [self._item(kind, workspace, item) for item in mine if item.key in there or not self.prune]
        return (*kept, *(item for item in theirs if item.key not in known and (add or self._is_ours(kind, item.key))))

    def _is_ours(self, kind: Kind, key: str) -> bool:
        """Say whether the project had a persona once that its files have no more."""
        return (kind, "", key) in self.changes

    def _item(self, kind: Kind, workspace: str, item: Item) -> Item:
        taken = self._taken(kind, workspace, item.key)
        if taken is None or taken.document is UNSET:
            return item
        return replace(item, document=taken.document, files=taken.files)
