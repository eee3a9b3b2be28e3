"""The real contracts that MOCKOPS_CORPUS names: a folder of documents, archives of documents, or both."""

from __future__ import annotations

import lzma
import os
import tarfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".json", ".yaml", ".yml")
_TARS = (".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".tar")


def documents_in(folder: Path) -> list[Path]:
    """Return the documents of a folder that look like contracts by their names, in a stable order."""
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return sorted(path for path in found if path.name != "package.json")


@contextmanager
def unpacked(corpus: Path) -> Iterator[list[Path]]:
    """Give the documents of a corpus; what is packed is unpacked into a temporary folder meanwhile.

    Args:
        corpus: One document, or a folder with documents, `.xz` files and tar archives.

    """
    if corpus.is_file() and corpus.suffix in SUFFIXES:
        yield [corpus]
        return
    with TemporaryDirectory(prefix="mockops-corpus-") as name:
        folder = Path(name)
        for path in sorted(corpus.rglob("*")) if corpus.is_dir() else [corpus]:
            _unpack(path, folder)
        yield [*(documents_in(corpus) if corpus.is_dir() else ()), *documents_in(folder)]


def _unpack(path: Path, folder: Path) -> None:
    if path.name.endswith(_TARS):
        with tarfile.open(path) as archive:
            archive.extractall(folder / path.name.partition(".tar")[0], filter="data")
    elif path.suffix == ".xz":
        (folder / path.stem).write_bytes(lzma.decompress(path.read_bytes()))


def named_corpus() -> Path | None:
    """Return the folder that MOCKOPS_CORPUS names, if it is there."""
    named = os.environ.get("MOCKOPS_CORPUS")
    return Path(named) if named and Path(named).exists() else None
