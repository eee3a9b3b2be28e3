"""What the makers of objects, arrays, texts and choices share: the way down, without knowing who walks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.budget import Budget
    from mockops.mocking.rules.generate.checks import Checks
    from mockops.mocking.rules.generate.dice import Dice
    from mockops.mocking.rules.generate.hints import Hints
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Schema, Shape
    from mockops.mocking.rules.generate.shapes import Shapes
    from mockops.mocking.rules.generate.wishes import Wishes


class Walk(Protocol):
    """Makes one value: the way down a schema."""

    dice: Dice
    hints: Hints
    shapes: Shapes
    checks: Checks
    budget: Budget
    wishes: Wishes
    is_minimal: bool
    """Make only what must be there."""
    is_wide: bool
    """Draw from everything that is allowed, not only from what is likely."""

    def value(self, schema: Schema, place: Place) -> Json:
        """Return a value that conforms; raises DeadEnd."""
        ...

    def of_shape(self, shape: Shape, place: Place) -> Json:
        """Return a value of a shape; raises DeadEnd."""
        ...
