"""Persona files, YAML or JSON: one persona each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.importers.shapes import Problems
from mockops.mocking.importers.spelling import shaper
from mockops.mocking.model import Persona

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.diagnostics import Diagnostic
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import Lifecycle

_CODE = "mocking.persona"


def read_persona(document: Source) -> tuple[Persona | None, list[Diagnostic]]:
    """Read a persona file; None when it cannot be used, and what is wrong either way."""
    problems = Problems(document, _CODE)
    persona = shaper(problems).read(document.data, Persona, ())
    if persona is None:
        return None, problems.found
    if not persona.name:
        problems.add(("name",), "a persona needs a name")
    for at, override in enumerate(persona.overrides):
        if bool(override.schema) == bool(override.pointer):
            problems.add(("overrides", at), "an override names exactly one of schema and pointer")
        elif override.pointer and not override.pointer.startswith("/"):
            problems.add(("overrides", at, "pointer"), f"{override.pointer!r} is not a JSON Pointer: it starts with /")
    if persona.lifecycle is not None:
        _check_lifecycle(persona.lifecycle, problems)
    if problems.errors:
        return None, problems.found
    return msgspec.structs.replace(persona, source=persona.source or problems.place(())), problems.found


def _check_lifecycle(life: Lifecycle, problems: Problems) -> None:
    hint = f"there are {', '.join(life.states)}"
    for tokens, state in _mentioned(life):
        if state not in life.states:
            problems.add(("lifecycle", *tokens), f"there is no state {state!r}", hint=hint)
    for at, step in enumerate(life.transitions):
        tokens = ("lifecycle", "transitions", at)
        if (step.after is None) == (step.when is None):
            problems.add(tokens, "a transition has exactly one of after and when")
        elif step.after is not None and step.after <= 0:
            problems.add((*tokens, "after"), f"after is {step.after:g} seconds; it must be above 0")


def _mentioned(life: Lifecycle) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield ("state",), life.state
    for at, step in enumerate(life.transitions):
        yield ("transitions", at, "from"), step.source
        yield ("transitions", at, "to"), step.target
