"""Reading a project's folder: what belongs to which workspace."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Diagnostic, Severity, pointer
from mockops.core.documents import Document, read_document
from mockops.core.errors import Invalid
from mockops.workspaces.model.layout import (
    BODIES_FOLDER,
    CONTRACT_NAMES,
    MAPPINGS_FOLDER,
    PROJECT_FILE,
    WORKSPACE_FILE,
    LayoutInvalid,
    ProjectFiles,
    WorkspaceFiles,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mockops.core.json import Json, JsonObject

_PROJECT_KEYS = ("name", "description", "org", "team", "settings", "environments")
_WORKSPACE_KEYS = ("name", "title", "description", "team", "contract", "settings", "environments")
_SUFFIXES = (".yaml", ".yml", ".json")
_MAX_FILES = 20_000
_MAX_SNIFFED = 100
_SNIFF_BYTES = 64 << 10


def is_project(folder: Path) -> bool:
    """Say whether a folder is the root of a project."""
    return (folder / PROJECT_FILE).is_file() or (folder / "workspaces").is_dir()


def is_workspace(folder: Path) -> bool:
    """Say whether a folder is a workspace: ours, or a root folder of WireMock."""
    return (folder / WORKSPACE_FILE).is_file() or _is_wiremock_root(folder)


def _is_wiremock_root(folder: Path) -> bool:
    """Say whether a folder holds WireMock's `mappings/`: with `__files/` beside it, or mappings in it."""
    mappings = folder / MAPPINGS_FOLDER
    if not mappings.is_dir():
        return False
    return (folder / BODIES_FOLDER).is_dir() or any(
        _says_mapping(path) for path in islice(mappings.rglob("*.json"), _MAX_SNIFFED)
    )


def _says_mapping(path: Path) -> bool:
    """Say whether a file looks like a WireMock mapping, or several."""
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFF_BYTES)
    except OSError:
        return False
    return b'"mappings"' in start or (b'"request"' in start and b'"response"' in start)


def read_project(root: Path) -> tuple[ProjectFiles, list[Diagnostic]]:
    """List the files of a project; complaints concern the project's and the workspaces' own files.

    Raises:
        Invalid: `mockops.yaml` cannot be read at all.
        LayoutInvalid: There is no workspace in it.

    """
    found: list[Diagnostic] = []
    document = _read(root / PROJECT_FILE) if (root / PROJECT_FILE).is_file() else None
    settings = _settings(document, _PROJECT_KEYS, found)
    folders = sorted(
        path for path in (root / "workspaces").glob("*") if path.is_dir() and not path.name.startswith(".")
    )
    workspaces: list[WorkspaceFiles] = []
    broken: list[Path] = []
    for folder in folders:
        try:
            workspaces.append(replace(_read_workspace(folder, settings, found), project_document=document))
        except Invalid as error:
            found += error.diagnostics
            broken.append(folder)
    if not folders:
        message = f"{root}: no workspace in it; put each in a folder below {root / 'workspaces'}"
        raise LayoutInvalid(message)
    name = _text(document, "name") or root.resolve().name
    project = ProjectFiles(
        name=name,
        root=root,
        workspaces=tuple(workspaces),
        personas=documents_in(root / "personas"),
        broken=tuple(broken),
    )
    return project, found


def read_workspace(folder: Path) -> tuple[WorkspaceFiles, list[Diagnostic]]:
    """List the files of a workspace that stands alone.

    Raises:
        Invalid: Its `workspace.yaml` cannot be read at all.

    """
    found: list[Diagnostic] = []
    return _read_workspace(folder, {}, found), found


def documents_in(folder: Path) -> tuple[Path, ...]:
    """Return the YAML and JSON files below a folder, in a stable order; those below `__files` are bodies."""
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and BODIES_FOLDER not in path.relative_to(folder).parts and path.is_file()
    )
    return tuple(paths[:_MAX_FILES])


def _read_workspace(folder: Path, inherited: JsonObject, found: list[Diagnostic]) -> WorkspaceFiles:
    path = folder / WORKSPACE_FILE
    document = _read(path) if path.is_file() else None
    return WorkspaceFiles(
        name=_text(document, "name") or folder.resolve().name,
        folder=folder,
        document=document,
        contract=_contract(folder, document, found),
        stubs=(
            *documents_in(folder / "stubs"),
            *(documents_in(folder / MAPPINGS_FOLDER) if _is_wiremock_root(folder) else ()),
        ),
        scenarios=documents_in(folder / "scenarios"),
        settings=_laid_over(inherited, _settings(document, _WORKSPACE_KEYS, found)),
    )


def _contract(folder: Path, document: Document | None, found: list[Diagnostic]) -> Path | str | None:
    named = _text(document, "contract")
    if named.startswith(("http://", "https://")):
        return named
    if named:
        path = folder / named
        if path.is_file():
            return path
        assert document is not None  # noqa: S101 (it named the contract)
        found.append(
            _complain(document, "contract", f"there is no file {path}", "name a file beside workspace.yaml, or a URL")
        )
        return None
    return next((folder / name for name in CONTRACT_NAMES if (folder / name).is_file()), None)


def _read(path: Path) -> Document:
    try:
        content = path.read_bytes()
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        found = Diagnostic(code=LayoutInvalid.code, message=why, source=str(path), hint="check its permissions")
        raise LayoutInvalid(f"{path} {why}", [found]) from error
    return read_document(content, str(path))


def _settings(document: Document | None, keys: Iterable[str], found: list[Diagnostic]) -> JsonObject:
    """Return a document's `settings`, and complain of what is not understood."""
    if document is None or document.data is None:
        return {}
    found.extend(document.warnings)
    if not isinstance(document.data, dict):
        found.append(_complain(document, None, "a mapping is needed here", "start with `name: …`"))
        return {}
    for key in document.data:
        if key not in keys:
            near = get_close_matches(key, list(keys), 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(keys)}"
            found.append(_complain(document, key, f"unknown key {key!r}", hint))
    settings: Json = document.data.get("settings", {})
    if not isinstance(settings, dict):
        found.append(_complain(document, "settings", "`settings` is a mapping", "write `settings: {validation: warn}`"))
        return {}
    return settings


def _complain(document: Document, key: str | None, message: str, hint: str) -> Diagnostic:
    where = pointer(key) if key is not None else ""
    line, column = document.locate(where) or (None, None)
    return Diagnostic(
        code="workspace.invalid",
        severity=Severity.ERROR,
        message=message,
        source=document.source,
        pointer=where,
        line=line,
        column=column,
        hint=hint,
    )


def _text(document: Document | None, key: str) -> str:
    data = document.data if document is not None else None
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


def _laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    """Return `above` laid over `below`: mappings are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _laid_over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
