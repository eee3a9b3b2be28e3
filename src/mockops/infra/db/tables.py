"""Tables that every transaction may write: the event log, the audit trail, what gateways must hear of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Id, JsonText, Name, UtcDateTime

log_position = Table(
    "log_position",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("value", BigInteger, nullable=False),
    comment="One row; updating it, last in a transaction, is what puts commits into one order.",
)

events = Table(
    "events",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Name, nullable=False),
    Column("type", Name, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("data", JsonText),
    Column("dataschema", Text, nullable=False, server_default=""),
    Column("datacontenttype", Name, nullable=False, server_default="application/json"),
    Column(
        "extensions", JsonText, comment="Attributes that somebody outside added; `data_base64` where data is no JSON."
    ),
    Column("org_id", Id, nullable=False),
    Column("org", Name, nullable=False),
    Column("workspace_id", Id, nullable=False),
    Column("workspace", Name, nullable=False),
    Column("actor", Name, nullable=False),
    Column("causation_id", Name, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("is_dispatched", Boolean, nullable=False),
    Index(None, "org_id", "sequence"),
    Index(None, "org_id", "type", "sequence"),
    Index(None, "org_id", "workspace_id", "sequence"),
    Index("uq_events_source_id", "org_id", "source", "id", unique=True),
    Index(None, "is_dispatched", "sequence"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("org_id", Id, nullable=False),
    Column("workspace_id", Id, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", Name, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", Name, nullable=False),
    Column("entity_type", Name, nullable=False),
    Column("entity_id", Name, nullable=False),
    Column("before", JsonText),
    Column("after", JsonText),
    Column("address", Name, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index(None, "number"),
    Index(None, "org_id", "number"),
    Index(None, "org_id", "workspace_id", "number"),
    Index(None, "org_id", "entity_type", "entity_id", "number"),
    Index(None, "org_id", "actor_id", "number"),
)

targets = Table(
    "targets",
    metadata,
    Column("environment_id", Id, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    Index(None, "revision"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("actor_id", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JsonText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)
