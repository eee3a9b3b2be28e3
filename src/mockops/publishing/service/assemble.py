"""Assembling a snapshot from what a user named: every file read, every complaint kept, the rest served."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.contracts.service.load import load_contract
from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.documents import read_document
from mockops.core.errors import Invalid
from mockops.mocking.rules.lookup import operation_names
from mockops.publishing.model import Snapshot, TargetSnapshot
from mockops.publishing.service.sources import (
    ContractSource,
    ProjectSource,
    Unreadable,
    WorkspaceSource,
    find_sources,
    folders_of,
    name_of,
    slug,
)
from mockops.workspaces.model.layout import PROJECT_FILE, WORKSPACE_FILE, WorkspaceFiles
from mockops.workspaces.rules.settings import read_settings
from mockops.workspaces.service import layout as workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Persona, Scenario, Stub
    from mockops.publishing.service.sources import Source
    from mockops.workspaces.model.settings import Settings


_OURS = ("mocking.", "publishing.", "workspace.")
"""How the codes of diagnostics begin that concern what people write for MockOps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to assemble."""

    overrides: JsonObject = field(default_factory=dict)
    """Settings that win over the files', by the names of `Settings`."""
    cache_dir: Path | None = None
    """Where compiled contracts are kept; None: nowhere."""
    fetch: Callable[[str], bytes] | None = None
    """Gets URLs, through the egress guard; None: URLs are refused."""
    allow_remote_refs: bool = False
    """Whether a `$ref` may lead to another host."""
    is_thorough: bool = False
    """Whether every complaint gets its line, and examples are held against their schemas: to check, not to serve."""
    missing_ok: bool = False
    """Whether a contract's file that is not there is a target that failed, and not a mistake of who named it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A snapshot and how it came about."""

    snapshot: Snapshot
    diagnostics: tuple[Diagnostic, ...]
    by_target: dict[str, tuple[Diagnostic, ...]]
    """The same, for each target alone."""
    watched: frozenset[Path]
    """Files and folders whose change may change the snapshot."""
    failed: tuple[str, ...]
    """Names of the targets left out because their contract cannot be served."""
    lost: tuple[str, ...] = ()
    """Projects and workspaces whose own file cannot be read, so that nobody knows what their targets are."""
    unread: frozenset[str] = frozenset()
    """Files of stubs, scenarios and personas that cannot be read at all."""

    @property
    def left_out(self) -> tuple[Diagnostic, ...]:
        """The errors that cost something a person wrote for MockOps; not those that cost an operation of a contract.

        Contracts come from elsewhere, and real ones have mistakes; stubs, scenarios, personas and settings do not.
        """
        return tuple(
            each
            for each in self.diagnostics
            if each.severity is Severity.ERROR and (each.code.startswith(_OURS) or each.source in self.unread)
        )


