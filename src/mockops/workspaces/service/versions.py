"""Versions: what an entity was, by content, never changed; and `pin` and `unpin`, for slices that have decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.versions import (
    EntityType,
    LabelTaken,
    Version,
    VersionStatus,
    VersionUnknown,
)
from mockops.workspaces.rules.names import is_id
from mockops.workspaces.rules.semver import check_label, is_higher, next_patch
from mockops.workspaces.store import environments as environment_rows
from mockops.workspaces.store import pins as pin_rows
from mockops.workspaces.store import versions as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.versions import PersonaPin, Pin

_MAX_DIGITS = 9
"""Of a version's number; databases hold no more."""
KEPT_CONFIGS = 50
"""Config versions without label and pin that are kept, the newest ones."""


def record_version(
    tx: Tx,
    *,
    org_id: str,
    workspace_id: str,
    entity_type: EntityType | str,
    entity_key: str = "",
    hash: str,
    label: str | None = None,
) -> Version:
    """Return the version of an entity that has a content, recorded now if there is none.

    Args:
        tx: The transaction.
        org_id: The organization.
        workspace_id: The workspace; empty for personas.
        entity_type: Of what.
        entity_key: Name of the scenario or persona.
        hash: SHA-256 of the content, in hex.
        label: Semantic version; None: the next patch, but for config versions, which have none by themselves.

    Raises:
        LabelInvalid: The label is no semantic version.
        LabelTaken: It is not higher than all before, or the content is known by another one.

    """
    kind = EntityType(entity_type)
    entity = org_id, workspace_id, str(kind), entity_key
    known = store.find_by_hash(tx, entity, hash)
    if known is not None:
        return known if label is None else label_version(tx, known, label)
    rank = 0
    if label is None and kind is EntityType.CONFIG:
        label = ""
    else:
        highest, rank = store.find_highest(tx, entity)
        if label is None:
            label = next_patch(highest)
        elif label:
            _refuse_lower(label, highest)
    version = Version(
        id=new_id(),
        org_id=org_id,
        workspace_id=workspace_id,
        entity_type=kind,
        entity_key=entity_key,
        number=store.read_last_number(tx, entity) + 1,
        hash=hash,
        label=label,
        status=VersionStatus.PUBLISHED,
        author=f"{tx.caller.kind}:{tx.caller.name}",
        created_at=tx.now,
    )
    row = {field: getattr(version, field) for field in version.__dataclass_fields__}
    store.insert_version(tx, {**row, "label_rank": rank + 1 if label else 0})
    return version


def label_version(tx: Tx, version: Version, label: str) -> Version:
    """Give a version without label one.

    Raises:
        LabelInvalid: The label is no semantic version.
        LabelTaken: It is not higher than all before, or the version has another one.

    """
    if version.label == check_label(label):
        return version
    if version.label:
        message = f"This very content is version {version.label} already; it cannot be {label[:64]!r}, too."
        raise LabelTaken(message)
    highest, rank = store.find_highest(tx, entity_of(version))
    _refuse_lower(label, highest)
    store.label_version(tx, version.id, label, rank + 1)
    entity = entity_of(version)[2:]
    before, after = ({"label": each, "entity": entity} for each in (version.label, label))
    tx.audit("version.labelled", "version", version.id, workspace_id=version.workspace_id, before=before, after=after)
    return replace(version, label=label)


def _refuse_lower(label: str, highest: str) -> None:
    if highest and not is_higher(label, highest):
        message = (
            f"The label {label!r} must be higher than {highest}, the highest so far; {next_patch(highest)} is next."
        )
        raise LabelTaken(message)


def entity_of(version: Version) -> store.Entity:
    """Return what a version is one of: org_id, workspace_id, entity_type, entity_key."""
    return version.org_id, version.workspace_id, str(version.entity_type), version.entity_key


def set_version_status(tx: Tx, version: Version, status: VersionStatus) -> Version:
    """Publish or deprecate a version; where it is pinned, it stays live."""
    if version.status is status:
        return version
    store.set_status(tx, version.id, status)
    tx.audit(
        f"version.{status}",
        "version",
        version.id,
        workspace_id=version.workspace_id,
        org_id=version.org_id,
        before={"status": str(version.status)},
        after={"status": str(status), "entity": entity_of(version)[2:], "label": version.label},
    )
    return replace(version, status=status)


def find_version(
    tx: ReadTx,
    *,
    org_id: str,
    workspace_id: str,
    entity_type: EntityType | str,
    entity_key: str = "",
    named: str,
) -> Version | None:
    """Return a version of an entity by its id, its hash, its label or its number."""
    entity = org_id, workspace_id, str(entity_type), entity_key
    if is_id(named):
        found = store.find_by_id(tx, org_id, named)
        return found if found is not None and entity_of(found) == entity else None
    if named.isascii() and named.isdigit() and len(named) <= _MAX_DIGITS:  # labels have dots, hashes 64 digits
        return store.find_by_number(tx, entity, int(named))
    return store.find_by_hash(tx, entity, named) or store.find_by_label(tx, entity, named)


