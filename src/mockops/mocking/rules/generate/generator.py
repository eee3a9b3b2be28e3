"""The maker of values for one set of definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.checks import Checks
from mockops.mocking.rules.generate.dice import Dice
from mockops.mocking.rules.generate.hints import Direction, Hints, Unsatisfiable
from mockops.mocking.rules.generate.naming import snake
from mockops.mocking.rules.generate.place import UNSET, DeadEnd, Place, Unset
from mockops.mocking.rules.generate.scene import Scene
from mockops.mocking.rules.generate.shapes import Shapes
from mockops.mocking.rules.generate.walk import SchemaWalk
from mockops.mocking.rules.generate.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json
    from mockops.mocking.rules.generate.shape import Schema

_CONTRADICTION = "what satisfies one part of the schema breaks another"

_ATTEMPTS: tuple[tuple[bool, bool], ...] = (
    (False, False),
    (False, False),
    (True, False),
    (False, True),
    (True, True),
    (True, True),
    (False, True),
    (True, True),
)
"""Minimal and wide, for one attempt after the other."""
_MAX_EXHAUSTED = 3
"""Attempts that may use up their budget; the third is a minimal one."""


class Generator:
    """Makes values that conform to schemas, remembering what it worked out about them (bounded).

    One generator serves one set of definitions, such as those of an operation, for as long as they live.
    """

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._sides: dict[Direction, _Side] = {}

    def value(
        self, schema: Schema, *, seed: int, hints: Hints | None = None, name: str = "", wish: Json | Unset = UNSET
    ) -> Json:
        """Return a value that conforms to a schema; same seed, schema and hints: the same value, everywhere.

        Args:
            schema: JSON Schema 2020-12; its references point into the generator's definitions.
            seed: Chooses among the values there are.
            hints: What else is known about the value.
            name: What the value is called where it is used, such as a parameter's name; empty for a body.
            wish: A value to come close to, such as an example that may not conform in all its parts.

        Raises:
            Unsatisfiable: No value was found.

        """
        hints = hints or Hints()
        side = self._sides.get(hints.direction)
        if side is None:
            side = self._sides[hints.direction] = _Side(self._definitions, hints.direction)
        return side.value(schema, seed, hints, Place(scene=Scene(Dice(seed)), name=snake(name), wish=wish))

    def conforms(self, schema: Schema, value: Json, *, direction: Direction = Direction.RESPONSE) -> bool:
        """Tell whether a value conforms to a schema, as one direction sees it."""
        side = self._sides.get(direction)
        if side is None:
            side = self._sides[direction] = _Side(self._definitions, direction)
        return side.checks.conforms(schema, value)


class _Side:
    """A generator's memory of one direction."""

    def __init__(self, definitions: Mapping[str, Schema], direction: Direction) -> None:
        self._shapes = Shapes(definitions)
        self.checks = Checks(definitions, direction)

    def value(self, schema: Schema, seed: int, hints: Hints, place: Place) -> Json:
        """Return a value, after as many attempts as it takes; raises Unsatisfiable."""
        wishes = Wishes(hints)
        reason = _CONTRADICTION
        exhausted = 0
        for attempt, (is_minimal, is_wide) in enumerate(_ATTEMPTS):
            dice = Dice(seed, attempt)
            walk = SchemaWalk(
                dice=dice,
                hints=hints,
                shapes=self._shapes,
                checks=self.checks,
                wishes=wishes,
                is_minimal=is_minimal,
                is_wide=is_wide,
            )
            try:
                value = walk.value(schema, replace(place, scene=Scene(dice)))
            except DeadEnd as error:
                reason = str(error)
                exhausted += walk.budget.efforts < 0
                if exhausted == _MAX_EXHAUSTED:
                    break
                continue
            if self.checks.conforms(schema, value):
                return value
            reason = _CONTRADICTION
        raise Unsatisfiable(f"no value conforms to the schema: {reason}")


def generate(schema: Schema, *, definitions: Mapping[str, Schema], seed: int, hints: Hints | None = None) -> Json:
    """Return a value that conforms to a schema (see `Generator.value`, which remembers more between calls)."""
    return Generator(definitions).value(schema, seed=seed, hints=hints)
