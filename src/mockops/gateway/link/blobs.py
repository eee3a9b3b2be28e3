"""Blobs on disk, by the digest of their content: compiled contracts and personas; each is fetched once."""

from __future__ import annotations

import contextlib
import mmap
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Unavailable
from mockops.gateway.link.folder import files_in, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

_SMALL_BYTES = 64 << 10
"""Up to this size a blob is read; mapping it would cost an open file and save nothing."""
_HEX = frozenset("0123456789abcdef")


class BlobMissing(Unavailable):
    """A blob is not there, or is not what its name says."""

    code: ClassVar[str] = "gateway.blob_missing"

    def __init__(self, digest: str, message: str) -> None:
        super().__init__(message)
        self.digest = digest


class Blobs:
    """Content by digest; in memory where the disk takes no more."""

    def __init__(self, folder: Path, *, max_maps: int = 4096) -> None:
        """Use a folder.

        Args:
            folder: Where the files lie, named by their digests.
            max_maps: How many files may be mapped, each of which counts as an open file; more are read.

        """
        self._folder = folder
        self._held: dict[str, bytes] = {}
        """Those that the disk does not hold."""
        self._good: set[str] = set()
        """Digests verified in this process."""
        self._known = {path.name for path in files_in(folder)}
        self._maps = 0
        self._max_maps = max_maps
        self.reason = ""
        """Why the disk took the last one not; empty: it did."""

    def lacks(self, digests: Collection[str]) -> list[str]:
        """Return the digests whose blobs are not here."""
        return [digest for digest in digests if digest not in self._known and digest not in self._held]

    def put(self, digest: str, content: bytes) -> None:
        """Keep a blob, on disk if it can be; may be called on a thread, one at a time.

        Raises:
            BlobMissing: The content is not that blob.

        """
        if sha256(content).hexdigest() != digest:
            raise BlobMissing(digest, f"what came as blob {digest} is something else")
        try:
            write_whole(self._folder / digest, content)
        except OSError as error:
            self.reason = error.strerror or str(error)
            self._held[digest] = content
        else:
            self.reason = ""
            self._known.add(digest)
            self._held.pop(digest, None)
        self._good.add(digest)

    def write_held(self) -> None:
        """Bring to disk what only memory has; may be called on a thread, one at a time.

        Raises:
            OSError: The disk still takes no more.

        """
        for digest, content in list(self._held.items()):
            write_whole(self._folder / digest, content)
            self._known.add(digest)
            self._held.pop(digest, None)
        self.reason = ""

    @property
    def is_whole(self) -> bool:
        """Whether the disk has all of them."""
        return not self._held

    def open(self, digest: str) -> memoryview:
        """Return a blob, mapped from disk if it is large; verified when it is opened first.

        Raises:
            BlobMissing: It is not here, or damaged; then it is forgotten, so that it is fetched anew.

        """
        if digest in self._held:
            return memoryview(self._held[digest])
        if not digest or not _HEX.issuperset(digest):  # nothing else is ever made a path of
            raise BlobMissing(digest, f"{digest!r} is no digest of a blob")
        try:
            content = self._read(self._folder / digest)
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            self._known.discard(digest)
            reason = "it has not come yet" if isinstance(error, FileNotFoundError) else str(error)
            raise BlobMissing(digest, f"blob {digest} cannot be read: {reason}") from error
        if digest not in self._good:
            if sha256(content).hexdigest() != digest:
                self._known.discard(digest)
                with contextlib.suppress(OSError):
                    (self._folder / digest).unlink(missing_ok=True)
                raise BlobMissing(digest, f"blob {digest} is damaged on disk")
            self._good.add(digest)
        return content

    def _read(self, path: Path) -> memoryview:
        if self._maps >= self._max_maps or path.stat().st_size <= _SMALL_BYTES:
            return memoryview(path.read_bytes())
        with path.open("rb") as file:
            mapped = _Map(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._maps += 1
        mapped.on_gone = self._count_down
        return memoryview(mapped)

    def _count_down(self) -> None:
        self._maps -= 1

    def prune(self, used: Collection[str]) -> int:
        """Remove the blobs that are not used; return how many. What is mapped stays readable."""
        unused = self._known.difference(used)
        for digest in unused:
            with contextlib.suppress(OSError):
                (self._folder / digest).unlink(missing_ok=True)
        self._known -= unused
        self._good &= self._known
        for digest in set(self._held).difference(used):
            del self._held[digest]
        return len(unused)


class _Map(mmap.mmap):
    """A mapping that says when it is gone."""

    on_gone: Callable[[], None] | None = None

    def __del__(self) -> None:
        if self.on_gone is not None:
            self.on_gone()
