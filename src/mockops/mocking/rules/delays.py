"""How long one answer waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.chance import Chance
    from mockops.mocking.model import Delay

MAX_DELAY_MS = 600_000.0
"""No answer waits longer, whatever a distribution's tail gives: ten minutes."""


def draw_delay(delay: Delay, dice: Chance) -> float:
    """Return how many milliseconds an answer waits before it is sent, 0 to `MAX_DELAY_MS`; dribbling does not count."""
    return min(max(_draw(delay, dice), 0.0), MAX_DELAY_MS)


def _draw(delay: Delay, dice: Chance) -> float:
    if delay.fixed_ms is not None:
        return delay.fixed_ms
    if delay.uniform_ms is not None:
        return dice.uniform(*delay.uniform_ms)
    if delay.normal_ms is not None:
        return dice.normalvariate(*delay.normal_ms)
    if delay.lognormal_ms is not None:
        median_ms, sigma = delay.lognormal_ms
        return dice.lognormvariate(math.log(median_ms), sigma) if median_ms > 0 else 0.0
    return 0.0
