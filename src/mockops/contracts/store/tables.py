"""Tables of the slice."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Digest, Id, JsonText, UtcDateTime

contracts = Table(
    "contracts",
    metadata,
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Digest, primary_key=True),
    Column("root", Text, nullable=False),
    Column("files", JsonText, nullable=False),
    Column("bundle_blob", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("artefact_digest", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("layout", Integer, nullable=False, comment="Version of the artefact's layout that the compiler wrote."),
    Column("sent_at", UtcDateTime, nullable=False, comment="When its files were sent last."),
    Column("title", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("dialect", String(16), nullable=False),
    Column("operation_count", Integer, nullable=False),
    Column("diagnostics", JsonText, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_contracts_created_at", "org_id", "created_at", "digest"),
    Index("ix_contracts_sent_at", "sent_at", "org_id", "digest"),
    Index(None, "bundle_blob"),
    Index(None, "artefact_digest"),
    comment="Compiled contracts, by the digest of the bundle they were compiled from.",
)

workspace_contracts = Table(
    "workspace_contracts",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("org_id", Id, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("base_digest", Digest, nullable=False, comment="Of what was imported last: the base of the next merge."),
    Column("base_blob", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("path", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["org_id", "digest"], ["contracts.org_id", "contracts.digest"]),
    Index(None, "org_id", "digest"),
    Index(None, "base_blob"),
)
