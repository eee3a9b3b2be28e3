"""Stubs, scenarios, personas, and what imports made of other tools' files."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockops.client.shown.findings import Finding
from mockops.core.json import Json, JsonObject


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a stub, scenario or persona."""

    key: str
    document: JsonObject
    files: dict[str, str]
    origin: str
    """`api`, `apply` or `import:FORMAT:NAME`."""
    path: str
    """The file it came from."""
    version: int
    digest: str
    created_at: datetime
    updated_at: datetime
    problems: tuple[Finding, ...] = ()
    """What is wrong with it now; errors keep it from use."""


class Stub(Item, frozen=True, kw_only=True):
    """A stub."""

    name: str
    method: str
    request_path: str
    operation: str
    is_served: bool
    """False: one of its problems keeps it from being used."""


class Scenario(Item, frozen=True, kw_only=True):
    """A scenario's draft, and what is published of it."""

    name: str
    status: Literal["draft", "published", "deprecated"]
    published_hash: str | None
    """Hash of the version published last."""
    has_unpublished_changes: bool


class PublishedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was published."""

    id: str
    number: int
    label: str
    hash: str
    status: str
    author: str
    created_at: datetime


class ScenarioDetails(Scenario, frozen=True, kw_only=True):
    """A scenario with its versions."""

    versions: tuple[PublishedVersion, ...]
    """The newest 50, newest first."""


class Persona(Item, frozen=True, kw_only=True):
    """A persona."""

    name: str


class ConflictingValue(msgspec.Struct, frozen=True, kw_only=True):
    """One value that both sides changed; what is absent was not there."""

    pointer: str
    base: Json = None
    ours: Json = None
    theirs: Json = None


class ItemConflicts(msgspec.Struct, frozen=True, kw_only=True):
    """A stub that stays as it is until somebody decides."""

    key: str
    conflicts: tuple[ConflictingValue, ...]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do."""

    origin: str
    is_dry_run: bool
    created: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]
    """Edited here, not upstream: they stay."""
    merged: tuple[str, ...]
    removed: tuple[str, ...]
    refused: tuple[str, ...]
    """Cannot be used; `diagnostics` say why."""
    conflicts: tuple[ItemConflicts, ...]
    diagnostics: tuple[Finding, ...]