def read_version(tx: ReadTx, workspace_id: str, version_id: str) -> Version:
    """Return a version in a workspace of the caller's organization (empty: of a persona) by its id.

    Raises:
        VersionUnknown: There is none.

    """
    found = store.find_by_id(tx, tx.caller.org_id, version_id) if is_id(version_id) else None
    if found is None or found.workspace_id != workspace_id:
        raise VersionUnknown("There is no such version here.")
    return found


def list_versions(
    tx: ReadTx,
    workspace_id: str,
    *,
    entity_type: EntityType | None = None,
    entity_key: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Version]:
    """Return a page of the versions in a workspace of the caller's organization (empty: of personas), newest first."""
    return store.read_versions(
        tx,
        tx.caller.org_id,
        workspace_id,
        entity_type=str(entity_type) if entity_type is not None else "",
        entity_key=entity_key,
        cursor=cursor,
        limit=limit,
    )


def prune_configs(tx: Tx, org_id: str, workspace_id: str, *, keep: int = KEPT_CONFIGS) -> int:
    """Delete a workspace's config versions without label and pin beyond the newest so many; return how many."""
    entity = org_id, workspace_id, str(EntityType.CONFIG), ""
    up_to = store.find_number_before(tx, entity, keep)
    return store.delete_unlabelled(tx, entity, up_to) if up_to else 0


def pin(tx: Tx, environment_id: str, version: Version) -> bool:
    """Make a version live in an environment, whoever asks; return False when it was already."""
    before = pin_rows.find_pin(tx, environment_id, version.entity_type, version.entity_key)
    if before is not None and before.version_id == version.id:
        return False
    pin_rows.set_pin(
        tx, environment_id, version.entity_type, version.entity_key, version_id=version.id, hash_=version.hash
    )
    tx.touch(environment_id)
    return True


def unpin(tx: Tx, environment_id: str, entity_type: EntityType | str, entity_key: str = "") -> bool:
    """Make nothing of an entity live in an environment, whoever asks; return False when nothing was."""
    if not pin_rows.delete_pin(tx, environment_id, str(entity_type), entity_key):
        return False
    tx.touch(environment_id)
    return True


def read_pins(tx: ReadTx, environment_id: str) -> list[Pin]:
    """Return what is live in an environment, by type and key."""
    return pin_rows.read_pins(tx, [environment_id])


def read_pins_of(tx: ReadTx, environment_ids: Sequence[str]) -> dict[str, list[Pin]]:
    """Return what is live in several environments, by the environment's id."""
    found: dict[str, list[Pin]] = {each: [] for each in environment_ids}
    for each in pin_rows.read_pins(tx, environment_ids):
        found[each.environment_id].append(each)
    return found


def find_pin(tx: ReadTx, environment_id: str, entity_type: EntityType | str, entity_key: str = "") -> Pin | None:
    """Return what of an entity is live in an environment."""
    return pin_rows.find_pin(tx, environment_id, str(entity_type), entity_key)


def pin_persona(tx: Tx, org_id: str, environment_name: str, version: Version) -> bool:
    """Make a version of a persona live wherever an environment has that name; return False when it was already."""
    return pin_personas(tx, org_id, environment_name, (version,))


def pin_personas(tx: Tx, org_id: str, environment_name: str, versions: Sequence[Version]) -> bool:
    """Make versions of many personas live at once; return False when all of them were already."""
    fresh = []
    for version in versions:
        before = pin_rows.find_persona_pin(tx, org_id, environment_name, version.entity_key)
        if before is None or before.version_id != version.id:
            fresh.append(version)
    for version in fresh:
        pin_rows.set_persona_pin(
            tx, org_id, environment_name, version.entity_key, version_id=version.id, hash_=version.hash
        )
    if fresh:
        tx.touch(*environment_rows.read_ids_named(tx, org_id, environment_name))
    return bool(fresh)


def unpin_persona(tx: Tx, org_id: str, environment_name: str, persona: str) -> bool:
    """Make nothing of a persona live in environments of a name; return False when nothing was."""
    if not pin_rows.delete_persona_pin(tx, org_id, environment_name, persona):
        return False
    tx.touch(*environment_rows.read_ids_named(tx, org_id, environment_name))
    return True


def read_persona_pins(tx: ReadTx, org_id: str, environment_name: str) -> list[PersonaPin]:
    """Return which version of each persona is live in environments of a name, by persona."""
    return pin_rows.read_persona_pins(tx, org_id, environment_name)
