"""Where the documents of one contract come from, and which of them may be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockops.contracts.model import ContractInvalid
from mockops.core.diagnostics import Diagnostic
from mockops.core.documents import MAX_BYTES, Document, read_document
from mockops.core.errors import Denied, MockOpsError, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DOCUMENTS = 10_000
"""How many documents one contract may be made of."""


class ReferenceDenied(Denied):
    """A `$ref` names a document that must not be read."""

    code = "contract.ref_denied"


class Sources:
    """Reads the root document and those it refers to; remembers which."""

    def __init__(self, root: str, *, fetch: Callable[[str], bytes] | None, allow_remote_refs: bool) -> None:
        self.root = root
        self.allow_remote_refs = allow_remote_refs
        self.warnings: list[Diagnostic] = []
        """Of the documents referred to."""
        self.contents: dict[str, bytes] = {}
        """Content of the root if it is a URL, and of every document fetched."""
        self._fetch = fetch or _fetch
        self._read: list[str] = []
        self._has_failed = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The local files read so far, the root first."""
        return tuple(Path(source) for source in self._read if not is_url(source))

    @property
    def is_repeatable(self) -> bool:
        """Whether unchanged files give the same contract: nothing referred to was remote, or failed to be read."""
        return not self._has_failed and not any(is_url(source) for source in self._read[1:])

    def read_root(self) -> bytes:
        """Return the root's content; raises ContractInvalid."""
        self._read.append(self.root)
        try:
            return self._content(self.root)
        except MockOpsError as error:
            found = Diagnostic(code=error.code, message=str(error), source=self.root, hint="check the path or URL")
            raise ContractInvalid(str(error), [found]) from error

    def resolve(self, location: str) -> Document:
        """Return a document that a reference names; raises a MockOpsError when it may not or cannot be read."""
        self._check(location)
        if len(self._read) >= _MAX_DOCUMENTS:
            raise ReferenceDenied(f"the contract refers to more than {_MAX_DOCUMENTS:,} documents")
        try:
            document = self.document(location)
        except MockOpsError:
            self._has_failed = True
            raise
        self._read.append(location)
        self.warnings += document.warnings
        return document

    def document(self, source: str) -> Document:
        """Read a document without remembering it."""
        return read_document(self._content(source), source)

    def _content(self, source: str) -> bytes:
        if is_url(source):
            if source not in self.contents:
                self.contents[source] = self._fetch(source)
            return self.contents[source]
        path = Path(source)
        try:
            with path.open("rb") as file:  # what a file says of its size is no bound: /dev/zero says 0
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {source!r}") from error
        except OSError as error:
            raise Unavailable(f"{source!r} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise NotFound(f"{source!r} is no path of a file") from error
        if len(content) > MAX_BYTES:
            raise Unavailable(f"{source} is larger than {MAX_BYTES:,} bytes")
        return content

    def _check(self, location: str) -> None:
        """Refuse what lies outside of the root's folder or host unless everything is allowed."""
        if self.allow_remote_refs:
            return
        if is_url(location):
            if not is_url(self.root) or _origin(location) != _origin(self.root):
                raise ReferenceDenied(f"{location} is remote, and remote references are not allowed here")
        elif is_url(self.root):
            raise ReferenceDenied(f"{location!r} is a file, which a remote document must not name")
        else:
            folder = Path(self.root).resolve().parent
            if not Path(location).resolve().is_relative_to(folder):
                raise ReferenceDenied(f"{location!r} lies outside of {str(folder)!r}, the folder of the contract")


def is_url(source: str) -> bool:
    """Tell whether a source is a URL and not a path."""
    return source.lower().startswith(("http://", "https://"))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _fetch(url: str) -> bytes:
    from mockops.infra.http import fetch  # noqa: PLC0415 (ssl and http.client take 20 ms; files do without)

    return fetch(url, accept="application/json, application/yaml;q=0.9, */*;q=0.8")
