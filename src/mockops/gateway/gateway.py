"""What a gateway serves now: its targets, replaced as a whole; counters and journal live on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from mockops.gateway.counters import Counters
from mockops.gateway.journal import Journal
from mockops.gateway.target import Target, compile_target
from mockops.gateway.targets import TargetTable
from mockops.mocking.rules.operations import OperationCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockops.core.clock import Clock
    from mockops.mocking.model import Stub
    from mockops.publishing.model import Snapshot


class Listening(Protocol):
    """Answers on one listener from what the gateway serves."""

    def refresh(self) -> None:
        """Forget what was made from the former targets."""
        ...


class LinkState(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway stands to its control plane."""

    url: str
    connected: bool
    cursor: int
    """Of the last page applied; 0: none yet."""
    last_contact: datetime | None
    """When control last answered, in UTC."""
    error: str = ""
    """Why it does not, while it does not."""
    problems: list[str]
    """Targets that cannot be served as published, disks that are full."""
    spool_batches: int
    """Batches of counts that control has not taken yet."""
    spool_bytes: int
    batches_dropped: int
    """Batches that were lost since the start, because the spool was full or control refused them."""
    compiled: int
    """Targets whose mocks are ready; the others are compiled by their first request."""


class Linked(Protocol):
    """What keeps a gateway in touch with control."""

    def state(self) -> LinkState:
        """Return how it stands."""
        ...


class Gateway:
    """Targets compiled from a snapshot, and what has happened to them."""

    def __init__(self, *, clock: Clock, journal_bytes: int = 16 << 20, max_body_bytes: int = 10 << 20) -> None:
        """Start with no target.

        Args:
            clock: Tells the time.
            journal_bytes: Bound on the request journal; 0 keeps none.
            max_body_bytes: Bound on a request body once its content coding is undone.

        """
        self.clock = clock
        self.max_body_bytes = max_body_bytes
        self.operations = OperationCache()
        self.counters = Counters()
        self.journal = Journal(clock=clock, max_bytes=journal_bytes) if journal_bytes else None
        self.table: TargetTable[Target] = TargetTable(())
        self.revision = -1
        """Revision of the snapshot applied; -1 before the first."""
        self.admit: Callable[[Stub], None] | None = None
        """Raises for a stub that must not be added through the API here; None: all may be."""
        self.link: Linked | None = None
        """What keeps it in touch with control; None: it serves files."""
        self._handlers: list[Listening] = []

    def attach(self, handler: Listening) -> None:
        """Let a listener's handler know when targets change."""
        self._handlers.append(handler)
        handler.refresh()

    def detach(self, handler: Listening) -> None:
        """Forget a listener's handler."""
        self._handlers.remove(handler)

    def apply(self, snapshot: Snapshot) -> None:
        """Serve a snapshot from now on; targets that did not change are kept as they are.

        Raises:
            Invalid: A target cannot be compiled; then nothing has changed.

        """
        former = {(target.name, target.environment): target for target in self.table}
        targets = []
        for item in snapshot.targets:
            known = former.get((item.name, item.environment))
            is_same = known is not None and known.snapshot == item
            if known is None or not is_same:
                known = compile_target(item, clock=self.clock, operations=self.operations, former=known)
                known.admit = self.admit
            targets.append(known)
        self.table = TargetTable(targets)
        self.revision = snapshot.revision
        self.refresh()

    def serve(self, targets: Iterable[Target], *, home: str) -> None:
        """Serve these targets from now on.

        Args:
            targets: In order of preference.
            home: The org whose targets have bare names.

        """
        self.table = TargetTable(targets, home=home, default=lambda target: target.head.is_default)
        self.refresh()

    def refresh(self) -> None:
        """Make every listener forget answers of former targets."""
        for handler in self._handlers:
            handler.refresh()
