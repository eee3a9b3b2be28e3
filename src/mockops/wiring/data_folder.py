"""The folder in which `mockops up` keeps everything: one process at a time, for its user's eyes only."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


class DataFolderUsed(Unavailable):
    """Another `mockops up` uses the folder."""

    code: ClassVar[str] = "data.in_use"


class DataFolderUnusable(Unavailable):
    """The folder cannot be written to."""

    code: ClassVar[str] = "data.unusable"


def choose_folder(given: Path | None, environment: Mapping[str, str]) -> Path:
    """Return where to keep data: as given, `MOCKOPS_DATA`, `.mockops` here if it exists, else in the home folder."""
    if given is not None:
        return given.expanduser().absolute()
    if named := environment.get("MOCKOPS_DATA"):
        return Path(named).expanduser().absolute()
    here = Path(".mockops")
    return here.absolute() if here.is_dir() else Path.home() / ".mockops"


class DataFolder:
    """Held from `open` to `close`; a process that dies lets go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    @property
    def database_url(self) -> str:
        """Of the SQLite database in it."""
        return f"sqlite:///{self.path / 'mockops.db'}"

    @property
    def gateway(self) -> Path:
        """What the gateway keeps: its last snapshot, traffic that was not sent yet."""
        return self.path / "gateway"

    def open(self) -> None:
        """Make the folder if needed, and keep others out.

        Raises:
            DataFolderUsed: Another process is in.
            DataFolderUnusable: It cannot be made or written to.

        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = f"the data folder {self.path} cannot be used: {error.strerror or error}; choose another --data"
            raise DataFolderUnusable(message) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._lock, 32).decode("ascii", "replace").strip()
            os.close(self._lock)
            self._lock = -1
            message = (
                f"another `mockops up` (process {holder or 'unknown'}) uses the data folder {self.path}; stop it, or "
                f"choose another folder with --data"
            )
            raise DataFolderUsed(message) from error
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Let others in."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def read_private(path: Path) -> str:
    """Return the text of a file that holds a secret; empty when there is none."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def write_private(path: Path, text: str) -> None:
    """Write a secret that only this user may read, whole or not at all.

    Raises:
        DataFolderUnusable: The file cannot be written.

    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
        partial.replace(path)
    except OSError as error:
        raise DataFolderUnusable(f"{path} cannot be written: {error.strerror or error}") from error
