"""Personas of an organization: a save is a version, live in the first environment of every workspace at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.mocking.model.events import PersonaPublished
from mockops.mocking.service.changes import Changes
from mockops.mocking.service.stubs import audit_items, perform
from mockops.mocking.store import items as store
from mockops.mocking.store.items import Filters
from mockops.workspaces.model.versions import EntityType, VersionStatus
from mockops.workspaces.service.blobs import save_blobs
from mockops.workspaces.service.organizations import read_own
from mockops.workspaces.service.versions import pin_personas, record_version, set_version_status, unpin_persona

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.mocking.model.saved import ItemWrite, Outcome, SavedItem
    from mockops.workspaces.model.versions import Version


def list_personas(tx: ReadTx, *, text: str = "", cursor: str | None = None, limit: int) -> Page[SavedItem]:
    """Return a page of the personas of the caller's organization, by name.

    Raises:
        CursorInvalid: The cursor is not one of this list.

    """
    return store.page_items(tx, "persona", tx.caller.org_id, Filters(text=text), cursor=cursor, limit=limit)


def begin_persona_changes(tx: Tx, *, origin: str = "api") -> Changes:
    """Return an empty set of changes to the personas of the caller's organization; its editors may.

    Raises:
        NotAllowed: The caller's role does not suffice.

    """
    tx.caller.require(Role.EDITOR)
    return Changes(tx, "persona", tx.caller.org_id, origin=origin)


def save_persona_changes(tx: Tx, changes: Changes) -> Outcome:
    """Write changes to personas: each that changed has a version, live in the organization's first environment."""
    org_id = tx.caller.org_id
    outcome, pairs, contents = changes.save()
    save_blobs(tx, contents)
    audit_items(tx, "persona", pairs)
    if not pairs:
        return outcome
    environment = read_own(tx).environments[0]
    versions = [_publish(tx, after) for _, after in pairs if after is not None]
    pin_personas(tx, org_id, environment, versions)
    for name in outcome.deleted:
        unpin_persona(tx, org_id, environment, name)
    return outcome


def _publish(tx: Tx, persona: SavedItem) -> Version:
    version = record_version(
        tx,
        org_id=persona.owner_id,
        workspace_id="",
        entity_type=EntityType.PERSONA,
        entity_key=persona.key,
        hash=persona.digest,
    )
    version = set_version_status(tx, version, VersionStatus.PUBLISHED)
    event = PersonaPublished(persona_id=persona.id, name=persona.key, version=version.label, hash=version.hash)
    tx.announce(event, org_id=persona.owner_id, subject=f"personas/{persona.key}")
    return version


def save_personas(
    tx: Tx, *, writes: Sequence[ItemWrite] = (), deletes: Iterable[str] = (), origin: str = "apply"
) -> Outcome:
    """Save and delete many personas of the caller's organization at once; what is the same stays as it is.

    Args:
        tx: The transaction.
        writes: Personas to create or overwrite.
        deletes: Names of personas to remove; unknown ones are passed over.
        origin: Kept with personas that are created.

    Raises:
        NotAllowed: The caller's role does not suffice.
        StubInvalid: One cannot be used; diagnostics have the persona's path as source, and every problem of all.

    """
    changes = begin_persona_changes(tx, origin=origin)
    perform(changes, writes=writes, deletes=deletes)
    return save_persona_changes(tx, changes)
