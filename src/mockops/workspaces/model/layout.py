"""Projects and workspaces as they lie in files (SEMANTICS 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.documents import Document
    from mockops.core.json import JsonObject

PROJECT_FILE = "mockops.yaml"
"""Marks the root of a project."""
WORKSPACE_FILE = "workspace.yaml"
"""Marks the folder of a workspace."""
MAPPINGS_FOLDER = "mappings"
"""Where WireMock keeps its stubs, below its root."""
BODIES_FOLDER = "__files"
"""Where WireMock keeps bodies; nothing in it is a stub."""
CONTRACT_NAMES = (
    "contract.yaml",
    "contract.yml",
    "contract.json",
    "openapi.yaml",
    "openapi.yml",
    "openapi.json",
    "swagger.yaml",
    "swagger.yml",
    "swagger.json",
)
"""Where a workspace's contract is looked for when `workspace.yaml` does not say."""


class LayoutInvalid(Invalid):
    """A folder is not laid out as a project or workspace."""

    code: ClassVar[str] = "workspace.layout_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFiles:
    """The files of one workspace."""

    name: str
    folder: Path
    document: Document | None
    """The parsed `workspace.yaml`; None: there is none."""
    contract: Path | str | None
    """A file, a URL, or None: stubs only."""
    stubs: tuple[Path, ...] = ()
    scenarios: tuple[Path, ...] = ()
    settings: JsonObject
    """What `settings:` says, laid over the project's."""
    project_document: Document | None = None
    """The parsed `mockops.yaml` whose settings these are laid over; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFiles:
    """The files of a project."""

    name: str
    root: Path
    workspaces: tuple[WorkspaceFiles, ...]
    personas: tuple[Path, ...] = ()
    broken: tuple[Path, ...] = ()
    """Folders of workspaces whose own file cannot be read at all."""
