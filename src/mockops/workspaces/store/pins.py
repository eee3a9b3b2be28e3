"""Rows of pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from mockops.workspaces.model.versions import EntityType, PersonaPin, Pin
from mockops.workspaces.store.tables import persona_pins, pins, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500
_PINS = select(pins, versions.c.label, versions.c.number).join(versions, versions.c.id == pins.c.version_id)
_IS_THERE = and_(
    pins.c.environment_id == bindparam("at"),
    pins.c.entity_type == bindparam("type"),
    pins.c.entity_key == bindparam("key"),
)
_ONE_PIN = _PINS.where(_IS_THERE)
_SET_PIN = update(pins).where(_IS_THERE)
_PERSONA_PINS = select(
    persona_pins.c.environment_name,
    persona_pins.c.persona,
    persona_pins.c.version_id,
    persona_pins.c.hash,
    versions.c.label,
    versions.c.number,
).join(versions, versions.c.id == persona_pins.c.version_id)


def _pin(row: Any) -> Pin:
    values = dict(row._mapping)
    values["entity_type"] = EntityType(values["entity_type"])
    return Pin(**values)


def read_pins(tx: ReadTx, environment_ids: Sequence[str]) -> list[Pin]:
    """Return what is live in environments."""
    found: list[Pin] = []
    for start in range(0, len(environment_ids), _MAX_PARAMETERS):
        some = environment_ids[start : start + _MAX_PARAMETERS]
        statement = _PINS.where(pins.c.environment_id.in_(some))
        ordered = statement.order_by(pins.c.environment_id, pins.c.entity_type, pins.c.entity_key)
        found += map(_pin, tx.all(ordered))
    return found


def find_pin(tx: ReadTx, environment_id: str, entity_type: str, entity_key: str) -> Pin | None:
    """Return what of an entity is live in an environment."""
    row = tx.one(_ONE_PIN, {"at": environment_id, "type": entity_type, "key": entity_key})
    return _pin(row) if row is not None else None


def set_pin(tx: Tx, environment_id: str, entity_type: str, entity_key: str, *, version_id: str, hash_: str) -> None:
    """Make a version live."""
    values = {"version_id": version_id, "hash": hash_}
    place = {"at": environment_id, "type": entity_type, "key": entity_key}
    if not tx.run(_SET_PIN, {**place, **values}):
        key = {"environment_id": environment_id, "entity_type": entity_type, "entity_key": entity_key}
        tx.insert(pins, [{**key, **values}])


def delete_pin(tx: Tx, environment_id: str, entity_type: str, entity_key: str) -> bool:
    """Make nothing of an entity live; return False when nothing was."""
    statement = delete(pins).where(
        pins.c.environment_id == environment_id,
        pins.c.entity_type == entity_type,
        pins.c.entity_key == entity_key,
    )
    return tx.run(statement) == 1


def read_persona_pins(tx: ReadTx, org_id: str, environment_name: str) -> list[PersonaPin]:
    """Return what of personas is live in environments of a name, by persona."""
    statement = _PERSONA_PINS.where(
        persona_pins.c.org_id == org_id, persona_pins.c.environment_name == environment_name
    ).order_by(persona_pins.c.persona)
    return [PersonaPin(**row._mapping) for row in tx.all(statement)]


def find_persona_pin(tx: ReadTx, org_id: str, environment_name: str, persona: str) -> PersonaPin | None:
    """Return what of a persona is live in environments of a name."""
    row = tx.one(
        _PERSONA_PINS.where(
            persona_pins.c.org_id == org_id,
            persona_pins.c.environment_name == environment_name,
            persona_pins.c.persona == persona,
        )
    )
    return PersonaPin(**row._mapping) if row is not None else None


def set_persona_pin(tx: Tx, org_id: str, environment_name: str, persona: str, *, version_id: str, hash_: str) -> None:
    """Make a version of a persona live."""
    values = {"version_id": version_id, "hash": hash_}
    key = {"org_id": org_id, "environment_name": environment_name, "persona": persona}
    if not tx.run(update(persona_pins).filter_by(**key).values(**values)):
        tx.run(insert(persona_pins).values(**key, **values))


def delete_persona_pin(tx: Tx, org_id: str, environment_name: str, persona: str) -> bool:
    """Make nothing of a persona live; return False when nothing was."""
    statement = delete(persona_pins).where(
        persona_pins.c.org_id == org_id,
        persona_pins.c.environment_name == environment_name,
        persona_pins.c.persona == persona,
    )
    return tx.run(statement) == 1
