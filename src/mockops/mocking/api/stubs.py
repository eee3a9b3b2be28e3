"""Stubs of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid
from mockops.core.json import JsonObject
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed
from mockops.infra.web.bulk import BulkItem, BulkShown, run_bulk
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.mocking.api.shapes import (
    ItemBody,
    ItemBulk,
    ItemChange,
    Key,
    PatchBody,
    StubShown,
    Text,
    WorkspaceName,
    as_write,
    common,
    show_problems,
)
from mockops.mocking.model import StubInvalid
from mockops.mocking.model.saved import ItemChanged, ItemExists, ItemUnknown, ItemWrite, SavedItem
from mockops.mocking.service.changes import Changes
from mockops.mocking.service.operations import operations_of
from mockops.mocking.service.parsed import problems_of
from mockops.mocking.service.stubs import begin_stub_changes, list_stubs, read_item, save_stub_changes
from mockops.mocking.store.items import Filters
from mockops.workspaces.service.workspaces import find_workspace

router = Router("mocking", tag="stubs")


def show_stub(item: SavedItem, operations: Mapping[str, str]) -> StubShown:
    """Show a stub with what is wrong with it now."""
    found = problems_of("stub", item, operations)
    return StubShown.model_construct(
        **common(item),
        name=item.name,
        method=item.method,
        request_path=item.request_path,
        operation=item.operation,
        problems=show_problems(found),
        is_served=all(each.severity is not Severity.ERROR for each in found),
    )


@router.reads("GET", "/workspaces/{workspace}/stubs")
def list_workspace_stubs(
    work: Read,
    workspace: WorkspaceName,
    method: Text = "",
    path: Text = "",
    operation: Text = "",
    q: Text = "",
    origin: Text = "",
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[StubShown]:
    """List stubs, oldest first: of equal priority the last is tried first.

    `path` is a request path (`/pets/{id}`, `/pets*`) or the file that a stub came from; `operation` an operationId or
    `GET /pets/{id}`; `origin` is `api`, `apply`, `import` or `import:postman`; `q` stands anywhere in key, name, path
    or operation.
    """
    found = find_workspace(work.tx, work.caller, workspace)
    operations = operations_of(work.tx, found)
    filters = Filters(
        method=method,
        request_path=path if path.startswith(("/", "*")) else "",
        path="" if path.startswith(("/", "*")) else path,
        operation=operations.get(operation, operation),
        origin=origin,
        text=q,
    )
    page = list_stubs(work.tx, found, filters, cursor=cursor, limit=limit)
    return Listed[StubShown].of(page, lambda item: show_stub(cast("SavedItem", item), operations))


@router.writes("POST", "/workspaces/{workspace}/stubs", errors=(ItemExists, StubInvalid))
def create_stub(work: Write, workspace: WorkspaceName, body: ItemBody) -> Created[StubShown]:
    """Create a stub; its key is the document's `id`, or made from its content."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_stub_changes(work.tx, found)
    item = changes.create(as_write(body))
    save_stub_changes(work.tx, found, changes)
    location = f"/workspaces/{found.name}/stubs/{quote(item.key, safe='')}"
    return Created(show_stub(item, changes.operations), location)


@router.writes("POST", "/workspaces/{workspace}/stubs/bulk")
def change_stubs(work: Write, workspace: WorkspaceName, body: ItemBulk) -> BulkShown:
    """Create, update and delete up to 1,000 stubs, as one version of the workspace's config."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_stub_changes(work.tx, found)
    shown = run_changes(work, changes, body, "stub")
    save_stub_changes(work.tx, found, changes)
    return shown


@router.reads("GET", "/workspaces/{workspace}/stubs/{key:path}", errors=(ItemUnknown,))
def get_stub(work: Read, workspace: WorkspaceName, key: Key) -> StubShown:
    """Read a stub."""
    found = find_workspace(work.tx, work.caller, workspace)
    return show_stub(read_item(work.tx, "stub", found.id, key), operations_of(work.tx, found))


@router.writes("PUT", "/workspaces/{workspace}/stubs/{key:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def replace_stub(work: Write, workspace: WorkspaceName, key: Key, body: ItemBody) -> StubShown:
    """Replace a stub; `If-Match` carries the version you read."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_stub_changes(work.tx, found)
    item = changes.replace(as_write(body, key), version=work.if_match())
    save_stub_changes(work.tx, found, changes)
    return show_stub(item, changes.operations)


@router.writes("PATCH", "/workspaces/{workspace}/stubs/{key:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def patch_stub(work: Write, workspace: WorkspaceName, key: Key, body: PatchBody) -> StubShown:
    """Change parts of a stub (JSON Merge Patch, RFC 7396); `If-Match` carries the version you read."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_stub_changes(work.tx, found)
    item = changes.patch(key, document=body.document, files=body.files, version=work.if_match())
    save_stub_changes(work.tx, found, changes)
    return show_stub(item, changes.operations)


@router.writes("DELETE", "/workspaces/{workspace}/stubs/{key:path}", errors=(ItemUnknown, ItemChanged))
def delete_stub(work: Write, workspace: WorkspaceName, key: Key) -> None:
    """Delete a stub; `If-Match` carries the version you read."""
    found = find_workspace(work.tx, work.caller, workspace)
    changes = begin_stub_changes(work.tx, found)
    changes.delete(key, version=work.if_match())
    save_stub_changes(work.tx, found, changes)


def run_changes(work: Write, changes: Changes, body: ItemBulk, kind: str) -> BulkShown:
    """Decide the items of a bulk one by one; what is refused leaves the others alone."""
    member = "id" if kind == "stub" else "name"
    named = (item.id or _said(item, member) for item in body.items)
    changes.load(key for key in named if key)

    def perform(item: BulkItem[JsonObject]) -> str:
        if item.action == "delete":
            return changes.delete(item.id, version=item.version).key
        if item.document is None:
            message = f"{item.action} needs a document"
            raise Invalid(f"/document: {message}.")
        files = item.files if isinstance(item, ItemChange) else {}
        if item.action == "create":
            return changes.create(ItemWrite(key=item.id, document=item.document, files=files)).key
        key = item.id or _said(item, member)
        return changes.replace(ItemWrite(key=key, document=item.document, files=files), version=item.version).key

    return run_bulk(work.tx, list[BulkItem[JsonObject]](body.items), perform)


def _said(item: BulkItem[JsonObject], member: str) -> str:
    """Return the key that a document says, if it does."""
    said = item.document.get(member) if item.document is not None else None
    return said if isinstance(said, str) else ""
