"""Contracts as bundles: collected from a folder, and read from memory alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.contracts.rules.bundles import MAX_BYTES, make_bundle
from mockops.contracts.service.load import load_contract
from mockops.contracts.service.sources import ReferenceDenied, Sources, is_url
from mockops.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.contracts.model import Bundle

_REFERENCE = re.compile(rb"""\$ref["']?+\s*+:\s*+(?!["']?#)|\\u0024ref""")
"""A `$ref` that is not into the document itself. A hit only costs time."""
_MAPPING = re.compile(rb"""\bmapping["']?\s*:""")
_FILE_NAME = re.compile(rb"""\.(?:json|ya?ml)\b""", re.IGNORECASE)
"""With a discriminator's mapping in the same document, it may map to a file."""


class BundleSources(Sources):
    """The documents of a bundle; nothing outside of it is ever read."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle.root, fetch=None, allow_remote_refs=False)
        self._bundle = bundle

    def _content(self, source: str) -> bytes:
        try:
            return self._bundle.files[source]
        except KeyError:
            raise NotFound(f"the bundle has no file {source!r}") from None

    def _check(self, location: str) -> None:
        if is_url(location):
            message = f"{location} is remote; only files of the bundle can be referred to"
            raise ReferenceDenied(message)


def bundle_from_path(path: str | Path, *, allow_outside: bool = False) -> Bundle:
    """Collect a contract's document and every file that it refers to, directly or not.

    Names are relative to the document's folder, or to the folder that holds all files when some lie above. What cannot
    be found is left out: compiling the bundle says where it is missed.

    Args:
        path: Of the document that is the contract.
        allow_outside: Whether files outside of the document's folder may be collected.

    Raises:
        ContractInvalid: The document cannot be read, or is no contract.
        BundleInvalid: There are too many files, or they are too large.

    """
    root = Path(os.path.normpath(path))
    files = _files_of(root, allow_outside=allow_outside)
    folder = _common_folder(root, files)
    names = {each.relative_to(folder).as_posix(): each for each in files}
    return make_bundle(root.relative_to(folder).as_posix(), _contents(names.items()))


def _files_of(root: Path, *, allow_outside: bool) -> tuple[Path, ...]:
    sources = Sources(str(root), fetch=None, allow_remote_refs=False)
    text = sources.read_root()
    if not _REFERENCE.search(text) and not (_MAPPING.search(text) and _FILE_NAME.search(text)):
        return (root,)
    loaded = load_contract(root, fetch=_refuse, allow_remote_refs=allow_outside)
    return tuple(dict.fromkeys(Path(os.path.normpath(each)) for each in loaded.files))


def _refuse(url: str) -> bytes:
    raise ReferenceDenied(f"{url} is remote; a bundle is made of files")


def _common_folder(root: Path, files: Iterable[Path]) -> Path:
    if all(each.is_relative_to(root.parent) for each in files):
        return root.parent
    return Path(os.path.commonpath([each.parent for each in files]))


def _contents(files: Iterable[tuple[str, Path]]) -> dict[str, bytes]:
    """Read files, at most one byte more in all than a bundle may have."""
    contents = {}
    left = MAX_BYTES + 1
    for name, path in files:
        with path.open("rb") as file:
            contents[name] = file.read(left)
        left -= len(contents[name])
    return contents
