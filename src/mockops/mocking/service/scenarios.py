"""Scenarios of a workspace: a draft that is edited, versions that are published, and the one that is live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.mocking.model.events import ScenarioPublished
from mockops.mocking.model.saved import NothingPublished, Outcome
from mockops.mocking.service.changes import Changes
from mockops.mocking.service.operations import operations_of
from mockops.mocking.service.stubs import audit_items, perform, read_item
from mockops.mocking.store import items as store
from mockops.mocking.store.items import Filters
from mockops.workspaces.model.versions import EntityType, VersionStatus
from mockops.workspaces.service.blobs import save_blobs
from mockops.workspaces.service.environments import first_environment
from mockops.workspaces.service.versions import (
    find_version,
    list_versions,
    pin,
    record_version,
    set_version_status,
    unpin,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.mocking.model.saved import ItemWrite, SavedItem
    from mockops.workspaces.model.environments import Workspace
    from mockops.workspaces.model.versions import Version

_SHOWN_VERSIONS = 50


def list_scenarios(
    tx: ReadTx, workspace: Workspace, *, text: str = "", cursor: str | None = None, limit: int
) -> Page[SavedItem]:
    """Return a page of a workspace's scenarios, by name.

    Raises:
        CursorInvalid: The cursor is not one of this list.

    """
    return store.page_items(tx, "scenario", workspace.id, Filters(text=text), cursor=cursor, limit=limit)


def read_scenario_versions(tx: ReadTx, workspace: Workspace, name: str) -> tuple[Version, ...]:
    """Return the newest versions of a scenario, newest first."""
    found = list_versions(tx, workspace.id, entity_type=EntityType.SCENARIO, entity_key=name, limit=_SHOWN_VERSIONS)
    return tuple(sorted(found.items, key=lambda version: version.number, reverse=True))


def begin_scenario_changes(tx: Tx, workspace: Workspace, *, origin: str = "api") -> Changes:
    """Return an empty set of changes to a workspace's scenarios; editors may.

    Raises:
        NotAllowed: The caller's role does not suffice.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    return Changes(tx, "scenario", workspace.id, operations=operations_of(tx, workspace), origin=origin)


def save_scenario_changes(tx: Tx, workspace: Workspace, changes: Changes) -> Outcome:
    """Write changes to drafts; scenarios that were removed are not live in the first environment any more."""
    outcome, pairs, contents = changes.save()
    save_blobs(tx, contents)
    audit_items(tx, "scenario", pairs, workspace_id=workspace.id)
    if outcome.deleted:
        environment = first_environment(tx, workspace.id)
        for name in outcome.deleted:
            unpin(tx, environment.id, EntityType.SCENARIO, name)
    return outcome


def publish_scenario(
    tx: Tx, workspace: Workspace, name: str, *, label: str | None = None, comment: str = "", version: int | None = None
) -> SavedItem:
    """Make a version of what a scenario's draft says now, live in the first environment; editors may.

    Args:
        tx: The transaction.
        workspace: The scenario's.
        name: The scenario's.
        label: Semantic version, higher than all before; None: the next patch, or the one that this content has.
        comment: What others shall know about it.
        version: Refuse unless this is the draft's latest.

    Raises:
        ItemUnknown: There is no such scenario.
        ItemChanged: Somebody changed the draft.
        LabelInvalid: The label is no semantic version.
        LabelTaken: It is not higher than all before, or the content is known by another one.
        StubInvalid: It does not fit the contract any more.

    """
    changes = begin_scenario_changes(tx, workspace)
    item = changes.check(name, version=version)
    return _publish(tx, workspace, item, label=label, comment=comment)


def _publish(
    tx: Tx, workspace: Workspace, item: SavedItem, *, label: str | None = None, comment: str = ""
) -> SavedItem:
    made = record_version(
        tx,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        entity_type=EntityType.SCENARIO,
        entity_key=item.key,
        hash=item.digest,
        label=label,
    )
    made = set_version_status(tx, made, VersionStatus.PUBLISHED)
    pin(tx, first_environment(tx, workspace.id).id, made)
    after = replace(item, status="published", published_hash=made.hash)
    if after != item:
        after = replace(after, version=item.version + 1, updated_at=tx.now)
        store.update_items(tx, "scenario", [after])
    tx.audit(
        "scenario.published",
        "scenario",
        item.key,
        workspace_id=workspace.id,
        before={"status": item.status, "hash": item.published_hash},
        after={"status": after.status, "hash": made.hash, "version": made.label, "comment": comment},
    )
    event = ScenarioPublished(scenario_id=item.id, name=item.key, version=made.label, hash=made.hash, comment=comment)
    tx.announce(
        event,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        workspace=workspace.name,
        subject=f"scenarios/{item.key}",
    )
    return after


def deprecate_scenario(tx: Tx, workspace: Workspace, name: str, *, version: int | None = None) -> SavedItem:
    """Say that a scenario should not be used any more: it stays live where it is pinned, and is pinned nowhere else.

    Raises:
        ItemUnknown: There is no such scenario.
        ItemChanged: Somebody changed it.
        NothingPublished: It was never published.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    item = read_item(tx, "scenario", workspace.id, name)
    Changes.require_latest("scenario", item, version)
    if not item.published_hash:
        message = f"The scenario {name!r} was never published; delete it if nobody needs it."
        raise NothingPublished(message)
    if item.status == "deprecated":
        return item
    cursor: str | None = None
    while True:
        page = list_versions(
            tx, workspace.id, entity_type=EntityType.SCENARIO, entity_key=name, cursor=cursor, limit=500
        )
        for each in page.items:
            set_version_status(tx, each, VersionStatus.DEPRECATED)
        cursor = page.next
        if cursor is None:
            break
    after = replace(item, status="deprecated", version=item.version + 1, updated_at=tx.now)
    store.update_items(tx, "scenario", [after])
    tx.audit(
        "scenario.deprecated",
        "scenario",
        name,
        workspace_id=workspace.id,
        before={"status": item.status},
        after={"status": after.status},
    )
    return after


def find_published(tx: ReadTx, workspace: Workspace, item: SavedItem) -> Version | None:
    """Return the version of a scenario that was published last."""
    if not item.published_hash:
        return None
    return find_version(
        tx,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        entity_type=EntityType.SCENARIO,
        entity_key=item.key,
        named=item.published_hash,
    )


def save_scenarios(
    tx: Tx,
    workspace: Workspace,
    *,
    writes: Sequence[ItemWrite] = (),
    deletes: Iterable[str] = (),
    origin: str = "apply",
) -> Outcome:
    """Save, publish and delete many scenarios at once; what is the same and published stays as it is.

    Args:
        tx: The transaction.
        workspace: Theirs.
        writes: Scenarios to create or overwrite; each is published.
        deletes: Names of scenarios to remove; unknown ones are passed over.
        origin: Kept with scenarios that are created.

    Raises:
        NotAllowed: The caller's role does not suffice.
        StubInvalid: One cannot be used; diagnostics have the scenario's path as source, and every problem of all.

    """
    changes = begin_scenario_changes(tx, workspace, origin=origin)
    perform(changes, writes=writes, deletes=deletes)
    outcome = save_scenario_changes(tx, workspace, changes)
    saved = store.read_items(tx, "scenario", workspace.id, [write.key for write in writes])
    for item in saved.values():
        if item.published_hash != item.digest:
            _publish(tx, workspace, item)
    return outcome
