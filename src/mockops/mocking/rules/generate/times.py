"""Which fields are moments, and in what order they come."""

from __future__ import annotations

from functools import lru_cache

_STEPS = {
    "born": -3,
    "begin": 0,
    "start": 0,
    "started": 0,
    "since": 0,
    "create": 0,
    "created": 0,
    "creation": 0,
    "registered": 0,
    "joined": 0,
    "ordered": 0,
    "submitted": 0,
    "issued": 0,
    "date": 0,
    "time": 0,
    "timestamp": 0,
    "opened": 0,
    "from": 0,
    "published": 1,
    "confirmed": 1,
    "accepted": 1,
    "approved": 1,
    "shipped": 1,
    "paid": 1,
    "sent": 1,
    "update": 2,
    "updated": 2,
    "modified": 2,
    "modification": 2,
    "changed": 2,
    "edited": 2,
    "pushed": 2,
    "seen": 3,
    "login": 3,
    "delivered": 3,
    "completed": 3,
    "finished": 3,
    "end": 4,
    "ended": 4,
    "ends": 4,
    "until": 4,
    "to": 4,
    "due": 4,
    "closed": 4,
    "canceled": 4,
    "cancelled": 4,
    "deleted": 5,
    "archived": 5,
    "expires": 6,
    "expiry": 6,
    "expiration": 6,
    "expired": 6,
}
_MARKS = frozenset(("at", "on", "date", "time", "timestamp", "datetime", "utc", "ms", "millis", "milliseconds"))
_ALONE = frozenset(
    (
        "timestamp",
        "datetime",
        "created",
        "updated",
        "modified",
        "last_modified",
        "expires",
        "expiry",
        "date",
        "expiration",
    )
)


@lru_cache(maxsize=4096)
def step_of(name: str) -> int | None:
    """Return when in the life of its object a field's moment comes, 0 being its creation; None: not a moment."""
    parts = name.split("_")
    if name in _ALONE or (len(parts) > 1 and parts[-1] in _MARKS and parts[0] not in ("time", "lead", "response")):
        return order_of(name)
    return None


@lru_cache(maxsize=4096)
def order_of(name: str) -> int:
    """Return the order among the moments of an object that a field's name tells."""
    return max((_STEPS[part] for part in name.split("_") if part in _STEPS and part not in _PLAIN), default=0)


_PLAIN = frozenset(("date", "time", "timestamp", "from", "to"))
