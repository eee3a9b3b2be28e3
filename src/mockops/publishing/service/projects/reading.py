"""Reading a project's folder as the state that a server shall have, everything checked (SEMANTICS 10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from mockops.contracts.service.load import load_contract
from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.documents import Document, read_document
from mockops.core.errors import Invalid, MockOpsError
from mockops.mocking.rules.lookup import operation_names
from mockops.publishing.service import behaviour
from mockops.publishing.service.assemble import has_errors
from mockops.publishing.service.projects.contract_files import LocalContract, find_contract
from mockops.publishing.service.projects.items import persona_item, scenario_item, stub_items, unique_by_name
from mockops.publishing.service.sources import slug
from mockops.workspaces.model.layout import PROJECT_FILE, WORKSPACE_FILE, LayoutInvalid
from mockops.workspaces.model.projects import EnvironmentState, Item, ProjectState, WorkspaceState
from mockops.workspaces.rules.environments import read_environments
from mockops.workspaces.rules.settings import read_settings
from mockops.workspaces.service import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mockops.mocking.model import Scenario, Stub
    from mockops.publishing.service.projects.items import Found
    from mockops.workspaces.model.layout import ProjectFiles, WorkspaceFiles

T = TypeVar("T")

_TEXTS = ("name", "title", "description", "team", "org", "contract")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProject:
    """A project's folder, read."""

    state: ProjectState
    """What it says; not to be planned or applied while a diagnostic is an error."""
    contracts: dict[str, LocalContract]
    """The contracts by digest."""
    diagnostics: tuple[Diagnostic, ...]
    folders: dict[str, str] = field(default_factory=dict)
    """Of each workspace its folder's name below `workspaces/`."""

    @property
    def is_usable(self) -> bool:
        """Whether nothing is wrong that costs something."""
        return not has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read."""

    fetch: Callable[[str], bytes] | None = None
    """Gets contracts at URLs; None: they are refused."""
    cache_dir: Path | None = None
    """Where compiled contracts are kept; None: nowhere."""
    on_read: Callable[[str], None] = lambda _: None
    """Told each workspace's name before it is read."""


def read_state(root: Path, options: ReadOptions | None = None) -> ReadProject:
    """Read the folder of a project, or of one workspace.

    Stubs, scenarios, personas and settings are checked as `mockops validate` does. A contract is compiled here only to
    check what is written for it; whether all of it can be served is said by the server that compiles it.

    Raises:
        LayoutInvalid: The folder is neither.
        Invalid: `mockops.yaml` cannot be read at all.

    """
    reading = _Reading(root, options or ReadOptions())
    if layout.is_project(root):
        files, found = layout.read_project(root)
        reading.diagnostics += found
        state = reading.project(files)
    elif layout.is_workspace(root):
        workspace, found = layout.read_workspace(root)
        reading.diagnostics += found
        state = ProjectState(
            name=slug(workspace.name),
            workspaces=(reading.workspace(workspace, ()),),
            personas=reading.personas(layout.documents_in(root / "personas")),
        )
    else:
        raise _no_project(root)
    return ReadProject(
        state=state,
        contracts=reading.contracts,
        diagnostics=tuple(dict.fromkeys(reading.diagnostics)),
        folders=reading.folders,
    )


def _no_project(root: Path) -> LayoutInvalid:
    why = "this is no folder" if not root.is_dir() else f"there is neither {PROJECT_FILE} nor workspaces/ in it"
    hint = (
        f"start a project with `mockops init {root}`, or one of your contracts with `mockops init {root} --from SPEC`"
    )
    found = Diagnostic(code=LayoutInvalid.code, message=why, source=str(root), hint=hint)
    return LayoutInvalid(f"{root}: {why}", [found])


