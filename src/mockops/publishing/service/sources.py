"""What a user names on the command line, resolved: files, folders, globs and URLs."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid
from mockops.workspaces.service import layout as workspaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GENERIC = {"openapi", "swagger", "api", "index", "spec", "contract", "schema", "oas", "apidocs", "api-docs"}
_SUFFIXES = (".yaml", ".yml", ".json")
_SAYS_CONTRACT = re.compile(rb"""(^|[{,\s])["']?(openapi|swagger)["']?\s*:\s*["']?[123]""")
_SNIFF_BYTES = 64 << 10
_MAX_DEPTH = 20
_MAX_LOOKED_AT = 200_000
"""Files and folders looked at below one that was named."""
_URLS = ("http://", "https://")


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


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder below a named one that cannot be looked into."""

    place: Path
    reason: str


Source = ContractSource | WorkspaceSource | ProjectSource | Unreadable


def place_of(source: Source) -> str:
    """Return the file, folder or URL of a source, for people."""
    match source:
        case ContractSource(place) | Unreadable(place, _):
            return str(place)
        case WorkspaceSource(folder) | ProjectSource(folder):
            return str(folder)


def find_sources(named: Iterable[str], *, missing_ok: bool = False) -> list[Source]:
    """Resolve what was named, in order, each once.

    Args:
        named: Files, folders, globs and URLs.
        missing_ok: Return a contract's file that is not there as if it were: who loads it will complain. For reloads.

    Raises:
        SourceUnknown: A file, folder or glob matches nothing that can be served.

    """
    found: dict[Source, None] = {}
    for name in named:
        resolved = list(_resolve(name, missing_ok=missing_ok))
        if not resolved:
            message = f"{name}: nothing to serve there; name an OpenAPI file, a folder with some, a glob or a URL"
            raise SourceUnknown(message)
        found.update(dict.fromkeys(resolved))
    return list(found)


def folders_of(named: Iterable[str]) -> set[Path]:
    """Return the folders in which new files may become sources: folders named, and those that globs look into."""
    folders = set()
    for name in named:
        if name.startswith(_URLS):
            continue
        path = Path(name).expanduser()
        if path.is_dir():
            folders.add(path)
        elif not path.exists() and _is_glob(name):
            fixed = itertools.takewhile(lambda part: not _is_glob(part), path.parts)
            folders.add(Path(*fixed))
    return folders


def _is_glob(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _resolve(name: str, *, missing_ok: bool) -> Iterator[Source]:
    if not name.strip():
        raise SourceUnknown("an empty name names nothing to serve")
    if name.startswith(_URLS):
        yield ContractSource(name)
        return
    path = Path(name).expanduser()
    try:
        yield from _resolve_path(name, path, missing_ok=missing_ok)
    except (OSError, ValueError) as error:
        message = f"{name}: {getattr(error, 'strerror', None) or error}"
        raise SourceUnknown(message) from error


def _resolve_path(name: str, path: Path, *, missing_ok: bool) -> Iterator[Source]:
    if path.is_dir():
        yield from _Search().look(path)
    elif path.exists():
        yield ContractSource(path)
    elif _is_glob(name):
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else str(path)
        search = _Search()
        for match in sorted(anchor.glob(pattern)):
            yield from search.look(match) if match.is_dir() else iter([ContractSource(match)])
    elif missing_ok and path.suffix in _SUFFIXES:
        yield ContractSource(path)
    else:
        message = f"{name}: no such file or folder{_near(path)}"
        raise SourceUnknown(message)


def _near(path: Path) -> str:
    """Return what a person may have meant by a path that is not there."""
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {str(folder)!r} either"
    names = [
        each.name
        for each in itertools.islice(folder.iterdir(), _MAX_LOOKED_AT)
        if each.is_dir() or each.suffix in _SUFFIXES
    ]
    stems = {Path(name).stem: name for name in sorted(names, reverse=True)}
    meant = [str(folder / stems[each]) for each in get_close_matches(path.stem, stems, n=2, cutoff=0.7)]
    return f"; did you mean {' or '.join(meant)}?" if meant else ""


class _Search:
    """Finds projects, workspaces and contracts below a folder.

    What belongs to a project is not a contract by itself; each folder is looked into once, wherever links lead.
    """

    def __init__(self) -> None:
        self._seen: set[Path] = set()
        self._looked_at = 0

    def look(self, folder: Path, depth: int = 0) -> Iterator[Source]:
        """Give what is in a folder and below."""
        place = folder.resolve()
        if place in self._seen:
            return
        self._seen.add(place)
        if workspaces.is_project(folder):
            yield ProjectSource(folder)
        elif workspaces.is_workspace(folder):
            yield WorkspaceSource(folder)
        elif depth < _MAX_DEPTH:
            yield from self._look_into(folder, depth)

    def _look_into(self, folder: Path, depth: int) -> Iterator[Source]:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            if depth == 0:
                raise
            yield Unreadable(folder, error.strerror or str(error))
            return
        self._looked_at += len(paths)
        if self._looked_at > _MAX_LOOKED_AT:
            message = f"{folder}: more than {_MAX_LOOKED_AT:,} files; name a folder nearer to the contracts"
            raise SourceUnknown(message)
        for path in paths:
            if path.name.startswith(".") or path.name == "node_modules":
                continue
            if path.is_dir():
                yield from self.look(path, depth + 1)
            elif path.suffix in _SUFFIXES and path.is_file() and _is_contract(path):
                yield ContractSource(path)


def _is_contract(path: Path) -> bool:
    """Say whether a file looks like an OpenAPI or Swagger document and not like a part of one."""
    try:
        with path.open("rb") as file:
            return _SAYS_CONTRACT.search(file.read(_SNIFF_BYTES)) is not None
    except OSError:
        return True  # who loads it says why it cannot be read


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
