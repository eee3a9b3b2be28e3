"""Rows of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, func, select, update

from mockops.infra.db.pages import Page, read_page
from mockops.infra.db.walk import walk
from mockops.workspaces.model.versions import EntityType, Version, VersionStatus
from mockops.workspaces.store.tables import persona_pins, pins, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

Entity = tuple[str, str, str, str]
"""org_id, workspace_id, entity_type, entity_key."""

_SHOWN = select(*(column for column in versions.c if column.name != "label_rank"))


def _noun(row: Any) -> Version:
    values = dict(row._mapping)
    values["entity_type"] = EntityType(values["entity_type"])
    values["status"] = VersionStatus(values["status"])
    return Version(**values)


def _is_of(entity: Entity) -> ColumnElement[bool]:
    org_id, workspace_id, entity_type, entity_key = entity
    return and_(
        versions.c.org_id == org_id,
        versions.c.workspace_id == workspace_id,
        versions.c.entity_type == entity_type,
        versions.c.entity_key == entity_key,
    )


_OF_ENTITY = and_(
    versions.c.org_id == bindparam("in_org"),
    versions.c.workspace_id == bindparam("in_workspace"),
    versions.c.entity_type == bindparam("of_type"),
    versions.c.entity_key == bindparam("of_key"),
)
_BY_HASH = _SHOWN.where(_OF_ENTITY, versions.c.hash == bindparam("of_hash"))
_LAST_NUMBER = select(func.coalesce(func.max(versions.c.number), 0)).where(_OF_ENTITY)
_HIGHEST = (
    select(versions.c.label, versions.c.label_rank).where(_OF_ENTITY).order_by(versions.c.label_rank.desc()).limit(1)
)


def _named(entity: Entity) -> JsonObject:
    """Return the values of `_OF_ENTITY`."""
    return dict(zip(("in_org", "in_workspace", "of_type", "of_key"), entity, strict=True))


def insert_version(tx: Tx, row: JsonObject) -> None:
    """Insert one."""
    tx.insert(versions, [row])


def find_by_id(tx: ReadTx, org_id: str, version_id: str) -> Version | None:
    """Return an organization's version."""
    row = tx.one(_SHOWN.where(versions.c.id == version_id, versions.c.org_id == org_id))
    return _noun(row) if row is not None else None


def find_by_hash(tx: ReadTx, entity: Entity, hash_: str) -> Version | None:
    """Return the version of an entity that has a content."""
    row = tx.one(_BY_HASH, {**_named(entity), "of_hash": hash_})
    return _noun(row) if row is not None else None


def find_by_label(tx: ReadTx, entity: Entity, label: str) -> Version | None:
    """Return the version of an entity that has a label."""
    row = tx.one(_SHOWN.where(_is_of(entity), versions.c.label == label, versions.c.label != ""))
    return _noun(row) if row is not None else None


def find_by_number(tx: ReadTx, entity: Entity, number: int) -> Version | None:
    """Return the version of an entity that has a number: its versions are counted from 1."""
    row = tx.one(_SHOWN.where(_is_of(entity), versions.c.number == number))
    return _noun(row) if row is not None else None


def find_highest(tx: ReadTx, entity: Entity) -> tuple[str, int]:
    """Return the label given last, which is the highest, and its rank; empty and 0 when none was given."""
    row = tx.one(_HIGHEST, _named(entity))
    return (row.label, row.label_rank) if row is not None else ("", 0)


def read_last_number(tx: ReadTx, entity: Entity) -> int:
    """Return the number of an entity's newest version; 0 when it has none."""
    number: int = tx.scalar(_LAST_NUMBER, _named(entity))
    return number


def label_version(tx: Tx, version_id: str, label: str, rank: int) -> None:
    """Give a version its label."""
    tx.run(update(versions).where(versions.c.id == version_id).values(label=label, label_rank=rank))


def set_status(tx: Tx, version_id: str, status: VersionStatus) -> None:
    """Publish or deprecate a version."""
    tx.run(update(versions).where(versions.c.id == version_id).values(status=status))


def read_versions(
    tx: ReadTx,
    org_id: str,
    workspace_id: str,
    *,
    entity_type: str = "",
    entity_key: str | None = None,
    cursor: str | None,
    limit: int,
) -> Page[Version]:
    """Return a page of the versions in a workspace (empty: of personas), newest first."""
    statement = _SHOWN.where(versions.c.org_id == org_id, versions.c.workspace_id == workspace_id)
    if entity_type:
        statement = statement.where(versions.c.entity_type == entity_type)
    if entity_key is not None:
        statement = statement.where(versions.c.entity_key == entity_key)
    keys = (versions.c.created_at, versions.c.id)
    return read_page(tx, statement, keys=keys, cursor=cursor, limit=limit, descending=True).map(_noun)


def find_number_before(tx: ReadTx, entity: Entity, keep: int) -> int:
    """Return the number of the newest unlabelled version beyond the newest `keep` of them; 0 when there is none."""
    number: int | None = tx.scalar(
        select(versions.c.number)
        .where(_is_of(entity), versions.c.label_rank == 0)
        .order_by(versions.c.number.desc())
        .offset(keep)
        .limit(1)
    )
    return number or 0


def delete_unlabelled(tx: Tx, entity: Entity, up_to: int) -> int:
    """Delete an entity's versions up to a number that nobody labelled or pinned; return how many."""
    statement = delete(versions).where(
        _is_of(entity),
        versions.c.label_rank == 0,
        versions.c.number <= up_to,
        ~exists().where(pins.c.version_id == versions.c.id),
        ~exists().where(persona_pins.c.version_id == versions.c.id),
    )
    return tx.run(statement)


def walk_hashes(tx: ReadTx, entity_type: str = "") -> Iterator[str]:
    """Give the hash of every version of a type (empty: of all), each once."""
    statement = select(versions.c.hash).distinct()
    if entity_type:
        statement = statement.where(versions.c.entity_type == entity_type)
    for row in walk(tx, statement, (versions.c.hash,)):
        yield row.hash


def find_hashes(tx: ReadTx, org_id: str, entity_type: str, hashes: Sequence[str]) -> set[str]:
    """Return those of a few hundred hashes that an organization has versions of a type of."""
    statement = select(versions.c.hash).where(
        versions.c.hash.in_(hashes), versions.c.entity_type == entity_type, versions.c.org_id == org_id
    )
    return {row.hash for row in tx.all(statement.distinct())}


def delete_of_workspace(tx: Tx, org_id: str, workspace_id: str) -> None:
    """Delete every version in a workspace; nothing may be pinned any more."""
    tx.run(delete(versions).where(versions.c.org_id == org_id, versions.c.workspace_id == workspace_id))
