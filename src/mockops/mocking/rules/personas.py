"""Personas: where in life they are, what they know, and whether they are written sensibly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.mocking.rules.timeline import advance, has_timeless_cycle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import Json
    from mockops.mocking.model import Persona

_CODE = "mocking.persona"


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


def check_persona(persona: Persona) -> list[Diagnostic]:
    """Return what is wrong with a persona; pointers lead into it."""
    return [*_check_overrides(persona), *_check_lifecycle(persona)]


def _check_overrides(persona: Persona) -> Iterator[Diagnostic]:
    for at, override in enumerate(persona.overrides):
        if bool(override.schema) == bool(override.pointer):
            message = "an override names exactly one of `schema` and `pointer`"
            yield _problem(persona, message, "overrides", at)
        elif override.pointer and not override.pointer.startswith("/"):
            message = f"{override.pointer!r} is not a JSON Pointer: it starts with /"
            yield _problem(persona, message, "overrides", at, "pointer")


def _check_lifecycle(persona: Persona) -> Iterator[Diagnostic]:
    life = persona.lifecycle
    if life is None:
        return
    if life.state not in life.states:
        yield _problem(persona, _unknown(life.state, life.states), "lifecycle", "state")
    for at, step in enumerate(life.transitions):
        place = ("lifecycle", "transitions", at)
        for key, state in (("from", step.source), ("to", step.target)):
            if state not in life.states:
                yield _problem(persona, _unknown(state, life.states), *place, key)
        if (step.after is None) == (step.when is None):
            yield _problem(persona, "a transition has exactly one of `after` and `when`", *place)
        elif step.after is not None and step.after < 0:
            yield _problem(persona, f"`after` is {step.after} seconds; time does not go back", *place, "after")
    if has_timeless_cycle(life.transitions):
        yield _problem(persona, "transitions lead in a circle without taking time", "lifecycle", "transitions")


def _unknown(state: str, states: list[str]) -> str:
    return f"there is no state {state!r}; there are {', '.join(states) or 'none'}"


def _problem(persona: Persona, message: str, *tokens: str | int) -> Diagnostic:
    return Diagnostic(code=_CODE, message=message, source=persona.source or persona.name, pointer=pointer(*tokens))
