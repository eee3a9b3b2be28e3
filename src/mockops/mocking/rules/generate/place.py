"""Where in a body a value is being made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from mockops.core.errors import MockOpsError

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.scene import Scene


class Unset(Enum):
    """Stands for no value where null is one."""

    UNSET = "unset"


UNSET = Unset.UNSET


class DeadEnd(MockOpsError):
    """No value can be made here: the schema contradicts itself, or goes too deep; another way may exist further up."""


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a value stands."""

    scene: Scene
    """Facts of the object it stands in."""
    name: str = ""
    """Name of the field in snake case; of the array's for an item; empty at the top."""
    path: tuple[str, ...] = ()
    """Reference tokens (RFC 6901) from the top; `*` for any item of an array."""
    depth: int = 0
    index: int = 0
    """Position in the innermost array around it, 0 outside of any."""
    is_in_list: bool = False
    trail: tuple[str, ...] = ()
    """Component schemas it is inside of, outermost first."""
    owner: tuple[str, ...] = ()
    """Component names of the object it is a field of, and that object's own field name, singular."""
    is_resource: bool = True
    """It is what the request is about: the top, or what an envelope holds."""
    is_of_resource: bool = False
    """It is a field of what the request is about."""
    wish: Json | Unset = UNSET
    """The value to have here if it conforms; from an example further up, the request or a persona."""

    def inside(self, components: tuple[str, ...]) -> Place:
        """Return this place, inside of component schemas; raises DeadEnd where one of them is nested too often."""
        for component in components:
            if self.trail.count(component) >= _MAX_NESTED:
                raise DeadEnd(f"{component} would have to contain itself without end")
        return replace(self, trail=self.trail + components)


_MAX_NESTED = 2
