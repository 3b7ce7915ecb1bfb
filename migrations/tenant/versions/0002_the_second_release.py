"""What the second release adds to a tenant, a function for each subject."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# All topics of events, in their order: those of the first release, then one line for each subject.
TOPICS = (
    *("CUSTOMER_CREATED", "CUSTOMER_UPDATED", "ORDER_RECORDED", "ORDER_RETURNED", "INTERACTION_RECORDED"),
    *("FEEDBACK_RECEIVED", "PRODUCT_SAVED", "SEGMENT_SAVED", "STRATEGY_SAVED", "ATTRIBUTE_DEFINED", "BULK_FINISHED"),
    "SEGMENT_MEMBERS_CHANGED",
    *("CUSTOMER_DELETED", "CUSTOMER_RESTORED", "CUSTOMER_MERGED", "CUSTOMER_UNMERGED", "CUSTOMER_ERASED"),
    "CONSENT_CHANGED",
    *("MEMBER_SAVED", "MEMBER_REMOVED"),
    "RFM_CONFIG_SAVED",
)


def upgrade() -> None:
    """Forward."""
    topics()
    segments()
    templates()
    rfm()
    customers()
    searching()
    erasures()
    consents()
    members()
    event_stamps()


def topics() -> None:
    """What events may be about."""
    listed = ", ".join(f"'{topic}'" for topic in TOPICS)
    op.execute(
        "ALTER TABLE event DROP CONSTRAINT ck_event_eventtopic, "
        f"ADD CONSTRAINT ck_event_eventtopic CHECK (topic IN ({listed}))"
    )


def segments() -> None:
    """Versions of segments, kinds, and lists."""
    kinds = sa.Enum("DYNAMIC", "STATIC", "SNAPSHOT", name="segmentkind", native_enum=False, length=40)
    op.add_column("segment", sa.Column("kind", kinds, server_default="DYNAMIC", nullable=False))
    op.create_check_constraint(op.f("ck_segment_segmentkind"), "segment", "kind IN ('DYNAMIC', 'STATIC', 'SNAPSHOT')")
    frozen_from = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("segment", sa.Column("frozen_from", frozen_from, nullable=True))
    op.create_table(
        "segment_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("ACTIVE", "ARCHIVED", name="segmentstatus", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_version_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_version")),
        sa.UniqueConstraint("segment_id", "version", name=op.f("uq_segment_version_segment_id_version")),
    )
    op.execute(
        "INSERT INTO segment_version (id, segment_id, version, name_en, name_zh, status, rule, author, created_at) "
        "SELECT gen_random_uuid(), id, version, name_en, name_zh, status, rule, 'migration', updated_at FROM segment"
    )
    op.create_table(
        "segment_member",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("removed_at >= added_at", name=op.f("ck_segment_member_added_before_removed")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_segment_member_customer_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_member_segment_id")),
        sa.PrimaryKeyConstraint("segment_id", "customer_id", "added_at", name=op.f("pk_segment_member")),
        postgresql_with={
            "autovacuum_vacuum_insert_threshold": "1000",
            "autovacuum_vacuum_insert_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.02",
        },
    )
    op.create_index("ix_segment_member_customer_id", "segment_member", ["customer_id"], unique=False)
    op.create_index(
        "uq_segment_member_open",
        "segment_member",
        ["segment_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def templates() -> None:
    """What was installed from which template."""
    op.create_table(
        "installed_template",
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_installed_template_segment_id")),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_installed_template")),
    )
    op.create_index("ix_installed_template_template", "installed_template", ["template"], unique=False)


def customers() -> None:
    """The end of a customer's record."""
    op.add_column("customer", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_customer_gone",
        "customer",
        ["id"],
        unique=False,
        postgresql_where=sa.text("(deleted_at IS NOT NULL OR erased_at IS NOT NULL)"),
    )
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("winner_id", sa.Uuid(), nullable=False),
        sa.Column("loser_id", sa.Uuid(), nullable=False),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["loser_id"], ["customer.id"], name=op.f("fk_customer_merge_loser_id")),
        sa.ForeignKeyConstraint(["winner_id"], ["customer.id"], name=op.f("fk_customer_merge_winner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
        sa.UniqueConstraint("loser_id", name=op.f("uq_customer_merge_loser_id")),
    )
    op.create_index(op.f("ix_customer_merge_winner_id"), "customer_merge", ["winner_id"], unique=False)


def searching() -> None:
    """Indexes by which customers are found."""
    op.create_index("ix_customer_external_ref_value", "customer_external_ref", ["value"], unique=False)
    whole = r"(((coalesce(display_name, '') || E'\x1f') || coalesce(email, '')) || E'\x1f') || coalesce(phone, '')"
    folded = "replace(replace(lower(normalize({}, NFKC)), 'ß', 'ss'), 'ς', 'σ')"
    pairs = r"string_to_array(regexp_replace({}, '(..)', E'\\1\x1e', 'g'), E'\x1e')"
    text = folded.format(whole)
    both = ", ".join(pairs.format(part) for part in (text, f"substr({text}, 2)"))
    grams = f"array_cat(string_to_array({text}, NULL), array_cat({both}))"
    op.execute(f"CREATE INDEX ix_customer_searched ON customer USING gin ({grams})")
    name = folded.format("display_name")
    op.execute(f"CREATE INDEX ix_customer_folded_name ON customer ({name}) WHERE display_name IS NOT NULL")


def erasures() -> None:
    """Receipts."""
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_erasure_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_customer_id"), "erasure", ["customer_id"], unique=False)


def consents() -> None:
    """What customers allow."""
    purposes = ("MARKETING", "PROFILING", "SURVEY", "SERVICE", "SHARING", "AUTOMATED_DECISION")
    channels = ("EMAIL", "SMS", "PHONE", "WECHAT", "APP_PUSH", "WEB", "POST", "IN_PERSON", "SOCIAL", "AD")
    statuses = ("GRANTED", "DENIED", "REVOKED", "PENDING", "EXPIRED", "UNKNOWN")
    bases = ("CONSENT", "CONTRACT", "LEGITIMATE_INTEREST", "LEGAL_OBLIGATION")
    closed = {"native_enum": False, "create_constraint": True, "length": 40}
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Enum(*purposes, name="consentpurpose", **closed), nullable=False),
        sa.Column("channel", sa.Enum(*channels, name="channel", **closed), nullable=True),
        sa.Column("status", sa.Enum(*statuses, name="consentstatus", **closed), nullable=False),
        sa.Column("basis", sa.Enum(*bases, name="legalbasis", **closed), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("expires_at > occurred_at", name=op.f("ck_consent_expires_later")),
        sa.CheckConstraint("status NOT IN ('EXPIRED', 'UNKNOWN')", name=op.f("ck_consent_status_said")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        postgresql_with={
            "autovacuum_vacuum_insert_threshold": "1000",
            "autovacuum_vacuum_insert_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.02",
        },
    )
    op.create_index(
        "ix_consent_customer_occurred",
        "consent",
        ["customer_id", "purpose", "occurred_at", "id"],
        unique=False,
        postgresql_include=["channel", "status", "expires_at"],
    )


def members() -> None:
    """The merchant's staff."""
    roles = ("OWNER", "ADMIN", "MARKETER", "SALES", "SUPPORT", "ANALYST", "INTEGRATION", "READ_ONLY")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*roles, name="memberrole", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("department", sa.Text()),
        sa.Column("store", sa.Text()),
        sa.Column("created_at", at, nullable=False),
        sa.Column("updated_at", at, nullable=False),
        sa.Column("removed_at", at),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
    )
    here = sa.text("removed_at IS NULL")
    op.create_index("uq_member_email", "member", ["email"], unique=True, postgresql_where=here)
    op.create_index("uq_member_code", "member", ["code"], unique=True, postgresql_where=here)


def event_stamps() -> None:
    """When events were committed; of older ones that is not known."""
    at = sa.DateTime(timezone=True)
    op.add_column("event", sa.Column("recorded_at", at))
    op.add_column("event_counter", sa.Column("last_at", at))


def rfm() -> None:
    """Ways to score customers."""
    op.create_table(
        "rfm_config",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("name_zh", sa.Text(), nullable=True),
        sa.Column("scoring", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,62}$'", name=op.f("ck_rfm_config_key_grammar")),
        sa.CheckConstraint("name_en IS NOT NULL OR name_zh IS NOT NULL", name=op.f("ck_rfm_config_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rfm_config")),
        sa.UniqueConstraint("key", name=op.f("uq_rfm_config_key")),
    )
