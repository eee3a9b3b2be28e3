"""The gateway's folder: whole files or none, for one gateway at a time, readable by its user alone."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid
from mockops.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PRIVATE = 0o600
PARTIAL = ".partial"
"""How files end that are being written; what a killed process left of them is removed at the next start."""


class FolderTaken(Invalid):
    """Another gateway uses the folder."""

    code: ClassVar[str] = "gateway.folder_taken"


def write_whole(path: Path, *parts: bytes) -> None:
    """Write a file, whole or not at all; it is not waited for the disk, so a power cut may empty it.

    Raises:
        OSError: It cannot be written; a former file is still there.

    """
    partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def files_in(folder: Path) -> Iterator[Path]:
    """Give the files of a folder in order of their names; half-written ones are removed. No folder: none."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 (thousands of names, which need no Path to be sorted)
    except OSError:
        return
    for name in names:
        if name.endswith(PARTIAL):
            with contextlib.suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        else:
            yield folder / name


class Folder:
    """Where a gateway keeps what lets it start without control."""

    def __init__(self, path: Path) -> None:
        """Take the folder, making it where it is not there.

        Raises:
            FolderTaken: Another gateway uses it.

        """
        self.path = path
        self.blobs = path / "blobs"
        self.spool = path / "spool"
        self.snapshot = path / "snapshot"
        self.reason = ""
        """Why nothing can be written; empty: it can."""
        self._lock: int | None = None
        try:
            for each in (self.path, self.blobs, self.spool):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take()
            self.gateway_id = self._read_id()
        except OSError as error:
            self.reason = f"{error.filename or path}: {error.strerror or error}"
            self.gateway_id = new_id()

    def close(self) -> None:
        """Let others use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self) -> None:
        import fcntl  # noqa: PLC0415 (not on every platform)

        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, _PRIVATE)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise FolderTaken(f"{self.path} is used by another gateway; give this one a --data of its own") from error

    def _read_id(self) -> str:
        """Return who this gateway is to control, across its starts."""
        path = self.path / "id"
        with contextlib.suppress(OSError, UnicodeDecodeError):
            known = path.read_text(encoding="ascii").strip()
            if known and len(known) <= 64 and known.replace("-", "").isalnum():
                return known
        fresh = new_id()
        write_whole(path, fresh.encode())
        return fresh
