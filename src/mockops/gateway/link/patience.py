"""How often to try again, and what to say meanwhile: each turn of events once, not each try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.chance import roll

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.clock import Clock

FIRST_S = 0.15
MOST_S = 2.0


class Patience:
    """Waits longer each time, by a little chance, so that gateways do not come back all at once."""

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._tries = 0
        self._draws = 0

    def next_s(self) -> float:
        """Return how long to wait before the next try: at most 0.15 s, then more, never beyond 2 s."""
        most = min(MOST_S, FIRST_S * 2.0 ** min(self._tries, 10))
        self._tries += 1
        self._draws += 1
        return most * (0.5 + 0.5 * roll(*self._seed, self._draws).random())

    def reset(self) -> None:
        """Begin anew: something went well."""
        self._tries = 0


class Contact:
    """Whether control is there, told to people when it changes."""

    def __init__(self, url: str, *, clock: Clock, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
        self._url = url
        self._clock = clock
        self._say = say
        self.warn = warn
        """Tells people of a problem."""
        self._lost_s: float | None = None
        self.reason = ""
        """Why it is not there; empty: it is, or nobody knows yet."""
        self.is_made = False
        """Whether it is there."""

    def lose(self, reason: str, *, outlook: str) -> None:
        """Know that it is not there; told when it was before, or when it is not there for another kind of reason."""
        is_news = self._lost_s is None
        if self._lost_s is None:
            self._lost_s = self._clock.monotonic_s()
        self.is_made = False
        self.reason = reason
        if is_news:
            self.warn(f"control {self._url} does not answer as it should: {reason}; {outlook}")

    def make(self) -> None:
        """Know that it is there; told when it was not."""
        self.is_made = True
        self.reason = ""
        if self._lost_s is not None:
            gone_s = self._clock.monotonic_s() - self._lost_s
            self._lost_s = None
            self._say(f"control {self._url} is back after {gone_s:.1f} s")
