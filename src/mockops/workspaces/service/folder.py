"""A project's folder to be written to: each file whole or not at all, and none outside of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from stat import S_IMODE
from typing import TYPE_CHECKING

import msgspec

from mockops.core.documents.write import write_yaml
from mockops.core.errors import Unavailable
from mockops.workspaces.model.projects import ProjectInvalid
from mockops.workspaces.rules.file_names import is_safe

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.json import Json


class FolderUnwritable(Unavailable):
    """A file of a project cannot be written."""

    code = "workspace.folder_unwritable"


@dataclass(slots=True)
class Folder:
    """The root of a project, and what was done in it."""

    root: Path
    schemas: str = ""
    """Folder of the JSON Schemas that new files name for editors, from the root; empty: they name none."""
    written: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)

    def place(self, relative: str) -> Path:
        """Return the file at a path that may come from a server; raises ProjectInvalid when it leads astray."""
        path = self.root / relative
        if not is_safe(relative) or not path.resolve().is_relative_to(self.root.resolve()):
            raise ProjectInvalid(f"{relative!r} is not written: it is no plain path below {self.root}")
        return path

    def write_document(self, relative: str, document: Json, kind: str = "") -> None:
        """Write a document as YAML, or as JSON where the name says so.

        Args:
            relative: Where, from the root.
            document: What.
            kind: Name of its JSON Schema.

        """
        if relative.endswith(".json"):
            text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
        else:
            up = "../" * relative.count("/")
            schema = f"{up}{self.schemas}/{kind}.json" if self.schemas and kind else ""
            text = write_yaml(document, schema=schema)
        self.write(relative, text.encode())

    def write(self, relative: str, content: bytes) -> None:
        """Replace a file's content, atomically, unless it has it already."""
        path = self.place(relative)
        try:
            if path.is_file() and path.read_bytes() == content:
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._replace(path, content)
        except OSError as error:
            raise FolderUnwritable(f"{path} cannot be written: {error.strerror or error}") from error
        self.written.append(path)

    def _replace(self, path: Path, content: bytes) -> None:
        partial = path.with_name(f".{path.name[:200]}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                partial.chmod(S_IMODE(path.stat().st_mode))
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def remove(self, relative: str) -> None:
        """Remove a file, and the folders that it leaves empty."""
        path = self.place(relative)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise FolderUnwritable(f"{path} cannot be removed: {error.strerror or error}") from error
        self.removed.append(path)
        for parent in path.parents:
            if parent == self.root or any(parent.iterdir()):
                break
            parent.rmdir()
