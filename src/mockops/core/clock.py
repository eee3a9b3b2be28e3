"""Time is an argument: code that needs it takes a Clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 (the one place that may)

    def monotonic_s(self) -> float:
        """Return the machine's monotonic clock, in seconds."""
        return time.monotonic()


class FrozenClock:
    """A clock that tests move by hand."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """Return the time it was last moved to, in UTC."""
        return self._at

    def monotonic_s(self) -> float:
        """Return the seconds it was moved forward since it was made."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._at += timedelta(seconds=seconds)
        self._elapsed_s += seconds