@dataclass(slots=True)
class _Reading:
    """The work in progress."""

    root: Path
    options: ReadOptions
    diagnostics: list[Diagnostic] = field(default_factory=list)
    contracts: dict[str, LocalContract] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def project(self, files: ProjectFiles) -> ProjectState:
        # the workspaces' own documents are parsed already; the project's is in each of them
        document = next((each.project_document for each in files.workspaces if each.project_document), None)
        self._check_texts(document)
        environments, found = read_environments(document)
        self.diagnostics += found
        personas = self.personas(files.personas)
        workspaces: dict[str, WorkspaceState] = {}
        for each in files.workspaces:
            workspace = self.workspace(each, environments, document)
            if workspaces.setdefault(workspace.name, workspace) is not workspace:
                self._complain(each.folder / WORKSPACE_FILE, f"another workspace is called {workspace.name!r}")
        return ProjectState(
            name=files.name, org=_text(document, "org"), workspaces=tuple(workspaces.values()), personas=personas
        )

    def workspace(
        self, files: WorkspaceFiles, inherited: Sequence[EnvironmentState], project: Document | None = None
    ) -> WorkspaceState:
        name = slug(files.name)
        self.options.on_read(name)
        self.folders.setdefault(name, files.folder.name)
        self._check_texts(files.document)
        documents = [each for each in (files.document, project) if each is not None]
        self.diagnostics += read_settings(files.settings, {}, documents)[1]
        environments, found = read_environments(files.document)
        self.diagnostics += found
        stubs, scenarios = self._stubs(files), self._scenarios(files)
        local = self._contract(files, stubs, scenarios)
        return WorkspaceState(
            name=name,
            title=_text(files.document, "title") or (files.name if files.name != name else ""),
            description=_text(files.document, "description"),
            team=_text(files.document if _has(files.document, "team") else project, "team"),
            settings=files.settings,
            environments=_laid_over(inherited, environments),
            contract=local.item if local is not None else None,
            stubs=tuple(each.item for each in stubs),
            scenarios=tuple(each.item for each in scenarios),
        )

    def personas(self, paths: Iterable[Path]) -> tuple[Item, ...]:
        read = [self._read(path, persona_item) for path in paths]
        personas, taken = unique_by_name("persona", [each for each in read if each is not None])
        self.diagnostics += taken
        return tuple(each.item for each in personas)

    def _stubs(self, files: WorkspaceFiles) -> list[Found[Stub]]:
        def read(path: Path) -> list[Found[Stub]]:
            return self._read(path, lambda document, name: stub_items(document, path, files.folder, name)) or []

        found = [each for path in files.stubs for each in read(path)]
        kept, taken = behaviour.unique(each.noun for each in found)
        self.diagnostics += taken
        wanted = set(map(id, kept))
        return [each for each in found if id(each.noun) in wanted]

    def _scenarios(self, files: WorkspaceFiles) -> list[Found[Scenario]]:
        read = [self._read(path, scenario_item) for path in files.scenarios]
        scenarios, taken = unique_by_name("scenario", [each for each in read if each is not None])
        self.diagnostics += taken
        return scenarios

    def _contract(
        self, files: WorkspaceFiles, stubs: Sequence[Found[Stub]], scenarios: Sequence[Found[Scenario]]
    ) -> LocalContract | None:
        """Return the contract, and check what is written for it."""
        names: dict[str, str] = {}
        local = None
        if files.contract is not None:
            try:
                local = self._find_contract(files.contract, files.folder)
                if stubs or scenarios:
                    names = self._operations(files.contract)
            except Invalid as error:
                self.diagnostics += error.diagnostics or [_whole(str(files.contract), error)]
                return None
        for stub in stubs:
            self.diagnostics += behaviour.check_stub(stub.noun, names)
        for scenario in scenarios:
            self.diagnostics += behaviour.check_scenario(scenario.noun, names)
        return local

    def _find_contract(self, place: Path | str, folder: Path) -> LocalContract:
        named = place if isinstance(place, str) else _posix(place, folder)
        local = find_contract(place, named, fetch=self.options.fetch)
        return self.contracts.setdefault(local.item.digest, local) if local.item.path == named else local

    def _operations(self, place: Path | str) -> dict[str, str]:
        loaded = load_contract(place, cache_dir=self.options.cache_dir, fetch=self.options.fetch)
        return operation_names(loaded.contract.entries)

    def _read(self, path: Path, read: Callable[[Document, str], tuple[T, list[Diagnostic]]]) -> T | None:
        """Read one file; None when nothing of it can be used."""
        try:
            document = read_document(path.read_bytes(), _source(path))
        except (Invalid, OSError) as error:
            found = error.diagnostics if isinstance(error, Invalid) else ()
            self.diagnostics += found or [_whole(str(path), error)]
            return None
        value, complaints = read(document, _posix(path, self.root))
        self.diagnostics += [*document.warnings, *complaints]
        return value

    def _check_texts(self, document: Document | None) -> None:
        """Complain of texts that are none: they would silently count as absent."""
        data = document.data if document is not None else None
        if document is None or not isinstance(data, dict):
            return
        for key in _TEXTS:
            if data.get(key) is not None and not isinstance(data[key], str):
                line, column = document.locate(f"/{key}") or (None, None)
                self.diagnostics.append(
                    Diagnostic(
                        code="workspace.invalid",
                        message=f"{key} is {data[key]!r:.60}, but must be text",
                        source=document.source,
                        pointer=f"/{key}",
                        line=line,
                        column=column,
                        hint="put it between quotes",
                    )
                )

    def _complain(self, path: Path, message: str) -> None:
        self.diagnostics.append(
            Diagnostic(
                code="workspace.name_taken",
                severity=Severity.ERROR,
                message=message,
                source=str(path),
                pointer="/name",
                hint="give it another name",
            )
        )


def _laid_over(below: Sequence[EnvironmentState], above: Sequence[EnvironmentState]) -> tuple[EnvironmentState, ...]:
    """Return a workspace's environments: its own, with the project's settings for those under them."""
    known = {each.name: each.settings for each in below}
    own = [EnvironmentState(name=each.name, settings={**known.get(each.name, {}), **each.settings}) for each in above]
    return tuple(own or below)


def _has(document: Document | None, key: str) -> bool:
    return document is not None and isinstance(document.data, dict) and key in document.data


def _text(document: Document | None, key: str) -> str:
    data = document.data if document is not None else None
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


def _posix(path: Path, root: Path) -> str:
    """Return a path as it is seen from a folder, with `/`."""
    return path.relative_to(root).as_posix()


def _source(path: Path) -> str:
    """Return a file's name, so that what lies below `stubs/` is seen to do so wherever one stands."""
    text = path.as_posix()
    return f"./{text}" if text.startswith(("stubs/", "mappings/")) else str(path)


def _whole(source: str, error: MockOpsError | OSError) -> Diagnostic:
    """Return a complaint about a file as a whole."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Diagnostic(code="publishing.unreadable", message=why, source=source, hint="check the file")
