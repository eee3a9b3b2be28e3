"""Writing a project's folder: an export into an empty one, or what changed on the server into one that is there.

Files whose meaning is unchanged are not touched, so comments and layout survive; what changed rewrites its own file
only. Paths come from a server and are taken for what they are: suggestions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.core.documents import read_document
from mockops.workspaces.model.layout import MAPPINGS_FOLDER, PROJECT_FILE, WORKSPACE_FILE
from mockops.workspaces.model.projects import ProjectInvalid, WorkspaceState
from mockops.workspaces.rules.entries import environments_of
from mockops.workspaces.rules.environments import name_fault, read_environments
from mockops.workspaces.rules.file_names import is_safe
from mockops.workspaces.rules.workspace_files import Inherited, workspace_document
from mockops.workspaces.service.folder import Folder
from mockops.workspaces.service.item_files import ItemFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mockops.workspaces.model.projects import ContractItem, ProjectState

    ReadContract = Callable[[ContractItem], Mapping[str, bytes]]

_NOT_FOR_CONTRACTS = (f"{WORKSPACE_FILE}/", "stubs/", "scenarios/", f"{MAPPINGS_FOLDER}/")
"""What of a workspace's folder would be read as something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What writing a project did."""

    written: tuple[Path, ...]
    removed: tuple[Path, ...]
    notes: tuple[str, ...]
    """What differs from the server still, and why."""


def write_state(
    state: ProjectState,
    root: Path,
    *,
    read_contract: ReadContract,
    current: ProjectState | None = None,
    folders: Mapping[str, str] | None = None,
    prune: bool = False,
    schemas: str = "",
) -> Written:
    """Write a project's files.

    Args:
        state: What they shall say.
        root: The project's folder.
        read_contract: Returns the files of a contract by name; asked only for those that are written.
        current: What the folder says now; None: it is empty or new, and everything is written.
        folders: Of each workspace in `current`, its folder's name, where that is not the workspace's.
        prune: Whether what the server does not have is removed.
        schemas: Folder, from the root, of the JSON Schemas that new files name for editors; empty: they name none.

    Raises:
        ProjectInvalid: A file would lie outside of the folder, or replace one that is not the project's.
        FolderUnwritable: A file cannot be written.

    """
    writing = _Writing(Folder(root, schemas), read_contract, folders or {}, prune=prune)
    writing.project(state)
    before = {each.name: each for each in current.workspaces} if current is not None else {}
    for workspace in state.workspaces:
        writing.workspace(workspace, before.get(workspace.name))
    if prune:
        wanted = {each.name for each in state.workspaces}
        for name, gone in before.items():
            if name not in wanted:
                writing.remove(gone)
    personas = ItemFiles(writing.folder, "personas", "persona", writing.notes)
    personas.write(state.personas, current.personas if current is not None else (), prune=prune)
    return Written(
        written=tuple(writing.folder.written), removed=tuple(writing.folder.removed), notes=tuple(writing.notes)
    )


