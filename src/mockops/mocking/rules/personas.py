"""Personas: where in life they are, and what they know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from mockops.mocking.rules.timeline import advance

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.model import Persona


def persona_state(persona: Persona, elapsed_s: float) -> str:
    """Return where in its life a persona is, `elapsed_s` seconds after it was met; empty when it has no lifecycle."""
    if persona.lifecycle is None:
        return ""
    return advance(persona.lifecycle.state, elapsed_s, persona.lifecycle.transitions)[0]


def next_persona_state(persona: Persona, state: str, operation_names: frozenset[str]) -> str:
    """Return the state after a request to an operation (by any of its names); the same where none applies."""
    if persona.lifecycle is not None:
        for step in persona.lifecycle.transitions:
            if step.source == state and step.when is not None and step.when in operation_names:
                return step.target
    return state


def entity_field(persona: Persona, entity: str, field: str) -> Json | UnsetType:
    """Return a field of one of the persona's entities, or UNSET.

    Names are compared without case and separators: `customerAccount` finds `customer_account`.
    """
    wanted = _plain(entity)
    for name, fields in persona.entities.items():
        if _plain(name) == wanted:
            return _member(fields, field)
    return UNSET


def named_field(persona: Persona, name: str) -> Json | UnsetType:
    """Return the value for a property or parameter such as `customer_id` or `customerId`: entity, then field; or UNSET.

    The longest entity name that begins it wins.
    """
    plain = _plain(name)
    for entity, fields in sorted(persona.entities.items(), key=lambda item: -len(item[0])):
        prefix = _plain(entity)
        if plain.startswith(prefix) and len(plain) > len(prefix):
            value = _member(fields, plain[len(prefix) :])
            if value is not UNSET:
                return value
    return UNSET


def _member(fields: dict[str, Json], name: str) -> Json | UnsetType:
    wanted = _plain(name)
    return next((value for key, value in fields.items() if _plain(key) == wanted), UNSET)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
