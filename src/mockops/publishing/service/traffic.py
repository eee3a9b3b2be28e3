"""Traffic that gateways report: counted once, kept a while, shown to those who may see it."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.infra.db.changes import Changes
from mockops.publishing.model import BatchTaken
from mockops.publishing.store import traffic as store
from mockops.publishing.store.tables import BUCKETS
from mockops.publishing.store.traffic import read_position as newest_sample
from mockops.workspaces.service.targets import find_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.publishing.model import CountRow, Sample, TrafficBatch
    from mockops.workspaces.service.targets import Place

__all__ = [
    "BatchInvalid",
    "TrafficChanges",
    "check_batch",
    "newest_sample",
    "percentile_ms",
    "read_samples",
    "scope_of",
    "take_batch",
]

MAX_COUNTS = 50_000
"""Rows of counts in one batch."""
MAX_SAMPLES = 1_000
"""Samples in one batch."""
MAX_SAMPLE_BYTES = 128 << 10
"""Of a sample as JSON; a larger one loses its document."""
KEPT_SAMPLES = 20_000
"""So many of the newest samples are kept, over all organizations; a few more until the next pruning."""
_PRUNE_EVERY = 1_000
_KEPT_BATCHES = timedelta(days=30)
_MAX_NAME = 255
_MAX_OPERATION = 2_000
_MAX_SOURCE = 32
_DIMENSIONS = ("media_type", "stub", "scenario", "persona", "ci_run", "caller")
_MAX_INTEGER = 1 << 53


class TrafficChanges(Changes):
    """Wakes those who wait for samples: positions are those of samples."""


class BatchInvalid(Invalid):
    """A batch of traffic cannot be what a gateway says."""

    code: ClassVar[str] = "traffic.batch_invalid"


def check_batch(batch: TrafficBatch) -> None:
    """Refuse what no gateway sends.

    Raises:
        BatchInvalid: With what is wrong.

    """
    if not 0 < len(batch.gateway) <= _MAX_NAME or not 0 < len(batch.boot) <= _MAX_NAME:
        raise BatchInvalid(f"`gateway` and `boot` have 1 to {_MAX_NAME} characters.")
    if not 1 <= batch.number < _MAX_INTEGER:
        raise BatchInvalid(f"`number` counts from 1; it is {batch.number}.")
    if len(batch.counts) > MAX_COUNTS:
        raise BatchInvalid(f"A batch has at most {MAX_COUNTS:,} counts; this one has {len(batch.counts):,}.")
    if len(batch.samples) > MAX_SAMPLES:
        raise BatchInvalid(f"A batch has at most {MAX_SAMPLES:,} samples; this one has {len(batch.samples):,}.")
    for row in batch.counts:
        _check_count(row)
    for sample in batch.samples:
        if sample.at.tzinfo is None:
            raise BatchInvalid("`at` of a sample has no time zone.")
        if not -1 < sample.status < 1000:
            raise BatchInvalid(f"`status` of a sample is {sample.status}.")


def _check_count(row: CountRow) -> None:
    if row.minute.tzinfo is None:
        raise BatchInvalid("`minute` of a count has no time zone.")
    if not 0 <= row.count < _MAX_INTEGER or not 0 <= row.total_s < _MAX_INTEGER:
        raise BatchInvalid("`count` and `total_s` are not negative, and no more than can be.")
    if not -1 < row.status < 1000:
        raise BatchInvalid(f"`status` of a count is {row.status}.")
    if any(not 0 <= bucket < BUCKETS or not 0 <= count < _MAX_INTEGER for bucket, count in row.buckets):
        raise BatchInvalid(f"`buckets` are pairs of 0 to {BUCKETS - 1} and a count.")


def scope_of(batch: TrafficBatch) -> str:
    """Return the scope of the transaction that takes a batch: one gateway's come one after another."""
    return f"traffic:{batch.gateway}"


def take_batch(tx: Tx, batch: TrafficBatch) -> tuple[BatchTaken, int]:
    """Count a batch, unless it was counted before; return what to answer, and the position of its newest sample or 0.

    What the caller's token does not serve is kept as its organization's, without a workspace.

    Raises:
        BatchInvalid: It is no batch of a gateway.

    """
    check_batch(batch)
    # tenants see the id and boot of a gateway that serves all of them: none may use up its numbers
    whose = "" if tx.caller.is_root else f"{tx.caller.org_id}:"
    name = (_text(batch.gateway), _text(whose + batch.boot))
    if store.was_forgotten(tx, *name, batch.number) or not store.add_batch(tx, *name, batch.number):
        return BatchTaken(is_new=False), 0
    if batch.number % store.FORGET_EVERY == 0:
        store.forget_numbers(tx, *name, batch.number - store.KEPT_NUMBERS)
        store.forget_batches(tx, tx.now - _KEPT_BATCHES)
    places = _places(tx, {*(row.key for row in batch.counts), *(sample.key for sample in batch.samples)})
    store.add_minutes(tx, _merged(_minute(row, places.get(row.key), tx.caller.org_id) for row in batch.counts))
    return BatchTaken(is_new=True), _keep(tx, batch, places)


