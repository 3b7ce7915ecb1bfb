"""The control plane: which tenants there are, where they live, who may speak for them, what was done about that.

Schema ``platform``.  Never joined with a tenant's tables; a tenant's role sees nothing of it.
"""

from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    false,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from migrations.compiled import NAMING

SCHEMA = "platform"
MAIN_NODE = "main"  # the node that the configured DSNs lead to
metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
AT = DateTime(timezone=True)
OPERATOR = "operator"  # who does what no key did


class Status(StrEnum):
    """Where a tenant stands: PROVISIONING → ACTIVE ⇄ READ_ONLY ⇄ SUSPENDED → DELETING → DELETED."""

    PROVISIONING = "PROVISIONING"
    ACTIVE = "ACTIVE"
    READ_ONLY = "READ_ONLY"
    SUSPENDED = "SUSPENDED"
    DELETING = "DELETING"
    DELETED = "DELETED"

    @property
    def readable(self) -> bool:
        """Whether its rows are served."""
        return self in (Status.ACTIVE, Status.READ_ONLY)

    @property
    def writable(self) -> bool:
        """Whether its rows may change."""
        return self is Status.ACTIVE


def _one_of(values: type[StrEnum]) -> str:
    return ", ".join(f"'{value}'" for value in values)


node = Table(
    "node",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, doc="Null: as in the configured DSN."),
    Column("port", Integer, doc="Null: as in the configured DSN."),
    Column("created_at", AT, nullable=False),
)

tenant = Table(
    "tenant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False, unique=True, doc="Never reused: the row stays when the tenant is dropped."),
    Column("name", Text, nullable=False),
    Column("status", Text, CheckConstraint(f"status IN ({_one_of(Status)})", name="status"), nullable=False),
    Column("node", Text, ForeignKey(node.c.name), nullable=False),
    Column("revision", Text, doc="Of its schema; null until it has tables."),
    Column("locale", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("base_currency", Text, nullable=False),
    Column(
        "fiscal_year_start",
        Integer,
        CheckConstraint("fiscal_year_start BETWEEN 1 AND 12", name="month"),
        nullable=False,
        doc="Month.",
    ),
    Column(
        "week_start",
        Integer,
        CheckConstraint("week_start BETWEEN 1 AND 7", name="weekday"),
        nullable=False,
        doc="1 = Monday.",
    ),
    Column(
        "points_rate",
        Integer,
        CheckConstraint("points_rate > 0", name="points_rate"),
        doc="Points that it gets back a second; null: as the processes are set.",
    ),
    Column("created_at", AT, nullable=False),
    Column("updated_at", AT, nullable=False),
    Column("receipt", JSONB(none_as_null=True), doc="What was dropped: tables and their row counts."),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey(tenant.c.id), nullable=False, index=True),
    Column("prefix", Text, nullable=False, unique=True, doc="Names the key in logs; not secret."),
    Column("secret_hash", LargeBinary, nullable=False, doc="SHA-256: the secret has 256 random bits of its own."),
    Column("label", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("origins", ARRAY(Text), nullable=False, doc="Browser origins that may use it; empty: none is asked."),
    Column(
        "only_trusted",
        Boolean,
        nullable=False,
        server_default=false(),
        doc="Whether it may ask trusted documents only.",
    ),
    Column("expires_at", AT),
    Column("last_used_at", AT, doc="To the minute."),
    Column("revoked_at", AT),
    Column("created_at", AT, nullable=False),
    Column("member_id", Uuid, doc="The member of the tenant for whom it was made, if for one."),
    Column(
        "data_scope",
        Text,
        CheckConstraint("data_scope = 'ALL' OR member_id IS NOT NULL", name="of_a_member"),
        nullable=False,
        server_default="ALL",
        doc="Which customers it reaches: the member's OWN, of the DEPARTMENT, of the STORE, ALL.",
    ),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", AT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("tenant_id", Uuid, ForeignKey(tenant.c.id), index=True),
    Column("details", JSONB, nullable=False),
)

trusted_document = Table(
    "trusted_document",
    metadata,
    Column("tenant_id", Uuid, ForeignKey(tenant.c.id), primary_key=True),
    Column("app", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True, doc="SHA-256 of the text."),
    Column("text", Text, nullable=False),
    Column("created_at", AT, nullable=False),
    Index("ix_trusted_document_hash", "tenant_id", "hash"),
)

# Token buckets of tenants and keys.  Unlogged: after a crash they are full again, and no lease waits for the disk.
budget = Table(
    "budget",
    metadata,
    Column("id", Uuid, primary_key=True, doc="Of the tenant, or of the key."),
    Column("points", Double, nullable=False, doc="Left at that instant."),
    Column("granted", Double, nullable=False, doc="To the process that asked last."),
    Column("rate", Double, nullable=False, doc="Points restored a second, as the last process had it."),
    Column("burst", Double, nullable=False, doc="Most points it holds, as the last process had it."),
    Column("at", AT, nullable=False),
    prefixes=["UNLOGGED"],
)

# One row, raised in the transaction that changes a tenant or a key: whoever caches them polls it.
# A sequence would not do: it moves before the change can be seen.
change = Table(
    "change",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)


async def raise_change(connection: AsyncConnection) -> None:
    """Tell every process that tenants or keys have changed.  Locks the counter: last before the commit."""
    await connection.execute(update(change).values(version=change.c.version + 1))


async def change_version(connection: AsyncConnection) -> int:
    """The counter now.  Remembered answers made at another value are out of date."""
    found: int = (await connection.execute(select(change.c.version))).scalar_one()
    return found


async def write_audit(
    connection: AsyncConnection, action: str, tenant_id: object, now: object, **details: object
) -> None:
    """Write down what was done, and by whom (``actor``), in the transaction that does it."""
    actor = str(details.pop("actor", OPERATOR))
    row = {"at": now, "actor": actor, "action": action, "tenant_id": tenant_id, "details": details}
    await connection.execute(audit.insert().inline(), row)  # without the id: who may add to it may not read it
