"""How much work a value may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockops.mocking.rules.generate.place import DeadEnd


@dataclass(slots=True)
class Budget:
    """How much work one value may take."""

    nodes: int = 20_000
    """How many values it may consist of."""
    bytes: int = 1_000_000
    """How long it may be as JSON, about."""
    efforts: int = 30_000
    """How many values may be made, the discarded ones included."""
    soft_nodes: int = 1_500
    """From how many values on what is optional is left out."""
    spent: int = field(default=0)

    def spend(self, weight: int = 16) -> None:
        """Account for one value; raises DeadEnd when the budget is used up."""
        self.nodes -= 1
        self.efforts -= 1
        self.spent += 1
        self.bytes -= weight
        if self.nodes < 0 or self.efforts < 0 or self.bytes < 0:
            raise DeadEnd("the value would be larger than 20,000 values or 1 MB")

    def give_back(self, mark: tuple[int, int, int]) -> None:
        """Return to what `mark` said was left; efforts stay spent."""
        self.nodes, self.bytes, self.spent = mark

    @property
    def mark(self) -> tuple[int, int, int]:
        """What is left now."""
        return self.nodes, self.bytes, self.spent

    @property
    def is_tight(self) -> bool:
        """Tell whether only what must be there should be made."""
        return self.spent >= self.soft_nodes
