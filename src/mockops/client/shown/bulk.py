"""Many changes in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.core.json import JsonObject

if TYPE_CHECKING:
    from collections.abc import Mapping


class BulkChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of many changes; made by `create`, `update` and `delete`."""

    action: Literal["create", "update", "delete"]
    id: str = ""
    """What is meant by update and delete: id, key or name."""
    version: int | None = None
    """Refuse unless this is the latest version."""
    document: JsonObject | None = None
    files: dict[str, str] = {}
    """Base64 of each file that the document's `file:` names, by that name."""

    @classmethod
    def create(cls, document: JsonObject, *, key: str = "", files: Mapping[str, str] | None = None) -> BulkChange:
        """Return the creation of what a document says."""
        return cls(action="create", id=key, document=document, files=dict(files or {}))

    @classmethod
    def update(
        cls, key: str, document: JsonObject, *, version: int | None = None, files: Mapping[str, str] | None = None
    ) -> BulkChange:
        """Return the change of what a key names: stubs and personas are replaced, members get what is said."""
        return cls(action="update", id=key, version=version, document=document, files=dict(files or {}))

    @classmethod
    def delete(cls, key: str, *, version: int | None = None) -> BulkChange:
        """Return the deletion of what a key names."""
        return cls(action="delete", id=key, version=version)


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item."""

    index: int
    status: int
    id: str | None = None
    problem: JsonObject | None = None


class BulkResults(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all items."""

    results: tuple[BulkResult, ...]
    succeeded: int
    failed: int
