"""What a user names on the command line, resolved: files, folders, globs and URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid
from mockops.workspaces import service as workspaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GENERIC = {"openapi", "swagger", "api", "index", "spec", "contract", "schema", "oas", "apidocs", "api-docs"}
_SUFFIXES = (".yaml", ".yml", ".json")
_SAYS_CONTRACT = re.compile(rb"""(^|[{,\s])["']?(openapi|swagger)["']?\s*:\s*["']?[123]""")
_SNIFF_BYTES = 64 << 10
_MAX_DEPTH = 20


class SourceUnknown(Invalid):
    """What was named to serve is not there."""

    code: ClassVar[str] = "publishing.source_unknown"


@dataclass(frozen=True, slots=True)
class ContractSource:
    """One contract, by file or URL."""

    place: Path | str


@dataclass(frozen=True, slots=True)
class WorkspaceSource:
    """The folder of one workspace."""

    folder: Path


@dataclass(frozen=True, slots=True)
class ProjectSource:
    """The root folder of a project."""

    root: Path


Source = ContractSource | WorkspaceSource | ProjectSource


def find_sources(named: Iterable[str]) -> list[Source]:
    """Resolve what was named, in order, each once.

    Raises:
        SourceUnknown: A file, folder or glob matches nothing that can be served.

    """
    found: dict[Source, None] = {}
    for name in named:
        resolved = list(_resolve(name))
        if not resolved:
            message = f"{name}: nothing to serve there; name an OpenAPI file, a folder with some, a glob or a URL"
            raise SourceUnknown(message)
        found.update(dict.fromkeys(resolved))
    return list(found)


def _resolve(name: str) -> Iterator[Source]:
    if name.startswith(("http://", "https://")):
        yield ContractSource(name)
        return
    path = Path(name).expanduser()
    if path.is_file():
        yield ContractSource(path)
    elif path.is_dir():
        yield from _in_folder(path)
    elif any(sign in name for sign in "*?["):
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else str(path)
        for match in sorted(anchor.glob(pattern)):
            yield from _in_folder(match) if match.is_dir() else iter([ContractSource(match)])
    else:
        message = f"{name}: no such file or folder"
        raise SourceUnknown(message)


def _in_folder(folder: Path, depth: int = 0) -> Iterator[Source]:
    """Find projects, workspaces and contracts below a folder; what belongs to a project is not a contract by itself."""
    if workspaces.is_project(folder):
        yield ProjectSource(folder)
    elif workspaces.is_workspace(folder):
        yield WorkspaceSource(folder)
    elif depth < _MAX_DEPTH:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name == "node_modules":
                continue
            if path.is_dir():
                yield from _in_folder(path, depth + 1)
            elif path.suffix in _SUFFIXES and path.is_file() and _is_contract(path):
                yield ContractSource(path)


def _is_contract(path: Path) -> bool:
    """Say whether a file looks like an OpenAPI or Swagger document and not like a part of one."""
    with path.open("rb") as file:
        return _SAYS_CONTRACT.search(file.read(_SNIFF_BYTES)) is not None


def name_of(place: Path | str, taken: Iterable[str]) -> str:
    """Return a target name for a contract: its file's, or its folder's where the file is called `openapi` or so.

    Names fit into a host name (letters, digits and hyphens) and are unique among `taken`.
    """
    path = Path(place.split("?")[0]) if isinstance(place, str) else place
    stem = path.stem
    if stem.lower() in _GENERIC and path.resolve().parent.name:
        stem = path.parent.name if isinstance(place, str) else path.resolve().parent.name
    name = slug(stem)
    known = set(taken)
    if name not in known:
        return name
    return next(candidate for n in range(2, len(known) + 3) if (candidate := f"{name}-{n}") not in known)


def slug(text: str) -> str:
    """Return a text as a host name's label: lower-case letters, digits and hyphens, at most 60 (RFC 1123)."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "api"
