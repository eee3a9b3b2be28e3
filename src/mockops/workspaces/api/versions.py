"""`/workspaces/{workspace}/versions`, and `/versions` for personas: what entities were."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from mockops.core.actor import Role, WorkspaceUnknown
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Raw, Read, Router, Write
from mockops.workspaces.api.shapes import Id, IdOrName
from mockops.workspaces.model.versions import (
    BlobUnknown,
    EntityType,
    LabelInvalid,
    LabelTaken,
    Version,
    VersionStatus,
    VersionUnknown,
)
from mockops.workspaces.service import versions as service
from mockops.workspaces.service.blobs import read_blob
from mockops.workspaces.service.workspaces import find_workspace

router = Router("workspaces", tag="versions")

TypeFilter = Annotated[EntityType | None, Query(description="Only versions of this.")]
KeyFilter = Annotated[str | None, Query(max_length=255, description="Only of the scenario or persona of this name.")]


class VersionShown(Shown):
    """A version; its content never changes."""

    id: str
    entity_type: EntityType
    entity_key: str
    number: int = Field(description="1 for an entity's first.")
    hash: str = Field(description="SHA-256 of the content.")
    label: str = Field(description="Semantic version; empty: none was given.")
    status: VersionStatus
    author: str
    created_at: datetime


class VersionLabel(Body):
    """A label to be given."""

    label: str = Field(min_length=1, max_length=64, description="Higher than every one given before.")


def show(version: Version) -> VersionShown:
    """Return a version as it is shown."""
    return VersionShown.model_construct(**{name: getattr(version, name) for name in VersionShown.model_fields})


def _content(work: Read, version: Version) -> Raw:
    content = read_blob(work.tx, version.hash)
    is_json = content[:1] in (b"{", b"[")
    headers = {"ETag": f'"{version.hash}"', "X-Content-Type-Options": "nosniff"}
    return Raw(content, "application/json" if is_json else "application/octet-stream", headers)


_OF_WORKSPACE = "/workspaces/{workspace}/versions"
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"schema": {}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


@router.reads("GET", _OF_WORKSPACE, errors=(WorkspaceUnknown,))
def list_versions(
    work: Read,
    workspace: IdOrName,
    entity_type: TypeFilter = None,
    entity_key: KeyFilter = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[VersionShown]:
    """List versions in a workspace, newest first."""
    found = find_workspace(work.tx, work.caller, workspace)
    page = service.list_versions(
        work.tx, found.id, entity_type=entity_type, entity_key=entity_key, cursor=cursor, limit=limit
    )
    return Listed.of(page, show)


@router.reads("GET", _OF_WORKSPACE + "/{version}", errors=(WorkspaceUnknown, VersionUnknown))
def get_version(work: Read, workspace: IdOrName, version: Id) -> VersionShown:
    """Return a version."""
    found = find_workspace(work.tx, work.caller, workspace)
    return show(service.read_version(work.tx, found.id, version))


@router.reads(
    "GET",
    _OF_WORKSPACE + "/{version}/content",
    errors=(WorkspaceUnknown, VersionUnknown, BlobUnknown),
    responses=_CONTENT,
)
def get_version_content(work: Read, workspace: IdOrName, version: Id) -> Raw:
    """Return what a version holds, as it was saved; a contract's is at `/contracts`."""
    found = find_workspace(work.tx, work.caller, workspace)
    return _content(work, service.read_version(work.tx, found.id, version))


@router.writes(
    "PATCH", _OF_WORKSPACE + "/{version}", errors=(WorkspaceUnknown, VersionUnknown, LabelInvalid, LabelTaken)
)
def label_version(work: Write, workspace: IdOrName, version: Id, body: VersionLabel) -> VersionShown:
    """Give a version without label one, which also keeps it from being pruned; needs an editor."""
    found = find_workspace(work.tx, work.caller, workspace)
    work.caller.require(Role.EDITOR, found.id)
    return show(service.label_version(work.tx, service.read_version(work.tx, found.id, version), body.label))


@router.reads("GET", "/versions")
def list_persona_versions(
    work: Read, persona: KeyFilter = None, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Listed[VersionShown]:
    """List versions of personas, newest first."""
    page = service.list_versions(
        work.tx, "", entity_type=EntityType.PERSONA, entity_key=persona, cursor=cursor, limit=limit
    )
    return Listed.of(page, show)


@router.reads("GET", "/versions/{version}", errors=(VersionUnknown,))
def get_persona_version(work: Read, version: Id) -> VersionShown:
    """Return a version of a persona."""
    return show(service.read_version(work.tx, "", version))


@router.reads("GET", "/versions/{version}/content", errors=(VersionUnknown, BlobUnknown), responses=_CONTENT)
def get_persona_version_content(work: Read, version: Id) -> Raw:
    """Return what a version of a persona holds, as it was saved."""
    return _content(work, service.read_version(work.tx, "", version))
