"""Initial, part 1 of 3."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=255), nullable=False),
        sa.Column("entity_type", sa.String(length=255), nullable=False),
        sa.Column("entity_id", sa.String(length=255), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_number"), ["number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_org_id_actor_id_number"), ["org_id", "actor_id", "number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_org_id_entity_type_entity_id_number"),
            ["org_id", "entity_type", "entity_id", "number"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_audit_org_id_number"), ["org_id", "number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_org_id_workspace_id_number"), ["org_id", "workspace_id", "number"], unique=False
        )
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Or when it was saved again, if that is much later.",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blobs")),
        comment="Content by its SHA-256; written once, shared by all organizations, reached only through what names it.",  # noqa: E501 (a table's comment)
    )
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.create_index("ix_blobs_created_at", ["created_at", "digest", "size"], unique=False)
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("dataschema", sa.Text(), server_default="", nullable=False),
        sa.Column("datacontenttype", sa.String(length=255), server_default="application/json", nullable=False),
        sa.Column(
            "extensions",
            sa.Text(),
            nullable=True,
            comment="Attributes that somebody outside added; `data_base64` where data is no JSON.",
        ),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=255), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("causation_id", sa.String(length=255), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("is_dispatched", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_is_dispatched_sequence"), ["is_dispatched", "sequence"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_events_org_id_sequence"), ["org_id", "sequence"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_events_org_id_type_sequence"), ["org_id", "type", "sequence"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_events_org_id_workspace_id_sequence"), ["org_id", "workspace_id", "sequence"], unique=False
        )
        batch_op.create_index("uq_events_source_id", ["org_id", "source", "id"], unique=True)
    op.create_table(
        "gateways",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("boot", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=255), nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", "boot", name=op.f("pk_gateways")),
        comment="Leases: a row is a process that polls; it is live until lease_until.",
    )
    with op.batch_alter_table("gateways", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gateways_lease_until"), ["lease_until"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("actor_id", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "actor_id", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_at"), ["at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        comment="Rows, not locks of a connection: the same on both databases, and a stalled holder loses its own.",
    )
    op.create_table(
        "log_position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_position")),
        comment="One row; updating it, last in a transaction, is what puts commits into one order.",
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("environments", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index("uq_organizations_name", ["name"], unique=True)
    op.create_table(
        "targets",
        sa.Column("environment_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("environment_id", name=op.f("pk_targets")),
    )
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_targets_revision"), ["revision"], unique=False)
    op.create_table(
        "traffic_batches",
        sa.Column("gateway", sa.String(length=255), nullable=False),
        sa.Column("boot", sa.String(length=255), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "boot", "number", name=op.f("pk_traffic_batches")),
    )
    with op.batch_alter_table("traffic_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_traffic_batches_at"), ["at"], unique=False)
    op.create_table(
        "traffic_minutes",
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the minute and every dimension."),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column(
            "workspace_id",
            sa.String(length=36),
            nullable=False,
            comment="Empty: the target is not known, or none was named.",
        ),
        sa.Column("environment_id", sa.String(length=36), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False, comment="The target's name as addressed."),
        sa.Column("environment", sa.String(length=255), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("stub", sa.String(length=255), nullable=False),
        sa.Column("scenario", sa.String(length=255), nullable=False),
        sa.Column("persona", sa.String(length=255), nullable=False),
        sa.Column("ci_run", sa.String(length=255), nullable=False),
        sa.Column("caller", sa.String(length=255), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total_s", sa.Float(), nullable=False),
        sa.Column("bucket_0", sa.BigInteger(), nullable=False),
        sa.Column("bucket_1", sa.BigInteger(), nullable=False),
        sa.Column("bucket_2", sa.BigInteger(), nullable=False),
        sa.Column("bucket_3", sa.BigInteger(), nullable=False),
        sa.Column("bucket_4", sa.BigInteger(), nullable=False),
        sa.Column("bucket_5", sa.BigInteger(), nullable=False),
        sa.Column("bucket_6", sa.BigInteger(), nullable=False),
        sa.Column("bucket_7", sa.BigInteger(), nullable=False),
        sa.Column("bucket_8", sa.BigInteger(), nullable=False),
        sa.Column("bucket_9", sa.BigInteger(), nullable=False),
        sa.Column("bucket_10", sa.BigInteger(), nullable=False),
        sa.Column("bucket_11", sa.BigInteger(), nullable=False),
        sa.Column("bucket_12", sa.BigInteger(), nullable=False),
        sa.Column("bucket_13", sa.BigInteger(), nullable=False),
        sa.Column("bucket_14", sa.BigInteger(), nullable=False),
        sa.Column("bucket_15", sa.BigInteger(), nullable=False),
        sa.Column("bucket_16", sa.BigInteger(), nullable=False),
        sa.Column("bucket_17", sa.BigInteger(), nullable=False),
        sa.Column("bucket_18", sa.BigInteger(), nullable=False),
        sa.Column("bucket_19", sa.BigInteger(), nullable=False),
        sa.Column("bucket_20", sa.BigInteger(), nullable=False),
        sa.Column("bucket_21", sa.BigInteger(), nullable=False),
        sa.Column("bucket_22", sa.BigInteger(), nullable=False),
        sa.Column("bucket_23", sa.BigInteger(), nullable=False),
        sa.Column("bucket_24", sa.BigInteger(), nullable=False),
        sa.Column("bucket_25", sa.BigInteger(), nullable=False),
        sa.Column("bucket_26", sa.BigInteger(), nullable=False),
        sa.Column("bucket_27", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_traffic_minutes")),
    )
    with op.batch_alter_table("traffic_minutes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_traffic_minutes_minute"), ["minute"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_traffic_minutes_org_id_ci_run_minute"), ["org_id", "ci_run", "minute"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_traffic_minutes_org_id_minute"), ["org_id", "minute"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_traffic_minutes_org_id_workspace_id_minute"),
            ["org_id", "workspace_id", "minute"],
            unique=False,
        )
    op.create_table(
        "traffic_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_position")),
        comment="One row; updating it, last in a transaction, is what puts samples into the order of commits.",
    )
    op.create_table(
        "traffic_samples",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gateway", sa.String(length=255), nullable=False),
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("persona", sa.String(length=255), nullable=False),
        sa.Column("ci_run", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="The Sample as the gateway sent it."),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_traffic_samples")),
    )
    with op.batch_alter_table("traffic_samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_traffic_samples_org_id_position"), ["org_id", "position"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_traffic_samples_org_id_workspace_id_position"),
            ["org_id", "workspace_id", "position"],
            unique=False,
        )
    op.create_table(
        "applied_items",
        sa.Column("org_id", sa.String(length=36), nullable=False),
        sa.Column("project", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("workspace", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_applied_items_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "project", "kind", "workspace", "key", name=op.f("pk_applied_items")),
        comment="By project, which items its files had when they were last applied, and their content by digest.",
    )
    with op.batch_alter_table("applied_items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_applied_items_org_id_kind_workspace_key"),
            ["org_id", "kind", "workspace", "key"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_applied_items_org_id_workspace"), ["org_id", "workspace"], unique=False)
