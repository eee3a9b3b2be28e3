"""A project's state as flat entries, which a plan compares one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from mockops.workspaces.model.projects import DEFAULT_ENVIRONMENTS, EnvironmentState, Kind
from mockops.workspaces.rules.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import JsonObject
    from mockops.workspaces.model.projects import Item, ProjectState, WorkspaceState

Name = tuple[Kind, str, str]
"""Kind, workspace (empty for personas) and key of an item, as in `Change`."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An item of any kind, by content; of two with one digest, each stands for the other."""

    document: JsonObject
    files: dict[str, str] = field(default_factory=dict)
    path: str = ""

    @cached_property
    def digest(self) -> str:
        """Of document and files."""
        return digest_of(self.document, self.files)


def entries_of(state: ProjectState) -> dict[Name, Entry]:
    """Return the items of a project by name, in the order in which they can be created."""
    return dict(_entries(state))


def _entries(state: ProjectState) -> Iterator[tuple[Name, Entry]]:
    for persona in state.personas:
        yield ("persona", "", persona.key), _of_item(persona)
    for workspace in state.workspaces:
        yield from _of_workspace(workspace)


def _of_workspace(workspace: WorkspaceState) -> Iterator[tuple[Name, Entry]]:
    name = workspace.name
    environments = environments_of(workspace)
    document = {
        "title": workspace.title,
        "description": workspace.description,
        "team": workspace.team,
        "settings": workspace.settings,
        "environments": [each.name for each in environments],
    }
    yield ("workspace", name, name), Entry(document=document)
    for environment in environments:
        yield ("environment", name, environment.name), Entry(document={"settings": environment.settings})
    if workspace.contract is not None:
        contract = workspace.contract
        named = msgspec.structs.asdict(contract)
        yield ("contract", name, ""), Entry(document=named, path=named.pop("path"))
    for stub in workspace.stubs:
        yield ("stub", name, stub.key), _of_item(stub)
    for scenario in workspace.scenarios:
        yield ("scenario", name, scenario.key), _of_item(scenario)


def environments_of(workspace: WorkspaceState) -> tuple[EnvironmentState, ...]:
    """Return a workspace's environments, the default ones if it names none."""
    return workspace.environments or tuple(EnvironmentState(name=name) for name in DEFAULT_ENVIRONMENTS)


def _of_item(item: Item) -> Entry:
    return Entry(document=item.document, files=item.files, path=item.path)
