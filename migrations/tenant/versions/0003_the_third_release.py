"""What the third release adds to a tenant, a function for each subject."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# All topics of events, in their order: those of the releases before, then one line for each subject.
TOPICS = (
    *("CUSTOMER_CREATED", "CUSTOMER_UPDATED", "ORDER_RECORDED", "ORDER_RETURNED", "INTERACTION_RECORDED"),
    *("FEEDBACK_RECEIVED", "PRODUCT_SAVED", "SEGMENT_SAVED", "STRATEGY_SAVED", "ATTRIBUTE_DEFINED", "BULK_FINISHED"),
    "SEGMENT_MEMBERS_CHANGED",
    *("CUSTOMER_DELETED", "CUSTOMER_RESTORED", "CUSTOMER_MERGED", "CUSTOMER_UNMERGED", "CUSTOMER_ERASED"),
    "CONSENT_CHANGED",
    *("MEMBER_SAVED", "MEMBER_REMOVED"),
    "RFM_CONFIG_SAVED",
    *("SEGMENT_ENTERED", "SEGMENT_LEFT"),
)
GROWING = {
    "autovacuum_vacuum_insert_threshold": "1000",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.02",
}
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Forward."""
    topics()
    watches()
    keep_lines_that_are_dropped()
    touched_no_earlier_than_changed()


def topics() -> None:
    """What events may be about."""
    listed = ", ".join(f"'{topic}'" for topic in TOPICS)
    op.execute(
        "ALTER TABLE event DROP CONSTRAINT ck_event_eventtopic, "
        f"ADD CONSTRAINT ck_event_eventtopic CHECK (topic IN ({listed}))"
    )


def watches() -> None:
    """Watched segments: how far they were followed, who stands how, and what changed."""
    causes = ("DATA", "TIME_PASSED", "RULE_EDITED", "MERGED", "MANUAL", "LATE_DATA", "POPULATION_SHIFT", "ERASED")
    closed = {"native_enum": False, "create_constraint": True, "length": 40}
    op.create_table(
        "segment_watch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("compares", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("evaluated_at", AT, nullable=False),
        sa.Column("scan_at", AT, nullable=True),
        sa.Column("scan_after", sa.Uuid(), nullable=True),
        sa.Column("scan_cause", sa.Enum(*causes, name="changecause", **closed), nullable=True),
        sa.CheckConstraint("every_s BETWEEN 60 AND 86400", name=op.f("ck_segment_watch_every")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_watch_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_watch")),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index("uq_segment_watch_running", "segment_watch", ["segment_id"], unique=True, postgresql_where=running)
    op.create_table(
        "watched_customer",
        sa.Column("watch_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changed_at", AT, nullable=True),
        sa.Column("next_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("watch_id", "customer_id", name=op.f("pk_watched_customer")),
        postgresql_with=GROWING,
    )
    op.create_index(
        "ix_watched_customer_next_at",
        "watched_customer",
        ["watch_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "membership_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("watch_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change", sa.Enum("ENTERED", "LEFT", name="changekind", **closed), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("cause", sa.Enum(*causes, name="changecause", **closed), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_membership_change_customer_id")),
        sa.ForeignKeyConstraint(["watch_id"], ["segment_watch.id"], name=op.f("fk_membership_change_watch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_change")),
        sa.UniqueConstraint(
            "watch_id", "customer_id", "number", name=op.f("uq_membership_change_watch_id_customer_id_number")
        ),
        postgresql_with=GROWING,
    )
    op.create_index(op.f("ix_membership_change_customer_id"), "membership_change", ["customer_id"], unique=False)
    op.create_index("ix_membership_change_watch_at", "membership_change", ["watch_id", "at", "id"], unique=False)


def keep_lines_that_are_dropped() -> None:
    """So that orders can be asked for as they were."""
    op.add_column("order_item", sa.Column("dropped_at", AT))


def touched_no_earlier_than_changed() -> None:
    """Whoever was not touched since an instant has no history after it: what another clock wrote is put right."""
    op.execute("""
        UPDATE customer AS c SET updated_at = last.valid_from
        FROM (SELECT customer_id, max(valid_from) AS valid_from FROM attribute_change GROUP BY customer_id) AS last
        WHERE c.id = last.customer_id AND c.updated_at < last.valid_from""")