@dataclass(slots=True)
class _Writing:
    """The work in progress."""

    folder: Folder
    read_contract: ReadContract
    folders: Mapping[str, str]
    prune: bool = field(kw_only=True)
    notes: list[str] = field(default_factory=list)
    inherited: Inherited = field(default_factory=Inherited)

    def project(self, state: ProjectState) -> None:
        """Write `mockops.yaml` unless there is one, and remember what it says for all workspaces."""
        path = self.folder.place(PROJECT_FILE)
        if not path.is_file():
            named = {"name": state.name, "org": state.org}
            document = {name: text for name, text in named.items() if text} or {"name": path.resolve().parent.name}
            self.folder.write_document(PROJECT_FILE, document, "project")
            return
        document_there = read_document(path.read_bytes(), str(path))
        data = document_there.data if isinstance(document_there.data, dict) else {}
        settings, team = data.get("settings"), data.get("team")
        self.inherited = Inherited(
            settings=settings if isinstance(settings, dict) else {},
            team=team if isinstance(team, str) else "",
            environments=read_environments(document_there)[0],
        )

    def workspace(self, wanted: WorkspaceState, current: WorkspaceState | None) -> None:
        """Write the files of a workspace."""
        home = self._home(wanted.name)
        contract = self._contract(home, wanted.contract, current.contract if current is not None else None)
        path = f"{home}/{WORKSPACE_FILE}"
        was = current.contract.path if current is not None and current.contract is not None else ""
        if current is None or _own(wanted) != _own(current) or contract != was:
            document = workspace_document(wanted, self.inherited, contract=contract)
            self.folder.write_document(path, document, "workspace")
        for kind, items, known in (
            ("stub", wanted.stubs, current.stubs if current is not None else ()),
            ("scenario", wanted.scenarios, current.scenarios if current is not None else ()),
        ):
            ItemFiles(self.folder, f"{home}/{kind}s", kind, self.notes).write(items, known, prune=self.prune)

    def remove(self, gone: WorkspaceState) -> None:
        """Remove the files of a workspace; what else lies in its folder stays."""
        home = self._home(gone.name)
        for kind, items in (("stub", gone.stubs), ("scenario", gone.scenarios)):
            ItemFiles(self.folder, f"{home}/{kind}s", kind, self.notes).write((), items, prune=True)
        if gone.contract is not None:
            self._remove_contract(home, gone.contract)
        self.folder.remove(f"{home}/{WORKSPACE_FILE}")
        left = self.folder.place(home)
        if left.is_dir():
            self.notes.append(f"{left} is gone on the server, but has files that are no part of the workspace")

    def _home(self, name: str) -> str:
        if fault := name_fault(name):
            raise ProjectInvalid(f"{name!r} cannot be the name of a workspace: {fault}")
        return f"workspaces/{self.folders.get(name, name)}"

    def _contract(self, home: str, wanted: ContractItem | None, current: ContractItem | None) -> str:
        """Write the files of a contract if it is another; return how `workspace.yaml` names it."""
        if wanted is None:
            if current is not None and self.prune:
                self._remove_contract(home, current)
            return current.path if current is not None and not self.prune else ""
        if current is not None and current.digest == wanted.digest:
            return current.path
        if current is not None and not is_safe(current.path):
            self.notes.append(f"{home}: the contract differs on the server, but lies elsewhere: {current.path}")
            return current.path
        path = _contract_path(wanted, current)
        base = f"{home}/{path}".removesuffix(wanted.root)
        mine = {base + name for name in (current.files if current is not None else ())}
        files = self.read_contract(wanted)
        for name in files:
            if base + name not in mine and self.folder.place(base + name).exists():
                raise ProjectInvalid(f"{self.folder.place(base + name)} is in the way of the contract; move it away")
        for name, content in files.items():
            self.folder.write(base + name, content)
        for name in mine - {base + name for name in files}:
            self.folder.remove(name)
        return path

    def _remove_contract(self, home: str, gone: ContractItem) -> None:
        if not is_safe(gone.path):  # a URL, or a file that others may use
            return
        base = f"{home}/{gone.path}".removesuffix(gone.root)
        for name in gone.files:
            self.folder.remove(base + name)


def _own(workspace: WorkspaceState) -> object:
    """Return what `workspace.yaml` says, without the contract."""
    return (
        workspace.title,
        workspace.description,
        workspace.team,
        workspace.settings,
        environments_of(workspace),
    )


def _contract_path(wanted: ContractItem, current: ContractItem | None) -> str:
    """Return where, from its workspace's folder, a contract's root document goes."""
    paths = [item.path for item in (current, wanted) if item is not None and is_safe(item.path)]
    if len(wanted.files) == 1:
        paths.append(wanted.root)
    for path in paths:
        base = path.removesuffix(wanted.root)
        is_named_so = f"/{path}".endswith(f"/{wanted.root}")
        if is_named_so and not any(f"{base}{name}/".startswith(_NOT_FOR_CONTRACTS) for name in wanted.files):
            return path
    return f"contract/{wanted.root}"
