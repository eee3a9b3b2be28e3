"""Where something that changes state by itself stands after some time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Step(Protocol):
    """A state change; one with `after` happens that many seconds after `source` was entered."""

    @property
    def source(self) -> str: ...  # noqa: D102 (as in model.Transition)
    @property
    def target(self) -> str: ...  # noqa: D102 (as above)
    @property
    def after(self) -> float | None: ...  # noqa: D102 (as above)


def advance(state: str, elapsed_s: float, steps: Sequence[Step]) -> tuple[str, float]:
    """Return the state after `elapsed_s` seconds in `state`, and the seconds already spent in it.

    The earliest step out of a state happens; of equal ones the first. However long it has been, the work is bounded:
    whole rounds of a cycle are skipped.
    """
    earliest = earliest_steps(steps)
    visited: dict[str, float] = {}
    while state in earliest and elapsed_s >= (after := max(earliest[state].after or 0.0, 0.0)):
        if state in visited:
            period_s = visited[state] - elapsed_s
            if period_s <= 0:  # a cycle that takes no time: refused by the importers; no state is better than another
                return state, elapsed_s
            elapsed_s %= period_s
            visited.clear()
            continue
        visited[state] = elapsed_s
        elapsed_s -= after
        state = earliest[state].target
    return state, elapsed_s


def earliest_steps(steps: Sequence[Step]) -> dict[str, Step]:
    """Return, by state, the timed step that leaves it first."""
    earliest: dict[str, Step] = {}
    for step in steps:
        if step.after is None:
            continue
        known = earliest.get(step.source)
        if known is None or step.after < (known.after or 0.0):
            earliest[step.source] = step
    return earliest
