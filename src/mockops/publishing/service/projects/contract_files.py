"""The files of a workspace's contract as they lie on disk or came from a URL, found and hashed without compiling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from mockops.contracts.model import Bundle, ContractInvalid
from mockops.contracts.rules.bundles import MAX_BYTES, MAX_FILES, bundle_digest, make_bundle, name_fault
from mockops.contracts.service.sources import is_url
from mockops.core.diagnostics import Diagnostic
from mockops.core.documents import DocumentInvalid, read_document
from mockops.core.errors import MockOpsError
from mockops.workspaces.model.projects import ContractItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockops.core.json import Json

_REFERS_ELSEWHERE = re.compile(rb"""ref["']?\s*:\s*["']?[^\s"'#]""")
"""A `$ref` that does not begin with `#`; documents without one need not be searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalContract:
    """A contract that can be uploaded: what it is, and where its files are."""

    item: ContractItem
    contents: Mapping[str, Path | bytes]
    """Each file's path, or its content if it came from a URL."""

    def read(self) -> Bundle:
        """Return the files' contents as they are now; raises ContractInvalid when one is gone."""
        files = {
            name: place if isinstance(place, bytes) else _read_file(place) for name, place in self.contents.items()
        }
        return make_bundle(self.item.root, files)


def find_contract(place: Path | str, named: str, *, fetch: Callable[[str], bytes] | None = None) -> LocalContract:
    """Return the contract at a file or URL with the files that it refers to, below its folder.

    A reference that leads elsewhere (to another host, out of the folder, to nothing) is left as it is: whoever compiles
    the contract says what is wrong with it.

    Args:
        place: Where it is.
        named: How the workspace names it.
        fetch: Gets URLs; None: they are refused.

    Raises:
        ContractInvalid: The document is missing, no OpenAPI or Swagger document, or the bundle is too large.

    """
    root = str(place)
    search = _Search(root, fetch)
    search.add(search.root_name, root)
    hashes = {name: sha256(search.content(name)).hexdigest() for name in search.places}
    digest = bundle_digest(search.root_name, hashes)
    item = ContractItem(root=search.root_name, files=hashes, digest=digest, path=named)
    contents = {name: search.fetched.get(name) or Path(source) for name, source in search.places.items()}
    return LocalContract(item=item, contents=contents)


class _Search:
    """Follows references below one folder."""

    def __init__(self, root: str, fetch: Callable[[str], bytes] | None) -> None:
        self._root = root
        self._fetch = fetch
        self._total = 0
        path = unquote(urlsplit(root).path) if is_url(root) else Path(root).name
        name = PurePosixPath(path).name
        self.root_name = name if name and not name_fault(name) else "contract.yaml"
        self.places: dict[str, str] = {}
        self.fetched: dict[str, bytes] = {}
        self._held: tuple[str, bytes] = ("", b"")

    def add(self, root_name: str, source: str) -> None:
        """Add the root and, transitively, what it refers to."""
        waiting = [(root_name, source)]
        while waiting:
            name, place = waiting.pop()
            if name in self.places:
                continue
            is_root = name == self.root_name
            try:
                content = self._get(place)
            except MockOpsError as error:
                if is_root:
                    raise _refused(self._root, str(error)) from error
                continue
            self._take(name, place, content)
            waiting += self._referred(name, content, is_root=is_root)

    def content(self, name: str) -> bytes:
        """Return a file's content once more."""
        if name in self.fetched:
            return self.fetched[name]
        held, content = self._held
        return content if held == name else _read_file(Path(self.places[name]))

    def _take(self, name: str, place: str, content: bytes) -> None:
        self._total += len(content)
        if self._total > MAX_BYTES or len(self.places) >= MAX_FILES:
            raise _refused(self._root, f"the contract's files are more than {MAX_FILES:,}, or {MAX_BYTES >> 20} MiB")
        self.places[name] = place
        if is_url(place):
            self.fetched[name] = content
        else:
            self._held = (name, content)

    def _get(self, place: str) -> bytes:
        if not is_url(place):
            return _read_file(Path(place))
        if self._fetch is None:
            raise _refused(place, "URLs are not fetched here")
        return self._fetch(place)

    def _referred(self, name: str, content: bytes, *, is_root: bool) -> Iterator[tuple[str, str]]:
        """Give name and place of each file below the root's folder that a document refers to."""
        if not is_root and not _REFERS_ELSEWHERE.search(content):
            return
        try:
            document = read_document(content, self.places[name])
        except DocumentInvalid as error:
            if is_root:
                raise ContractInvalid(str(error), error.diagnostics) from error
            return
        if is_root:
            _check_root(document.data, self._root)
        if not _REFERS_ELSEWHERE.search(content):
            return
        for reference in _references(document.data):
            found = self._below(name, reference)
            if found is not None:
                yield found

    def _below(self, name: str, reference: str) -> tuple[str, str] | None:
        """Return the bundle's name and the place of what a reference names, if it lies below the root's folder."""
        target = reference.partition("#")[0]
        if is_url(self._root):
            place = urljoin(self.places[name], target)
            folder = urljoin(self._root, ".")
            if not place.startswith(folder):
                return None
            below = unquote(place.removeprefix(folder).partition("?")[0])
            return None if name_fault(below) else (below, place)
        if not target or is_url(target):
            return None
        folder_path = Path(self._root).resolve().parent
        path = (Path(self.places[name]).resolve().parent / unquote(target)).resolve()
        if not path.is_relative_to(folder_path):
            return None
        below = path.relative_to(folder_path).as_posix()
        return None if name_fault(below) else (below, str(path))


def _check_root(data: Json, source: str) -> None:
    if not isinstance(data, dict) or not {"openapi", "swagger"} & data.keys():
        raise _refused(source, "this is no OpenAPI or Swagger document: it has neither `openapi` nor `swagger`")


def _references(data: Json) -> Iterator[str]:
    """Give every text at a `$ref` that names another document."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                yield reference
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _refused(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MAX_BYTES:
        raise _refused(str(path), f"is larger than {MAX_BYTES:,} bytes")
    return content


def _refused(source: str, why: str) -> ContractInvalid:
    found = Diagnostic(code=ContractInvalid.code, message=why, source=source, hint="check the path or URL")
    return ContractInvalid(f"{source}: {why}", [found])
