"""What is known about the value to be made besides its schema."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.mocking.model import Persona


class Unsatisfiable(Invalid):
    """No value was found that conforms to a schema: its keywords contradict one another, or it never ends."""

    code: ClassVar[str] = "mocking.schema_unsatisfiable"


class Direction(StrEnum):
    """Who sends the value."""

    REQUEST = "request"
    """The client: properties that are `readOnly` are left out."""
    RESPONSE = "response"
    """The server: properties that are `writeOnly` are left out."""


class Optional(StrEnum):
    """Which of the properties and parameters that may be left out are there."""

    NONE = "none"
    SOME = "some"
    """A choice of about half of them, fixed by the seed."""
    ALL = "all"


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What shapes a value besides its schema; nothing here ever breaks the schema."""

    direction: Direction = Direction.RESPONSE
    optional: Optional = Optional.ALL
    use_examples: bool = True
    """Prefer `example`, `examples` and `default` found inside schemas, as far as they conform."""
    path_params: tuple[tuple[str, str], ...] = ()
    """Path parameters of the request by name, decoded, in the order of the path; the fields they name say the same."""
    query: tuple[tuple[str, str], ...] = ()
    """Query parameters of the request, decoded; `limit` and its kin set lengths, others are echoed by equal fields."""
    persona: Persona | None = None
    """Whose data it is: entities, traits and overrides."""
