"""Scenarios of a workspace: drafts, and what is published of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from mockops.infra.db.transactions import ReadTx
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.mocking.api.shapes import (
    ItemBody,
    Key,
    PatchBody,
    PublishBody,
    ScenarioDetails,
    ScenarioShown,
    Text,
    VersionShown,
    WorkspaceName,
    as_write,
    common,
    show_problems,
)
from mockops.mocking.model import StubInvalid
from mockops.mocking.model.saved import ItemChanged, ItemExists, ItemUnknown, NothingPublished, SavedItem
from mockops.mocking.service.changes import Changes
from mockops.mocking.service.operations import operations_of
from mockops.mocking.service.parsed import problems_of
from mockops.mocking.service.scenarios import (
    begin_scenario_changes,
    deprecate_scenario,
    list_scenarios,
    publish_scenario,
    read_scenario_versions,
    save_scenario_changes,
)
from mockops.mocking.service.stubs import read_item
from mockops.workspaces.model.environments import Workspace
from mockops.workspaces.model.versions import LabelInvalid, LabelTaken
from mockops.workspaces.service.workspaces import find_workspace

router = Router("mocking", tag="scenarios")


def _members(item: SavedItem, operations: Mapping[str, str]) -> dict[str, Any]:
    return {
        **common(item),
        "name": item.key,
        "status": item.status,
        "published_hash": item.published_hash or None,
        "has_unpublished_changes": item.digest != item.published_hash,
        "problems": show_problems(problems_of("scenario", item, operations)),
    }


def _details(tx: ReadTx, workspace: Workspace, item: SavedItem, operations: Mapping[str, str]) -> ScenarioDetails:
    versions = read_scenario_versions(tx, workspace, item.key)
    return ScenarioDetails.model_construct(
        **_members(item, operations), versions=tuple(VersionShown.of(each) for each in versions)
    )


@router.reads("GET", "/workspaces/{workspace}/scenarios")
def list_workspace_scenarios(
    work: Read, workspace: WorkspaceName, q: Text = "", limit: Limit = DEFAULT, cursor: Cursor = None
) -> Listed[ScenarioShown]:
    """List scenarios by name; `q` stands anywhere in it."""
    found = find_workspace(work.tx, work.caller, workspace)
    operations = operations_of(work.tx, found)
    page = list_scenarios(work.tx, found, text=q, cursor=cursor, limit=limit)
    return Listed[ScenarioShown].of(
        page, lambda item: ScenarioShown.model_construct(**_members(cast("SavedItem", item), operations))
    )


@router.writes("POST", "/workspaces/{workspace}/scenarios", errors=(ItemExists, StubInvalid))
def create_scenario(work: Write, workspace: WorkspaceName, body: ItemBody) -> Created[ScenarioDetails]:
    """Create a scenario as a draft; its key is the document's `name`."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_scenario_changes(work.tx, found)
    item = changes.create(as_write(body))
    location = f"/workspaces/{found.name}/scenarios/{quote(item.key, safe='')}"
    return Created(_saved(work, found, changes, item), location)


@router.writes(
    "POST",
    "/workspaces/{workspace}/scenarios/{name:path}/publish",
    errors=(ItemUnknown, ItemChanged, LabelInvalid, LabelTaken),
)
def publish_workspace_scenario(
    work: Write, workspace: WorkspaceName, name: Key, body: PublishBody | None = None
) -> ScenarioDetails:
    """Make a version of what the draft says now, live in the first environment."""
    found = find_workspace(work.tx, work.caller, workspace)
    asked = body or PublishBody.model_construct(label=None, comment="")
    item = publish_scenario(work.tx, found, name, label=asked.label, comment=asked.comment, version=work.if_match())
    return _details(work.tx, found, item, operations_of(work.tx, found))


@router.writes(
    "POST",
    "/workspaces/{workspace}/scenarios/{name:path}/deprecate",
    errors=(ItemUnknown, ItemChanged, NothingPublished),
)
def deprecate_workspace_scenario(work: Write, workspace: WorkspaceName, name: Key) -> ScenarioDetails:
    """Say that a scenario should not be used any more; where its versions are pinned, they stay live."""
    found = find_workspace(work.tx, work.caller, workspace)
    item = deprecate_scenario(work.tx, found, name, version=work.if_match())
    return _details(work.tx, found, item, operations_of(work.tx, found))


@router.reads("GET", "/workspaces/{workspace}/scenarios/{name:path}", errors=(ItemUnknown,))
def get_scenario(work: Read, workspace: WorkspaceName, name: Key) -> ScenarioDetails:
    """Read a scenario with its versions."""
    found = find_workspace(work.tx, work.caller, workspace)
    item = read_item(work.tx, "scenario", found.id, name)
    return _details(work.tx, found, item, operations_of(work.tx, found))


@router.writes("PUT", "/workspaces/{workspace}/scenarios/{name:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def replace_scenario(work: Write, workspace: WorkspaceName, name: Key, body: ItemBody) -> ScenarioDetails:
    """Replace a scenario's draft; `If-Match` carries the version you read."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_scenario_changes(work.tx, found)
    item = changes.replace(as_write(body, name), version=work.if_match())
    return _saved(work, found, changes, item)


@router.writes("PATCH", "/workspaces/{workspace}/scenarios/{name:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def patch_scenario(work: Write, workspace: WorkspaceName, name: Key, body: PatchBody) -> ScenarioDetails:
    """Change parts of a scenario's draft (JSON Merge Patch, RFC 7396); `If-Match` carries the version you read."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_scenario_changes(work.tx, found)
    item = changes.patch(name, document=body.document, files=body.files, version=work.if_match())
    return _saved(work, found, changes, item)


@router.writes("DELETE", "/workspaces/{workspace}/scenarios/{name:path}", errors=(ItemUnknown, ItemChanged))
def delete_scenario(work: Write, workspace: WorkspaceName, name: Key) -> None:
    """Delete a scenario; it is not live in the first environment any more, later ones change by promotion alone."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_scenario_changes(work.tx, found)
    changes.delete(name, version=work.if_match())
    save_scenario_changes(work.tx, found, changes)


def _saved(work: Write, workspace: Workspace, changes: Changes, item: SavedItem) -> ScenarioDetails:
    save_scenario_changes(work.tx, workspace, changes)
    return _details(work.tx, workspace, item, changes.operations)
