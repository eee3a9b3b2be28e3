"""Tables of the slice: one a kind of item, alike but for what only one kind has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Digest, Id, JsonText, Name, UtcDateTime

Word = String(16)


def _common(column: str, owner: str) -> tuple[Column[Any], ...]:
    return (
        Column("id", Id, primary_key=True),
        Column(column, Id, ForeignKey(owner, ondelete="CASCADE"), key="owner_id", nullable=False),
        Column("key", Name, nullable=False),
        Column("ordinal", BigInteger, nullable=False),
        Column("document", JsonText, nullable=False),
        Column("files", JsonText, nullable=False),
        Column("digest", Digest, nullable=False),
        Column("base_digest", Digest, nullable=False),
        Column("origin", Name, nullable=False),
        Column("path", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("name", Text, nullable=False),
        Column("search", Text, nullable=False, comment="What a search looks in, case-folded."),
    )


stubs = Table(
    "stubs",
    metadata,
    *_common("workspace_id", "workspaces.id"),
    Column("method", Word, nullable=False),
    Column("request_path", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Index("uq_stubs_workspace_id_key", "owner_id", "key", unique=True),
    # a config version lists every stub with just these
    Index("ix_stubs_manifest", "owner_id", "ordinal", "id", "key", "digest"),
    Index("ix_stubs_workspace_id_origin", "owner_id", "origin"),
)

scenarios = Table(
    "scenarios",
    metadata,
    *_common("workspace_id", "workspaces.id"),
    Column("status", Word, nullable=False),
    Column("published_hash", String(64), nullable=False),
    Index("uq_scenarios_workspace_id_key", "owner_id", "key", unique=True),
)

personas = Table(
    "personas",
    metadata,
    *_common("org_id", "organizations.id"),
    Index("uq_personas_org_id_key", "owner_id", "key", unique=True),
)
