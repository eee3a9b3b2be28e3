"""Samples for the live view: a few exchanges a second out of the journal, secrets masked, bodies cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.publishing.model import Sample

if TYPE_CHECKING:
    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.gateway import Gateway

RATE = 20.0
"""Samples a second."""


class Sampler:
    """A bucket of tokens, one a sample; what does not get one is not sampled, and costs nothing."""

    def __init__(self, gateway: Gateway, *, rate: float = RATE) -> None:
        """Sample from a gateway's journal.

        Args:
            gateway: Whose exchanges are looked at.
            rate: How many samples a second, at most; as many may come at once after a while of none.

        """
        self._gateway = gateway
        self._rate = rate
        self._tokens = rate
        self._looked_s = gateway.clock.monotonic_s()
        self._last = 0
        """Number of the newest exchange looked at."""

    def take(self) -> tuple[Sample, ...]:
        """Return the newest exchanges since the last look, as many as there are tokens; oldest first."""
        journal = self._gateway.journal
        now_s = self._gateway.clock.monotonic_s()
        self._tokens = min(self._rate, self._tokens + (now_s - self._looked_s) * self._rate)
        self._looked_s = now_s
        if journal is None or not len(journal) or self._tokens < 1.0:
            return ()
        from mockops.gateway.exchanges import ExchangeFilter, find  # noqa: PLC0415 (when first needed)

        found = find(journal, self._gateway, ExchangeFilter(after=self._last), limit=int(self._tokens))
        if not found:
            return ()
        self._tokens -= len(found)
        self._last = found[0].number
        return tuple(self._sample(exchange) for exchange in reversed(found))

    def _sample(self, exchange: Exchange) -> Sample:
        from mockops.gateway.admin.shown import show_exchange  # noqa: PLC0415 (as above)

        named = f"{exchange.target}@{exchange.environment}"
        target = self._gateway.table.get(named) if exchange.target else None
        return Sample(
            at=exchange.at,
            document=show_exchange(exchange, self._gateway),
            key=target.head.key if target is not None else "",
            target=exchange.target,
            environment=exchange.environment,
            method=exchange.request.method,
            path=exchange.request.path,
            operation=exchange.operation,
            status=exchange.status,
            source=exchange.source,
            duration_ms=round(exchange.duration_ms, 3),
            persona=exchange.persona,
            scenario=exchange.scenario,
            session=exchange.session,
            ci_run=exchange.ci_run,
            caller=exchange.caller,
        )
