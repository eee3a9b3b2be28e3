"""Telling control what was counted: a numbered batch each second that has something in it, sent until it is taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from mockops.gateway.link import coding
from mockops.gateway.link.control import BatchRefused, ControlAway, ControlRefused
from mockops.gateway.link.patience import Patience
from mockops.gateway.link.tally import Tally, add_up
from mockops.publishing.model import TrafficBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.link.control import Control, Identity
    from mockops.gateway.link.patience import Contact
    from mockops.gateway.link.samples import Sampler
    from mockops.gateway.link.spool import Spool

EVERY_S = 1.0
_CHUNK_ROWS = 1000
"""Rows made in one go, some ten milliseconds; between them the loop sees to other things."""
_MAX_GROWN_ROWS = 2000
"""Up to this size a batch that waits takes in what comes next: a minute without control is one file, not sixty."""
_MAX_GROWN_SAMPLES = 60
"""Samples of such a batch, the newest: they are for who looks on, who has no use for those of an hour ago."""


class Flusher:
    """Makes batches and sends them."""

    def __init__(
        self,
        gateway: Gateway,
        control: Control,
        spool: Spool,
        identity: Identity,
        *,
        sampler: Sampler,
        contact: Contact,
        problems: Callable[[], tuple[str, ...]],
        every_s: float = EVERY_S,
    ) -> None:
        """Get ready.

        Args:
            gateway: Whose counters are told.
            control: Who is told.
            spool: Where batches wait.
            identity: Who tells.
            sampler: Gives samples; asked while control is there only.
            contact: Whether it is.
            problems: Gives all problems there are now.
            every_s: How often to look.

        """
        self._gateway = gateway
        self._control = control
        self._spool = spool
        self._identity = identity
        self._sampler = sampler
        self._contact = contact
        self._problems = problems
        self._every_s = every_s
        self._tally = Tally(gateway.counters)
        self._number = 0
        self._newest: TrafficBatch | None = None
        self._told: tuple[str, ...] = ()
        self._is_troubled = False

    async def keep_flushing(self) -> None:
        """Make batches, for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Put what was counted since the last time into the spool."""
        changed = self._tally.changed()
        problems = self._problems()
        samples = self._sampler.take() if changed and self._contact.is_made else ()
        if not changed and problems == self._told:
            return
        self._told = problems
        for at in range(0, max(1, len(changed)), _CHUNK_ROWS):
            if at:
                await asyncio.sleep(0)
            now = self._gateway.clock.now()
            rows = self._tally.rows(changed[at : at + _CHUNK_ROWS], now.replace(second=0, microsecond=0))
            batch = TrafficBatch(
                gateway=self._identity.gateway,
                boot=self._identity.boot,
                number=self._number + 1,
                at=now,
                counts=tuple(rows),
                samples=samples if not at else (),
                problems=problems,
            )
            self._put(batch)

    def _put(self, batch: TrafficBatch) -> None:
        newest = self._newest
        if newest is not None and self._may_grow(newest):
            batch = msgspec.structs.replace(
                batch,
                number=newest.number,
                counts=add_up(newest.counts, batch.counts),
                samples=(newest.samples + batch.samples)[-_MAX_GROWN_SAMPLES:],
            )
        self._newest, self._number = batch, batch.number
        self._spool.put(batch.boot, batch.number, coding.compress(msgspec.json.encode(batch)))

    def _may_grow(self, newest: TrafficBatch) -> bool:
        """Say whether a batch waits behind others, so that nobody can have seen it."""
        return (
            len(self._spool) > 1
            and len(newest.counts) < _MAX_GROWN_ROWS
            and self._spool.may_change(newest.boot, newest.number)
        )

    async def keep_sending(self) -> None:
        """Send what is in the spool, oldest first, for ever."""
        patience = Patience(self._identity.boot, "send")
        while True:
            await self._spool.filled.wait()
            try:
                await self.send_oldest()
            except (ControlAway, ControlRefused) as error:
                self._complain(str(error))
                await asyncio.sleep(patience.next_s())
            else:
                patience.reset()
                self._is_troubled = False

    async def send_oldest(self) -> None:
        """Send the oldest batch and forget it once it is taken.

        Raises:
            ControlAway: Control cannot take it now.
            ControlRefused: It does not accept the token.

        """
        found = self._spool.take()
        if found is None:
            return
        name, content = found
        try:
            await self._control.send(content)
        except BatchRefused as error:
            self._spool.drop(name, f"control cannot use it: {error}")
        else:
            self._spool.remove(name)

    def _complain(self, reason: str) -> None:
        """Say once that traffic is not taken, where the long poll does not say already that control is away."""
        if self._contact.is_made and not self._is_troubled:
            self._is_troubled = True
            self._contact.warn(f"control takes no counts: {reason}; they are kept and sent later")
