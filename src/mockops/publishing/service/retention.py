"""What gateways and their traffic leave behind, and how long it is kept; samples are bounded where they come in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.publishing.store import gateways, retention, traffic

if TYPE_CHECKING:
    from mockops.infra.db.transactions import Tx

_LEASES_KEPT = timedelta(hours=24)
"""How long a gateway that is gone is still shown."""
_BATCHES_KEPT = timedelta(days=7)
"""How long the numbers of batches are remembered: a gateway sends what it has spooled for at most so long."""
_BATCH = 500


def forget_leases(tx: Tx) -> int:
    """Forget gateways that have been gone for a day; return how many."""
    return gateways.forget_leases(tx, tx.now - _LEASES_KEPT)


def forget_batches(tx: Tx) -> int:
    """Forget the numbers of batches that are too old to come again; return how many."""
    return traffic.forget_batches(tx, tx.now - _BATCHES_KEPT)


def forget_minutes(tx: Tx, kept: timedelta) -> int:
    """Forget some of the counts that are older than `kept`; return how many."""
    return retention.forget_minutes(tx, tx.now - kept, _BATCH)
