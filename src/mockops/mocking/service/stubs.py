"""Stubs of a workspace: saving many at once cuts one config version, which is live in the first environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.mocking.model.events import MAX_NAMED, StubsChanged
from mockops.mocking.model.saved import ItemUnknown, Outcome
from mockops.mocking.service.changes import Changes
from mockops.mocking.service.configs import cut_config_version
from mockops.mocking.service.operations import operations_of
from mockops.mocking.store import items as store
from mockops.workspaces.service.blobs import save_blobs
from mockops.workspaces.service.environments import first_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.mocking.model.saved import ItemWrite, Kind, SavedItem
    from mockops.mocking.store.items import Filters
    from mockops.workspaces.model.environments import Workspace


def list_stubs(
    tx: ReadTx, workspace: Workspace, filters: Filters, *, cursor: str | None = None, limit: int
) -> Page[SavedItem]:
    """Return a page of a workspace's stubs, oldest first: of equal priority the last is tried first.

    Raises:
        CursorInvalid: The cursor is not one of this list.

    """
    return store.page_items(tx, "stub", workspace.id, filters, cursor=cursor, limit=limit)


def read_item(tx: ReadTx, kind: Kind, owner_id: str, key: str) -> SavedItem:
    """Return an item.

    Raises:
        ItemUnknown: There is none of the key.

    """
    found = store.find_item(tx, kind, owner_id, key)
    if found is None:
        message = f"There is no {kind} {key[:255]!r}."
        raise ItemUnknown(message)
    return found


def read_saved(tx: ReadTx, kind: Kind, owner_ids: Iterable[str]) -> dict[str, list[SavedItem]]:
    """Return every item of many workspaces (of personas: organizations) by owner, each owner's by ordinal."""
    return store.list_items(tx, kind, owner_ids)


def begin_stub_changes(tx: Tx, workspace: Workspace, *, origin: str = "api") -> Changes:
    """Return an empty set of changes to a workspace's stubs; editors may.

    Raises:
        NotAllowed: The caller's role does not suffice.

    """
    tx.caller.require(Role.EDITOR, workspace.id)
    environment_id = first_environment(tx, workspace.id).id
    operations = operations_of(tx, workspace, environment_id)
    return Changes(tx, "stub", workspace.id, operations=operations, origin=origin, environment_id=environment_id)


def save_stub_changes(tx: Tx, workspace: Workspace, changes: Changes, *, is_cut: bool = True) -> Outcome:
    """Write changes to stubs, cut one config version, and tell others.

    Args:
        tx: The transaction that they were begun in.
        workspace: The one that they were begun for.
        changes: What was decided.
        is_cut: Whether to cut the config version; if not, the caller does when all of its changes are there.

    """
    outcome, pairs, contents = changes.save()
    audit_items(tx, "stub", pairs, workspace_id=workspace.id)
    if is_cut and outcome.is_change:
        cut_config_version(tx, workspace, environment_id=changes.environment_id, contents=contents)
    else:
        save_blobs(tx, contents)
    if not outcome.is_change:
        return outcome
    event = StubsChanged(
        workspace_id=workspace.id,
        workspace=workspace.name,
        what="stubs",
        action=_action(outcome),
        created=outcome.created[:MAX_NAMED],
        updated=outcome.updated[:MAX_NAMED],
        deleted=outcome.deleted[:MAX_NAMED],
        total=len(outcome.created) + len(outcome.updated) + len(outcome.deleted),
    )
    tx.announce(event, org_id=workspace.org_id, workspace_id=workspace.id, workspace=workspace.name, subject="stubs")
    return outcome


def save_stubs(
    tx: Tx,
    workspace: Workspace,
    *,
    writes: Sequence[ItemWrite] = (),
    deletes: Iterable[str] = (),
    order: Sequence[str] = (),
    origin: str = "apply",
    is_cut: bool = True,
) -> Outcome:
    """Save and delete many stubs at once; what is the same already stays as it is.

    Args:
        tx: The transaction.
        workspace: Theirs.
        writes: Stubs to create or overwrite, in the order in which they are created.
        deletes: Keys of stubs to remove; unknown ones are passed over.
        order: Keys in the order in which the stubs are wanted; those not named keep their places.
        origin: Kept with stubs that are created.
        is_cut: Whether to cut the config version here.

    Raises:
        NotAllowed: The caller's role does not suffice.
        StubInvalid: One cannot be used; diagnostics have the stub's path as source, and every problem of all stubs.

    """
    changes = begin_stub_changes(tx, workspace, origin=origin)
    perform(changes, writes=writes, deletes=deletes)
    changes.reorder(order)
    return save_stub_changes(tx, workspace, changes, is_cut=is_cut)


def perform(changes: Changes, *, writes: Sequence[ItemWrite], deletes: Iterable[str]) -> None:
    """Decide many changes.

    Raises:
        StubInvalid: With the problems of all writes that cannot be.

    """
    gone = list(dict.fromkeys(deletes))
    changes.load([*gone, *(write.key for write in writes)])
    for key in gone:
        if changes.has(key):
            changes.delete(key)
    changes.put_all(writes)


def audit_items(
    tx: Tx,
    kind: Kind,
    pairs: Iterable[tuple[SavedItem | None, SavedItem | None]],
    *,
    workspace_id: str = "",
    org_id: str = "",
) -> None:
    """Write down what became of items, each with what it was before and after."""
    for before, after in pairs:
        item = after or before
        if item is not None:
            what = "deleted" if after is None else "updated" if before is not None else "created"
            tx.audit(
                f"{kind}.{what}",
                kind,
                item.key,
                workspace_id=workspace_id,
                org_id=org_id,
                before=_told(before),
                after=_told(after),
            )


def _told(item: SavedItem | None) -> JsonObject | None:
    if item is None:
        return None
    told: JsonObject = {"document": item.document, "digest": item.digest}
    return {**told, "files": sorted(item.files)} if item.files else told


def _action(outcome: Outcome) -> str:
    """Return the one kind of change that it was; several of them are an update."""
    kinds = [
        name
        for name, keys in (("created", outcome.created), ("updated", outcome.updated), ("deleted", outcome.deleted))
        if keys
    ]
    return kinds[0] if len(kinds) == 1 else "updated"
