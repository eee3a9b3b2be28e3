"""Bodies of stubs, scenarios, personas and imports, as they are sent and shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field

from mockops.core.diagnostics import Diagnostic
from mockops.core.json import JsonObject
from mockops.infra.web.bodies import Body, ProblemError, Shown
from mockops.infra.web.bulk import MAX_ITEMS, BulkItem
from mockops.infra.web.problems import as_json
from mockops.mocking.model.saved import ItemWrite, SavedItem, ScenarioStatus
from mockops.mocking.rules.reimport import Preference
from mockops.workspaces.model.versions import Version

_TEXT = r"^[^\x00]*$"
Text = Annotated[str, Query(max_length=500, pattern=_TEXT)]
"""A filter: empty takes everything."""
WorkspaceName = Annotated[str, Path(description="Id or name of the workspace.", max_length=255, pattern=_TEXT)]
Key = Annotated[str, Path(max_length=1000, pattern=_TEXT)]

Files = Annotated[
    dict[str, str],
    Field(default_factory=dict, description="Base64 of each file that the document's `file:` names, by that name."),
]


class ItemBody(Body):
    """A stub, scenario or persona."""

    document: JsonObject = Field(description="What a file of its kind holds, shorthands and all.")
    files: Files


class PatchBody(Body):
    """A change (JSON Merge Patch, RFC 7396): what is not mentioned stays, null removes."""

    document: JsonObject = Field(default_factory=dict)
    files: dict[str, str | None] = Field(default_factory=dict)


class ItemChange(BulkItem[JsonObject]):
    """One of many changes; `document` is what a file of its kind holds."""

    files: Files


class ItemBulk(Body):
    """Many changes; they happen in order."""

    items: list[ItemChange] = Field(min_length=1, max_length=MAX_ITEMS)


class PublishBody(Body):
    """How a version is published."""

    label: str | None = Field(None, max_length=64, description="Semantic version; default: the next patch.")
    comment: str = Field("", max_length=2000)


class FoundShown(ProblemError):
    """Something that is wrong, or probably not meant."""

    severity: Literal["error", "warning"] = "error"


class ItemShown(Shown):
    """What is kept of a stub, scenario or persona."""

    key: str
    document: JsonObject
    files: dict[str, str]
    origin: str = Field(description="`api`, `apply` or `import:FORMAT:NAME`.")
    path: str = Field(description="The file it came from.")
    version: int
    digest: str
    created_at: datetime
    updated_at: datetime
    problems: tuple[FoundShown, ...] = Field((), description="What is wrong with it now; errors keep it from use.")


class StubShown(ItemShown):
    """A stub."""

    name: str
    method: str
    request_path: str
    operation: str
    is_served: bool = Field(description="False: one of its problems keeps it from being used.")


class VersionShown(Shown):
    """A version that was published."""

    id: str
    number: int
    label: str
    hash: str
    status: str
    author: str
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> VersionShown:
        """Show a version."""
        return cls(
            id=version.id,
            number=version.number,
            label=version.label,
            hash=version.hash,
            status=str(version.status),
            author=version.author,
            created_at=version.created_at,
        )


class ScenarioShown(ItemShown):
    """A scenario's draft, and what is published of it."""

    name: str
    status: ScenarioStatus
    published_hash: str | None = Field(description="Hash of the version published last.")
    has_unpublished_changes: bool


class ScenarioDetails(ScenarioShown):
    """A scenario with its versions."""

    versions: tuple[VersionShown, ...] = Field(description="The newest 50, newest first.")


class PersonaShown(ItemShown):
    """A persona."""

    name: str


class ConflictShown(Shown):
    """One value that both sides changed; what is absent was not there."""

    pointer: str
    base: Any = None
    ours: Any = None
    theirs: Any = None


class ItemConflictsShown(Shown):
    """A stub that stays as it is until somebody decides."""

    key: str
    conflicts: tuple[ConflictShown, ...]


class ImportShown(Shown):
    """What an import did, or would do."""

    origin: str
    is_dry_run: bool
    created: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...] = Field(description="Edited here, not upstream: they stay.")
    merged: tuple[str, ...]
    removed: tuple[str, ...]
    refused: tuple[str, ...] = Field(description="Cannot be used; `diagnostics` say why.")
    conflicts: tuple[ItemConflictsShown, ...]
    diagnostics: tuple[FoundShown, ...]


Format = Literal["wiremock", "postman", "har", "mockoon"]
Prefer = Annotated[Preference, Query(description="Who wins where both sides changed the same.")]


def show_problems(found: Iterable[Diagnostic]) -> tuple[FoundShown, ...]:
    """Show diagnostics."""
    return tuple(FoundShown(**as_json(each)) for each in found)


def common(item: SavedItem) -> dict[str, Any]:
    """Return what is shown of every kind."""
    return {
        "key": item.key,
        "document": item.document,
        "files": item.files,
        "origin": item.origin,
        "path": item.path,
        "version": item.version,
        "digest": item.digest,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def as_write(body: ItemBody, key: str = "") -> ItemWrite:
    """Return what a body asks for."""
    return ItemWrite(key=key, document=body.document, files=body.files)
