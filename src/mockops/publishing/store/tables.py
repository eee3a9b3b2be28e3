"""Tables of the publishing slice."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Digest, Id, JsonText, Name, UtcDateTime

BUCKETS = 28
"""Latency bucket n holds answers of less than 2**n microseconds, the last one the rest."""

gateways = Table(
    "gateways",
    metadata,
    Column("id", Name, primary_key=True),
    Column("boot", Name, primary_key=True),
    Column("name", Name, nullable=False),
    Column("org_id", Id, nullable=False),
    Column("org", Name, nullable=False),
    Column("is_root", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("version", Name, nullable=False),
    Column("problems", JsonText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Index(None, "lease_until"),
    comment="Leases: a row is a process that polls; it is live until lease_until.",
)

traffic_batches = Table(
    "traffic_batches",
    metadata,
    Column("gateway", Name, primary_key=True),
    Column("boot", Name, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)

traffic_position = Table(
    "traffic_position",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    comment="One row; updating it, last in a transaction, is what puts samples into the order of commits.",
)

traffic_minutes = Table(
    "traffic_minutes",
    metadata,
    Column("digest", Digest, primary_key=True, comment="SHA-256 of the minute and every dimension."),
    Column("minute", UtcDateTime, nullable=False),
    Column("org_id", Id, nullable=False),
    Column("workspace_id", Id, nullable=False, comment="Empty: the target is not known, or none was named."),
    Column("environment_id", Id, nullable=False),
    Column("workspace", Name, nullable=False, comment="The target's name as addressed."),
    Column("environment", Name, nullable=False),
    Column("operation", Text, nullable=False),
    Column("media_type", Name, nullable=False),
    Column("status", Integer, nullable=False),
    Column("source", String(32), nullable=False),
    Column("stub", Name, nullable=False),
    Column("scenario", Name, nullable=False),
    Column("persona", Name, nullable=False),
    Column("ci_run", Name, nullable=False),
    Column("caller", Name, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("total_s", Float, nullable=False),
    *(Column(f"bucket_{number}", BigInteger, nullable=False) for number in range(BUCKETS)),
    Index(None, "org_id", "minute"),
    Index(None, "minute"),
    Index(None, "org_id", "workspace_id", "minute"),
    Index(None, "org_id", "ci_run", "minute"),
)

traffic_samples = Table(
    "traffic_samples",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("gateway", Name, nullable=False),
    Column("org_id", Id, nullable=False),
    Column("workspace_id", Id, nullable=False),
    Column("workspace", Name, nullable=False),
    Column("operation", Text, nullable=False),
    Column("source", String(32), nullable=False),
    Column("persona", Name, nullable=False),
    Column("ci_run", Name, nullable=False),
    Column("status", Integer, nullable=False),
    Column("document", JsonText, nullable=False, comment="The Sample as the gateway sent it."),
    Index(None, "org_id", "position"),
    Index(None, "org_id", "workspace_id", "position"),
)
