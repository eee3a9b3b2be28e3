"""The way down a schema: one value made, all its parts with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.arrays import draw_array
from mockops.mocking.rules.generate.budget import Budget
from mockops.mocking.rules.generate.choices import draw_chosen
from mockops.mocking.rules.generate.kinds import is_of_type
from mockops.mocking.rules.generate.numbers import draw_number
from mockops.mocking.rules.generate.objects import draw_object
from mockops.mocking.rules.generate.place import UNSET, DeadEnd
from mockops.mocking.rules.generate.strings import draw_string

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.checks import Checks
    from mockops.mocking.rules.generate.dice import Dice
    from mockops.mocking.rules.generate.hints import Hints
    from mockops.mocking.rules.generate.place import Place, Unset
    from mockops.mocking.rules.generate.shape import Schema, Shape
    from mockops.mocking.rules.generate.shapes import Shapes
    from mockops.mocking.rules.generate.wishes import Wishes

_MAX_DEPTH = 60
_SCALARS = (str, int, float, bool, type(None))


class SchemaWalk:
    """One attempt at a value (see `context.Walk`)."""

    def __init__(
        self,
        *,
        dice: Dice,
        hints: Hints,
        shapes: Shapes,
        checks: Checks,
        wishes: Wishes,
        is_minimal: bool = False,
        is_wide: bool = False,
    ) -> None:
        self.dice = dice
        self.hints = hints
        self.shapes = shapes
        self.checks = checks
        self.wishes = wishes
        self.budget = Budget()
        self.is_minimal = is_minimal
        self.is_wide = is_wide

    def value(self, schema: Schema, place: Place) -> Json:
        """Return a value that conforms to a schema; raises DeadEnd."""
        shape = self.shapes.of(schema)
        if not shape.is_possible:
            raise DeadEnd("its schema allows no value")
        if place.depth > _MAX_DEPTH:
            raise DeadEnd(f"it is nested deeper than {_MAX_DEPTH}")
        self.budget.spend()
        inside = place.inside(shape.components) if shape.components else place
        wish = self._wish(schema, shape, inside)
        if wish is not place.wish:
            inside = replace(inside, wish=wish)
        if wish is not UNSET and isinstance(wish, _SCALARS) and self._fits(schema, shape, wish):
            self.budget.spend(len(wish) if isinstance(wish, str) else 8)
            return wish
        if shape.is_hard:
            return self._hard(schema, shape, inside)
        return self.of_shape(shape, inside)

    def of_shape(self, shape: Shape, place: Place) -> Json:
        """Return a value of a shape that has nothing left to choose but its type; raises DeadEnd."""
        if shape.options is not None:
            return self._option(shape, place)
        kinds = self._kinds(shape, place)
        for kind in kinds[:-1]:
            mark = self.budget.mark
            try:
                return self._of_kind(kind, shape, place)
            except DeadEnd:
                self.budget.give_back(mark)
        return self._of_kind(kinds[-1], shape, place)

    def _hard(self, schema: Schema, shape: Shape, place: Place) -> Json:
        return draw_chosen(self, shape, place, lambda value: self.checks.conforms(schema, value))

    def _wish(self, schema: Schema, shape: Shape, place: Place) -> Json | Unset:
        """Return what is wished for here: by persona or request, by an example further up, by one at hand."""
        asked = self.wishes.value(place, shape)
        if asked is not UNSET and (not isinstance(asked, _SCALARS) or self._fits(schema, shape, asked)):
            return asked
        wish = place.wish
        if wish is not UNSET and isinstance(wish, _SCALARS) and not self._fits(schema, shape, wish):
            wish = UNSET
        if wish is not UNSET or not self.hints.use_examples or self.is_wide:
            return wish
        if place.index and place.name.rpartition("_")[2] in ("id", "uuid", "guid", "email", "sha"):
            return UNSET  # an example repeated is no second item
        for offset in range(len(shape.examples)):
            example = shape.examples[(offset + place.index) % len(shape.examples)]
            if not isinstance(example, _SCALARS) or self._fits(schema, shape, example):
                return example
        return shape.default[0] if shape.default and self._is_telling(shape.default[0]) else UNSET

    @staticmethod
    def _is_telling(default: Json) -> bool:
        return isinstance(default, str | int | float) and default != ""

    def _fits(self, schema: Schema, shape: Shape, value: Json) -> bool:
        if shape.types is not None and not any(is_of_type(value, kind) for kind in shape.types):
            return False
        return self.checks.conforms(schema, value)

    def _option(self, shape: Shape, place: Place) -> Json:
        options = shape.options or ()
        if shape.types is not None:
            options = tuple(value for value in options if any(is_of_type(value, kind) for kind in shape.types))
        some = [value for value in options if value is not None and value != ""] or options
        if not some:
            raise DeadEnd("none of its `enum` is of its `type`")
        return self.dice.pick(some)

    def _kinds(self, shape: Shape, place: Place) -> tuple[str, ...]:
        kinds = shape.kinds
        if not kinds:
            return ("string",) if place.name else ("object",)
        if len(kinds) > 1:
            if place.wish is not UNSET:
                kinds = tuple(sorted(kinds, key=lambda kind: not is_of_type(place.wish, kind)))
            elif self.is_wide:
                start = self.dice.below(len(kinds))
                kinds = kinds[start:] + kinds[:start]
            if place.wish is not None:
                kinds = tuple(sorted(kinds, key=lambda kind: kind == "null"))
        return kinds

    def _of_kind(self, kind: str, shape: Shape, place: Place) -> Json:
        match kind:
            case "object":
                return draw_object(self, shape, place)
            case "array":
                return draw_array(self, shape, place)
            case "string":
                text = draw_string(self, shape, place)
                self.budget.spend(len(text))
                return text
            case "integer" | "number":
                is_integer = kind == "integer"
                return draw_number(shape, place, self.dice, is_integer=is_integer, is_wide=self.is_wide)
            case "boolean":
                return self.dice.ratio() < 0.5
            case _:
                return None