def _places(tx: Tx, keys: Iterable[str]) -> dict[str, Place]:
    places = find_places(tx, {key for key in keys if key})
    caller = tx.caller
    return {key: place for key, place in places.items() if caller.is_root or place.org_id == caller.org_id}


def _minute(row: CountRow, place: Place | None, org_id: str) -> JsonObject:
    buckets = [0] * BUCKETS
    for number, count in row.buckets:
        buckets[number] += count
    values: JsonObject = {
        "minute": row.minute.replace(second=0, microsecond=0),
        "org_id": place.org_id if place else org_id,
        "workspace_id": place.workspace_id if place else "",
        "environment_id": place.environment_id if place else "",
        "workspace": place.workspace if place else _text(row.target),
        "environment": place.environment if place else _text(row.environment),
        "operation": _text(row.operation, _MAX_OPERATION),
        "status": row.status,
        "source": _text(row.source, _MAX_SOURCE),
        **{name: _text(getattr(row, name)) for name in _DIMENSIONS},
    }
    values["digest"] = sha256(msgspec.json.encode(list(values.values()))).hexdigest()
    values["count"], values["total_s"] = row.count, row.total_s
    return values | {f"bucket_{number}": count for number, count in enumerate(buckets)}


def _merged(rows: Iterable[JsonObject]) -> list[JsonObject]:
    """Return rows with those of one digest added up, in the order of digests."""
    sums = ("count", "total_s", *(f"bucket_{number}" for number in range(BUCKETS)))
    found: dict[str, JsonObject] = {}
    for row in rows:
        known = found.setdefault(row["digest"], row)
        if known is not row:
            for name in sums:
                known[name] += row[name]
    return [found[digest] for digest in sorted(found)]


def _keep(tx: Tx, batch: TrafficBatch, places: Mapping[str, Place]) -> int:
    """Keep the samples of a batch; return the newest position, or 0."""
    count = len(batch.samples)
    if not count:
        return 0
    last = store.take_positions(tx, count)
    rows = [
        _sample(sample, places.get(sample.key), tx.caller.org_id)
        | {"position": position, "gateway": _text(batch.gateway)}
        for position, sample in enumerate(batch.samples, last - count + 1)
    ]
    store.add_samples(tx, rows)
    if last // _PRUNE_EVERY != (last - count) // _PRUNE_EVERY:
        store.forget_samples(tx, last - KEPT_SAMPLES)
    return last


def _sample(sample: Sample, place: Place | None, org_id: str) -> JsonObject:
    if len(msgspec.json.encode(sample)) > MAX_SAMPLE_BYTES:
        note = f"left out: the sample is larger than {MAX_SAMPLE_BYTES:,} bytes"
        sample = msgspec.structs.replace(sample, document={"note": note})
    return {
        "at": sample.at,
        "org_id": place.org_id if place else org_id,
        "workspace_id": place.workspace_id if place else "",
        "workspace": place.workspace if place else _text(sample.target),
        "operation": _text(sample.operation, _MAX_OPERATION),
        "source": _text(sample.source, _MAX_SOURCE),
        "persona": _text(sample.persona),
        "ci_run": _text(sample.ci_run),
        "status": sample.status,
        "document": msgspec.to_builtins(sample),
    }


def _text(value: str, most: int = _MAX_NAME) -> str:
    """Return text as both databases take it: not too long, and without NUL, which PostgreSQL refuses."""
    return value.replace("\0", "�")[:most]


def percentile_ms(buckets: Sequence[int], share: float) -> float | None:
    """Return what this share of answers stayed below, in milliseconds, to a factor of two; None: there were none."""
    total = sum(buckets)
    if not total:
        return None
    reached = accumulate(buckets)
    number = next(number for number, seen in enumerate(reached) if seen >= share * total)
    return float(2**number) / 1000


def read_samples(tx: ReadTx, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return the samples of all organizations behind a position, in order: for streams, which filter them."""
    return store.samples_after(tx, after, limit)
