"""What one answer's templates may cost: counted in small steps of work, so that the limit needs no clock."""

from __future__ import annotations

from mockops.mocking.model import TemplateFailed

MAX_STEPS = 100_000
"""Steps of one answer: about 50 ms on a slow machine."""
CHARACTERS_PER_STEP = 20
"""Text that is made or read costs a step per so many characters: at most 2,000,000 characters an answer."""
MAX_SOURCE_CHARACTERS = 256 << 10


class Budget:
    """Steps left; spending more than there are fails the template."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take steps off.

        Raises:
            TemplateFailed: None are left.

        """
        self.left -= steps
        if self.left < 0:
            raise TemplateFailed(
                "the template does too much: it loops too often, or makes more than "
                f"{MAX_STEPS * CHARACTERS_PER_STEP:,} characters"
            )

    def spend_text(self, characters: int) -> None:
        """Take off what a text of that length costs."""
        self.spend(1 + characters // CHARACTERS_PER_STEP)

    def weigh(self, value: object) -> None:
        """Take off what a value costs: its text, or every item of it, however deep; shared parts count each time."""
        if isinstance(value, str | bytes):
            self.spend_text(len(value))
        elif isinstance(value, list | tuple | set | dict):
            stack: list[object] = [value]
            while stack:
                self._weigh_item(stack.pop(), stack)

    def _weigh_item(self, item: object, stack: list[object]) -> None:
        if isinstance(item, dict):
            self.spend(1 + len(item))
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list | tuple | set):
            self.spend(1 + len(item))
            stack.extend(item)
        elif isinstance(item, str):
            self.spend_text(len(item))
