"""What sessions remember: load, decide, apply; bounded by time and bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, assert_never

import msgspec

from mockops.mocking.model import Change, CountHit, DeleteItem, PutItem, SessionView, SetState

if TYPE_CHECKING:
    from mockops.core.clock import Clock

_MAX_SESSIONS = 10_000


class _Session:
    """One session's memory."""

    __slots__ = ("last_used_s", "size_bytes", "view")

    def __init__(self, name: str) -> None:
        self.view = SessionView(name=name)
        self.last_used_s = 0.0
        self.size_bytes = 0


class Sessions:
    """Sessions of one target, in this process's memory.

    One process decides at a time (the gateway has one event loop), so load, decide, apply needs no lock. A session
    unused for `ttl_s` is forgotten; past `max_bytes` together, the longest unused are.
    """

    def __init__(self, *, clock: Clock, ttl_s: float, max_bytes: int) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._size_bytes = 0

    def view(self, name: str) -> SessionView:
        """Return what a session remembers; a new one remembers nothing."""
        self._forget_stale()
        session = self._sessions.get(name)
        return session.view if session is not None else SessionView(name=name)

    def apply(self, name: str, changes: tuple[Change, ...]) -> None:
        """Make an answer's changes."""
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = _Session(name)
        session.last_used_s = self._clock.monotonic_s()
        self._sessions.move_to_end(name)
        for change in changes:
            self._apply_one(session, change)
        self._forget_stale()

    def set_state(self, name: str, state: str, value: str) -> None:
        """Enter a state from outside."""
        self.apply(name, (SetState(state, value),))

    def names(self) -> list[str]:
        """Return the names of live sessions."""
        self._forget_stale()
        return list(self._sessions)

    def reset(self, name: str | None = None) -> None:
        """Forget one session, or all."""
        if name is None:
            self._sessions.clear()
            self._size_bytes = 0
        else:
            self._drop(name)

    def _apply_one(self, session: _Session, change: Change) -> None:
        view = session.view
        grown = 0
        match change:
            case SetState(name, value):
                grown = 0 if name in view.states else 200
                view.states[name] = value
                view.since_s[name] = self._clock.monotonic_s()
            case CountHit(stub):
                grown = 0 if stub in view.hits else 120
                view.hits[stub] = view.hits.get(stub, 0) + 1
            case PutItem(collection, item_id, item):
                items = view.resources.setdefault(collection, {})
                grown = _weigh(item) - (_weigh(items[item_id]) if item_id in items else 0)
                items[item_id] = item
            case DeleteItem(collection, item_id):
                removed = view.resources.get(collection, {}).pop(item_id, None)
                grown = -_weigh(removed) if removed is not None else 0
            case unreachable:
                assert_never(unreachable)
        session.size_bytes += grown
        self._size_bytes += grown

    def _drop(self, name: str) -> None:
        session = self._sessions.pop(name, None)
        if session is not None:
            self._size_bytes -= session.size_bytes

    def _forget_stale(self) -> None:
        """Forget sessions that are too old, too many or too large; the longest unused go first."""
        oldest_s = self._clock.monotonic_s() - self._ttl_s
        while self._sessions:
            name, session = next(iter(self._sessions.items()))
            is_over = self._size_bytes > self._max_bytes or len(self._sessions) > _MAX_SESSIONS
            if session.last_used_s >= oldest_s and not is_over:
                return
            self._drop(name)


def _weigh(item: object) -> int:
    """Return about how much memory an item takes: Python objects cost some five times their JSON."""
    return 5 * len(msgspec.json.encode(item)) + 200