class _Assembly:
    """The work in progress."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.targets: list[TargetSnapshot] = []
        self.diagnostics: list[Diagnostic] = []
        self.by_target: dict[str, tuple[Diagnostic, ...]] = {}
        self.watched: set[Path] = set()
        self.failed: list[str] = []
        self.lost: list[str] = []
        self.unread: set[str] = set()

    def add(self, source: Source) -> None:
        """Take in one source."""
        match source:
            case ContractSource(place):
                name = name_of(place, [*(target.name for target in self.targets), *self.failed])
                self._add_target(name, place, self.settings({}), since=len(self.diagnostics))
            case WorkspaceSource(folder):
                self._add_alone(folder)
            case ProjectSource(root):
                self._add_project(root)
            case Unreadable(place, reason):
                self.diagnostics.append(
                    Diagnostic(
                        code="publishing.unreadable",
                        severity=Severity.WARNING,
                        message=f"cannot be looked into: {reason}",
                        source=str(place),
                        hint="check its permissions",
                    )
                )

    def _add_alone(self, folder: Path) -> None:
        self.watched |= {folder / WORKSPACE_FILE, folder}
        try:
            files, found = workspaces.read_workspace(folder)
        except Invalid as error:
            self._lose(folder / WORKSPACE_FILE, error)
            return
        self._add_workspace(files, self._personas_of(workspaces.documents_in(folder / "personas")), found)

    def _add_project(self, root: Path) -> None:
        self.watched |= {root / PROJECT_FILE, root / "workspaces", root / "personas"}
        try:
            project, found = workspaces.read_project(root)
        except Invalid as error:
            self._lose(root / PROJECT_FILE, error)
            return
        own: dict[str, list[Diagnostic]] = {str(files.folder / WORKSPACE_FILE): [] for files in project.workspaces}
        for each in found:
            own.get(each.source, self.diagnostics).append(each)
        self.lost += [str(folder / WORKSPACE_FILE) for folder in project.broken]
        personas = self._personas_of(project.personas)
        for files in project.workspaces:
            self._add_workspace(files, personas, own[str(files.folder / WORKSPACE_FILE)])

    def _lose(self, path: Path, error: Invalid) -> None:
        """Leave out what cannot even be listed."""
        self.diagnostics += error.diagnostics or [_whole(str(path), error)]
        self.lost.append(str(path))

    def settings(self, written: JsonObject, *documents: Document | None) -> Settings:
        """Return settings from a file's words and the overrides; what is wrong is said and left out."""
        known = [document for document in documents if document is not None]
        settings, found = read_settings(written, self.options.overrides, known)
        self.diagnostics += found
        return settings

    def _add_workspace(self, files: WorkspaceFiles, personas: tuple[Persona, ...], found: Iterable[Diagnostic]) -> None:
        self.watched |= {files.folder / WORKSPACE_FILE, files.folder}
        since = len(self.diagnostics)
        self.diagnostics += found
        stubs: list[Stub] = []
        for path in files.stubs:
            stubs += self._read(path, _behaviour().stub_reader(path, files.folder)) or []
        if stubs:
            stubs, taken = _behaviour().unique(stubs)
            self.diagnostics += taken
        read = [self._read(path, _behaviour().read_scenario) for path in files.scenarios]
        scenarios = [scenario for scenario in read if scenario is not None]
        self._add_target(
            slug(files.name),
            files.contract,
            self.settings(files.settings, files.document, files.project_document),
            stubs=tuple(stubs),
            scenarios=tuple(scenarios),
            personas=personas,
            since=since,
        )

    def _add_target(
        self,
        name: str,
        contract: Path | str | None,
        settings: Settings,
        *,
        since: int,
        stubs: tuple[Stub, ...] = (),
        scenarios: tuple[Scenario, ...] = (),
        personas: tuple[Persona, ...] = (),
    ) -> None:
        compiled, names = b"", dict[str, str]()
        if contract is not None:
            if isinstance(contract, Path):
                self.watched.add(contract)
            try:
                loaded = load_contract(
                    contract,
                    cache_dir=self.options.cache_dir,
                    fetch=self.options.fetch,
                    allow_remote_refs=self.options.allow_remote_refs,
                )
            except Invalid as error:
                self.diagnostics += error.diagnostics or [_whole(str(contract), error)]
                self.failed.append(name)
                self.by_target[name] = tuple(self.diagnostics[since:])
                return
            compiled, names = loaded.contract.to_bytes(), operation_names(loaded.contract.entries)
            # lines are looked up only where someone will read them: it means reading the document again
            is_read = self.options.is_thorough or has_errors(loaded.unplaced)
            self.diagnostics += loaded.diagnostics if is_read else loaded.unplaced
            if self.options.is_thorough:
                from mockops.contracts.service.examples import example_problems  # noqa: PLC0415 (to check, not to serve)

                self.diagnostics += loaded.placed(example_problems(loaded.contract, str(contract)))
            self.watched |= set(loaded.files)
        stubs = tuple(stub for stub in stubs if self._is_usable(_behaviour().check_stub(stub, names)))
        scenarios = tuple(each for each in scenarios if self._is_usable(_behaviour().check_scenario(each, names)))
        self.by_target[name] = tuple(self.diagnostics[since:])
        self.targets.append(
            TargetSnapshot(
                name=name, contract=compiled, stubs=stubs, scenarios=scenarios, personas=personas, settings=settings
            )
        )

    def _is_usable(self, problems: list[Diagnostic]) -> bool:
        """Say what is wrong with a stub or scenario, and whether it can be served."""
        self.diagnostics += problems
        return not has_errors(problems)

    def _personas_of(self, paths: Iterable[Path]) -> tuple[Persona, ...]:
        return tuple(persona for path in paths if (persona := self._read(path, _behaviour().read_persona)) is not None)

    def _read(self, path: Path, read: Callable[[Document], tuple[Json, list[Diagnostic]]]) -> Json:
        """Read one file through an importer; None when nothing of it can be used."""
        self.watched.add(path)
        try:
            document = read_document(path.read_bytes(), str(path))
        except (Invalid, OSError) as error:
            found = error.diagnostics if isinstance(error, Invalid) else ()
            self.diagnostics += found or [_whole(str(path), error)]
            self.unread.add(str(path))
            return None
        value, complaints = read(document)
        self.diagnostics += [*document.warnings, *complaints]
        return value


def _behaviour() -> ModuleType:
    from mockops.publishing.service import behaviour  # noqa: PLC0415 (see its docstring)

    return behaviour


def _whole(source: str, error: Exception) -> Diagnostic:
    """Return a complaint about a file as a whole."""
    return Diagnostic(code="publishing.unreadable", message=str(error), source=source, hint="check the file")


def assemble(named: Iterable[str], options: Options | None = None) -> Assembled:
    """Read what was named and build the snapshot of it.

    A contract that cannot be served at all leaves its target out (`failed`), a project whose own file cannot be read
    all of its own (`lost`); everything else is served, and all problems are in `diagnostics`.

    Raises:
        SourceUnknown: Something named is not there.

    """
    options = options or Options()
    named = list(named)
    return assemble_sources(find_sources(named, missing_ok=options.missing_ok), options, also_watched=folders_of(named))


def assemble_sources(sources: Iterable[Source], options: Options, *, also_watched: Iterable[Path] = ()) -> Assembled:
    """Read sources and build the snapshot of them; see `assemble`."""
    assembly = _Assembly(options)
    for source in sources:
        assembly.add(source)
    return Assembled(
        snapshot=Snapshot(targets=tuple(assembly.targets)),
        diagnostics=tuple(dict.fromkeys(assembly.diagnostics)),  # several workspaces may share what is wrong
        by_target=assembly.by_target,
        watched=frozenset((*assembly.watched, *also_watched)),
        failed=tuple(assembly.failed),
        lost=tuple(assembly.lost),
        unread=frozenset(assembly.unread),
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any diagnostic is an error."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
