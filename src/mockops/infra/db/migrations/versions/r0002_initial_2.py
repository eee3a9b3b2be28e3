"""Initial, part 2 of 3."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "contracts",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("bundle_blob", sa.String(length=64), nullable=False),
        sa.Column("artefact_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "layout", sa.Integer(), nullable=False, comment="Version of the artefact's layout that the compiler wrote."
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, comment="When its files were sent last."),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("dialect", sa.String(length=16), nullable=False),
        sa.Column("operation_count", sa.Integer(), nullable=False),
        sa.Column("diagnostics", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["artefact_digest"], ["blobs.digest"], name=op.f("fk_contracts_artefact_digest")),
        sa.ForeignKeyConstraint(["bundle_blob"], ["blobs.digest"], name=op.f("fk_contracts_bundle_blob")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_contracts_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "digest", name=op.f("pk_contracts")),
        comment="Compiled contracts, by the digest of the bundle they were compiled from.",
    )
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contracts_artefact_digest"), ["artefact_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_contracts_bundle_blob"), ["bundle_blob"], unique=False)
        batch_op.create_index("ix_contracts_created_at", ["org_id", "created_at", "digest"], unique=False)
        batch_op.create_index("ix_contracts_sent_at", ["sent_at", "org_id", "digest"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=600), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_members_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_org_id_role"), ["org_id", "role"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_subject_org_id"), ["subject", "org_id"], unique=False)
        batch_op.create_index("uq_members_org_id_email", ["org_id", "email"], unique=True)
    op.create_table(
        "personas",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False, comment="What a search looks in, case-folded."),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_personas_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personas")),
    )
    with op.batch_alter_table("personas", schema=None) as batch_op:
        batch_op.create_index("uq_personas_org_id_key", ["org_id", "key"], unique=True)
    op.create_table(
        "secrets",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_secrets_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "name", name=op.f("pk_secrets")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_teams_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
    )
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.create_index("uq_teams_org_id_name", ["org_id", "name"], unique=True)
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("workspaces", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_tokens_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tokens_org_id_created_at_id"), ["org_id", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_tokens_org_id_created_by_created_at_id"),
            ["org_id", "created_by", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index("uq_tokens_hash", ["hash"], unique=True)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column(
            "workspace_id", sa.String(length=36), nullable=False, comment="Empty: of the organization, as personas are."
        ),
        sa.Column("entity_type", sa.String(length=16), nullable=False),
        sa.Column("entity_key", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column(
            "label_rank", sa.Integer(), nullable=False, comment="Order in which labels were given; 0: it has none."
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_versions_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
    )
    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.create_index("ix_versions_created_at", ["org_id", "workspace_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_versions_hash", ["hash", "entity_type", "org_id"], unique=False)
        batch_op.create_index(
            "ix_versions_label_rank",
            ["org_id", "workspace_id", "entity_type", "entity_key", "label_rank"],
            unique=False,
        )
        batch_op.create_index(
            "uq_versions_hash", ["org_id", "workspace_id", "entity_type", "entity_key", "hash"], unique=True
        )
        batch_op.create_index(
            "uq_versions_label",
            ["org_id", "workspace_id", "entity_type", "entity_key", "label"],
            unique=True,
            sqlite_where=sa.text("label <> ''"),
            postgresql_where=sa.text("label <> ''"),
        )
        batch_op.create_index(
            "uq_versions_number", ["org_id", "workspace_id", "entity_type", "entity_key", "number"], unique=True
        )
    op.create_table(
        "persona_pins",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("environment_name", sa.String(length=255), nullable=False),
        sa.Column("persona", sa.String(length=255), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_persona_pins_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_persona_pins_version_id")),
        sa.PrimaryKeyConstraint("org_id", "environment_name", "persona", name=op.f("pk_persona_pins")),
    )
    with op.batch_alter_table("persona_pins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_persona_pins_version_id"), ["version_id"], unique=False)
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_workspaces_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_workspaces_team_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    with op.batch_alter_table("workspaces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_workspaces_team_id_name"), ["team_id", "name"], unique=False)
        batch_op.create_index("uq_workspaces_org_id_name", ["org_id", "name"], unique=True)
    op.create_table(
        "environments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_environments_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
    )
    with op.batch_alter_table("environments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_environments_workspace_id_position"), ["workspace_id", "position"], unique=False
        )
        batch_op.create_index("uq_environments_workspace_id_name", ["workspace_id", "name"], unique=True)
    op.create_table(
        "scenarios",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False, comment="What a search looks in, case-folded."),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("published_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_scenarios_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenarios")),
    )
    with op.batch_alter_table("scenarios", schema=None) as batch_op:
        batch_op.create_index("uq_scenarios_workspace_id_key", ["workspace_id", "key"], unique=True)
    op.create_table(
        "stubs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False, comment="What a search looks in, case-folded."),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("request_path", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_stubs_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stubs")),
    )
    with op.batch_alter_table("stubs", schema=None) as batch_op:
        batch_op.create_index("ix_stubs_manifest", ["workspace_id", "ordinal", "id", "key", "digest"], unique=False)
        batch_op.create_index("ix_stubs_workspace_id_origin", ["workspace_id", "origin"], unique=False)
        batch_op.create_index("uq_stubs_workspace_id_key", ["workspace_id", "key"], unique=True)
    op.create_table(
        "workspace_contracts",
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "base_digest",
            sa.String(length=64),
            nullable=False,
            comment="Of what was imported last: the base of the next merge.",
        ),
        sa.Column("base_blob", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["base_blob"], ["blobs.digest"], name=op.f("fk_workspace_contracts_base_blob")),
        sa.ForeignKeyConstraint(
            ["org_id", "digest"],
            ["contracts.org_id", "contracts.digest"],
            name=op.f("fk_workspace_contracts_org_id_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_workspace_contracts_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspace_contracts")),
    )
    with op.batch_alter_table("workspace_contracts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_workspace_contracts_base_blob"), ["base_blob"], unique=False)
        batch_op.create_index(batch_op.f("ix_workspace_contracts_org_id_digest"), ["org_id", "digest"], unique=False)
