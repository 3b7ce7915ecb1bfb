"""What the second release adds to the control plane, a function for each subject."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    add_budgets()
    keys_of_members()
    rows_of_the_named_tenant()
    add_trusted_documents()


def add_budgets() -> None:
    """Token buckets of tenants and keys; a tenant may have a rate of its own."""
    op.add_column("tenant", sa.Column("points_rate", sa.Integer()), schema="platform")
    op.create_check_constraint(op.f("ck_tenant_points_rate"), "tenant", "points_rate > 0", schema="platform")
    op.create_table(
        "budget",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("granted", sa.Double(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("burst", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budget"),
        schema="platform",
        prefixes=["UNLOGGED"],
    )


def keys_of_members() -> None:
    """Keys that are made for a member and reach a part of the customers."""
    op.add_column("api_key", sa.Column("member_id", sa.Uuid()), schema="platform")
    scope = sa.Column("data_scope", sa.Text(), server_default="ALL", nullable=False)
    op.add_column("api_key", scope, schema="platform")
    op.create_check_constraint(
        op.f("ck_api_key_of_a_member"), "api_key", "data_scope = 'ALL' OR member_id IS NOT NULL", schema="platform"
    )


def rows_of_the_named_tenant() -> None:
    """Whoever is not the owner writes only what belongs to the tenant that its transaction has named.

    A key that has ended stays as it is.
    """
    named = "current_setting('regulars.tenant', true)"
    op.execute(f"""
        CREATE POLICY seen ON platform.tenant FOR SELECT USING (true);
        CREATE POLICY changed ON platform.tenant FOR UPDATE
            USING (CAST(id AS text) = {named}) WITH CHECK (CAST(id AS text) = {named});
        ALTER TABLE platform.tenant ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON platform.api_key FOR SELECT USING (true);
        CREATE POLICY made ON platform.api_key FOR INSERT WITH CHECK (CAST(tenant_id AS text) = {named});
        CREATE POLICY used ON platform.api_key FOR UPDATE USING (revoked_at IS NULL)
            WITH CHECK (revoked_at IS NULL OR CAST(tenant_id AS text) = {named});
        ALTER TABLE platform.api_key ENABLE ROW LEVEL SECURITY;
        CREATE POLICY written ON platform.audit FOR INSERT WITH CHECK (CAST(tenant_id AS text) = {named});
        ALTER TABLE platform.audit ENABLE ROW LEVEL SECURITY""")


def add_trusted_documents() -> None:
    """Documents that apps are trusted with, and keys that may ask nothing else."""
    op.add_column(
        "api_key",
        sa.Column("only_trusted", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema="platform",
    )
    op.create_table(
        "trusted_document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "app", "hash", name="pk_trusted_document"),
        sa.ForeignKeyConstraint(["tenant_id"], ["platform.tenant.id"], name="fk_trusted_document_tenant_id"),
        schema="platform",
    )
    op.create_index("ix_trusted_document_hash", "trusted_document", ["tenant_id", "hash"], schema="platform")
