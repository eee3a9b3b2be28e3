"""What the slice announces."""

from __future__ import annotations

from typing import ClassVar

from mockops.core.events import Event
from mockops.workspaces.model.environments import ConfigChanged

MAX_NAMED = 50
"""Keys that an event names of each kind of change."""


class StubsChanged(ConfigChanged, frozen=True, kw_only=True):
    """Stubs of a workspace are different now."""

    created: tuple[str, ...] = ()
    """Keys, the first `MAX_NAMED`."""
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    total: int = 0
    """How many stubs changed, the unnamed included."""


class ScenarioPublished(Event, frozen=True, kw_only=True):
    """A version of a scenario was made, and is live in the first environment."""

    type: ClassVar[str] = "scenario.published"

    scenario_id: str
    name: str
    version: str
    """Its semantic version."""
    hash: str
    """SHA-256 of its content, in hex."""
    comment: str = ""
    """What whoever published it said about it."""


class PersonaPublished(Event, frozen=True, kw_only=True):
    """A version of a persona was made, and is live in the first environments."""

    type: ClassVar[str] = "persona.published"

    persona_id: str
    name: str
    version: str
    """Its semantic version."""
    hash: str
    """SHA-256 of its content, in hex."""
