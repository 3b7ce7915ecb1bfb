"""The control plane: tenants, nodes, keys, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
STATUS = "'PROVISIONING', 'ACTIVE', 'READ_ONLY', 'SUSPENDED', 'DELETING', 'DELETED'"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "node",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text()),
        sa.Column("port", sa.Integer()),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_node"),
        schema="platform",
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text()),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("week_start", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("receipt", postgresql.JSONB(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("slug", name="uq_tenant_slug"),
        sa.ForeignKeyConstraint(["node"], ["platform.node.name"], name="fk_tenant_node"),
        sa.CheckConstraint(f"status IN ({STATUS})", name="status"),
        sa.CheckConstraint("fiscal_year_start BETWEEN 1 AND 12", name="month"),
        sa.CheckConstraint("week_start BETWEEN 1 AND 7", name="weekday"),
        schema="platform",
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", AT),
        sa.Column("last_used_at", AT),
        sa.Column("revoked_at", AT),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("prefix", name="uq_api_key_prefix"),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="fk_api_key_tenant_id"),
        schema="platform",
    )
    op.create_index("ix_api_key_tenant_id", "api_key", ["tenant_id"], schema="platform")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid()),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="fk_audit_tenant_id"),
        schema="platform",
    )
    op.create_index("ix_audit_tenant_id", "audit", ["tenant_id"], schema="platform")
    op.create_table(
        "change",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        sa.CheckConstraint("id = 1", name="one_row"),
        schema="platform",
    )
    op.execute("INSERT INTO platform.change VALUES (1, 0)")
    op.execute("INSERT INTO platform.node (name, created_at) VALUES ('main', now())")
