"""Tables of the slice; other slices hang theirs on `workspaces.id`, to go when the workspace goes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from mockops.infra.db.metadata import metadata
from mockops.infra.db.types import Digest, Id, JsonText, Name, UtcDateTime

Word = String(16)
"""One of a few words that MockOps gives."""

organizations = Table(
    "organizations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False),
    Column("title", Text, nullable=False),
    Column("environments", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_organizations_name", "name", unique=True),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_teams_org_id_name", "org_id", "name", unique=True),
)

members = Table(
    "members",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("email", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("subject", String(600), nullable=False),
    Column("role", Word, nullable=False),
    Column("teams", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_members_org_id_email", "org_id", "email", unique=True),
    Index(None, "subject", "org_id"),
    Index(None, "email"),
    Index(None, "org_id", "role"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("prefix", Word, nullable=False),
    Column("hash", Digest, nullable=False),
    Column("role", Word, nullable=False),
    Column("workspaces", JsonText),
    Column("kind", Word, nullable=False),
    Column("is_root", Boolean, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Index("uq_tokens_hash", "hash", unique=True),
    Index(None, "org_id", "created_at", "id"),
    Index(None, "org_id", "created_by", "created_at", "id"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("team_id", Id, ForeignKey("teams.id", ondelete="SET NULL")),
    Column("name", Name, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("settings", JsonText, nullable=False),
    Column("labels", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_workspaces_org_id_name", "org_id", "name", unique=True),
    Index(None, "team_id", "name"),
)

workspace_roles = Table(
    "workspace_roles",
    metadata,
    Column("workspace_id", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", Id, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Word, nullable=False),
    Index(None, "member_id"),
)

environments = Table(
    "environments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Id, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("position", Integer, nullable=False),
    Column("settings", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("uq_environments_workspace_id_name", "workspace_id", "name", unique=True),
    Index(None, "workspace_id", "position"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, comment="Or when it was saved again, if that is much later."),
    # what is old is found without reading contents
    Index("ix_blobs_created_at", "created_at", "digest", "size"),
    comment="Content by its SHA-256; written once, shared by all organizations, reached only through what names it.",
)

versions = Table(
    "versions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Id, nullable=False, comment="Empty: of the organization, as personas are."),
    Column("entity_type", Word, nullable=False),
    Column("entity_key", Name, nullable=False),
    Column("number", Integer, nullable=False),
    Column("hash", Digest, nullable=False),
    Column("label", String(64), nullable=False),
    Column("label_rank", Integer, nullable=False, comment="Order in which labels were given; 0: it has none."),
    Column("status", Word, nullable=False),
    Column("author", Name, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_versions_hash", "org_id", "workspace_id", "entity_type", "entity_key", "hash", unique=True),
    Index("uq_versions_number", "org_id", "workspace_id", "entity_type", "entity_key", "number", unique=True),
    Index("ix_versions_label_rank", "org_id", "workspace_id", "entity_type", "entity_key", "label_rank"),
    Index("ix_versions_hash", "hash", "entity_type", "org_id"),
    Index("ix_versions_created_at", "org_id", "workspace_id", "created_at", "id"),
    Index(
        "uq_versions_label",
        "org_id",
        "workspace_id",
        "entity_type",
        "entity_key",
        "label",
        unique=True,
        sqlite_where=text("label <> ''"),
        postgresql_where=text("label <> ''"),
    ),
)

pins = Table(
    "pins",
    metadata,
    Column("environment_id", Id, ForeignKey("environments.id", ondelete="CASCADE"), primary_key=True),
    Column("entity_type", Word, primary_key=True),
    Column("entity_key", Name, primary_key=True),
    Column("version_id", Id, ForeignKey("versions.id"), nullable=False),
    Column("hash", Digest, nullable=False),
    Index(None, "version_id"),
)

persona_pins = Table(
    "persona_pins",
    metadata,
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("environment_name", Name, primary_key=True),
    Column("persona", Name, primary_key=True),
    Column("version_id", Id, ForeignKey("versions.id"), nullable=False),
    Column("hash", Digest, nullable=False),
    Index(None, "version_id"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("org_id", Id, ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Name, nullable=False),
)
