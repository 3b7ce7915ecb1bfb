"""The customer: one row a person or organisation, with every field the built-in groupings need."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Integer, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored, finite
from domain.customers.grams import folded, grams, searched
from domain.customers.owned import GOES, STAYS
from domain.customers.past import attributes_then, field_then
from domain.past import as_it_was, happened

# Of a column: callers who may not see personal data see a mask, and may not filter, order or search by it.
PERSONAL = {"personal": True}
BUCKETS = 1 << 16
# Of the only table of a statement; written as the index on them is.
GONE = text("(deleted_at IS NOT NULL OR erased_at IS NOT NULL)")


class CustomerKind(StrEnum):
    """What sort of customer it is."""

    PERSON = "PERSON"
    HOUSEHOLD = "HOUSEHOLD"
    ORGANIZATION = "ORGANIZATION"
    INSTITUTION = "INSTITUTION"
    CHANNEL_PARTNER = "CHANNEL_PARTNER"


class Gender(StrEnum):
    """As the customer states it."""

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"
    UNDISCLOSED = "UNDISCLOSED"


class CompanySize(StrEnum):
    """Size of an organisation."""

    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"


class PurchaseIntent(StrEnum):
    """How likely a purchase is, as the staff judge it."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class DecisionSpeed(StrEnum):
    """How fast the customer decides, as the staff judge it."""

    FAST = "FAST"
    MEDIUM = "MEDIUM"
    SLOW = "SLOW"


class Customer(Stored):
    """Somebody who buys, or may buy."""

    __tablename__ = "customer"
    __table_args__ = (
        *finite("registered_capital", "receivable", "latitude", "longitude"),
        CheckConstraint("intimacy BETWEEN 0 AND 100", name="intimacy_range"),
        Index("ix_customer_email", "email", postgresql_where=text("email IS NOT NULL")),
        Index("ix_customer_phone", "phone", postgresql_where=text("phone IS NOT NULL")),
        Index(
            "ix_customer_attributes",
            "attributes",
            postgresql_using="gin",
            postgresql_ops={"attributes": "jsonb_path_ops"},
        ),
        Index("ix_customer_tags", "tags", postgresql_using="gin"),
        Index("ix_customer_created_at_id", "created_at", "id"),
        Index("ix_customer_registered_at_id", "registered_at", "id"),
        Index("ix_customer_display_name_id", text('display_name COLLATE "C"'), "id"),
        Index("ix_customer_gone", "id", postgresql_where=GONE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    kind: Mapped[CustomerKind] = mapped_column(doc="Person, household, organisation …", server_default="PERSON")
    display_name: Mapped[str | None] = mapped_column(doc="Name to show; personal data.", info=PERSONAL)
    email: Mapped[str | None] = mapped_column(doc="Normalised, lower case; personal data.", info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(doc="E.164; personal data.", info=PERSONAL)
    gender: Mapped[Gender | None] = mapped_column(doc="As the customer states it.")
    birth_date: Mapped[date | None] = mapped_column(doc="Personal data.", info=PERSONAL)
    income_band: Mapped[str | None] = mapped_column(doc="The merchant's own bands.")
    education_level: Mapped[str | None] = mapped_column(doc="The merchant's own levels.")
    marital_status: Mapped[str | None] = mapped_column(doc="Sensitive.")
    industry: Mapped[str | None] = mapped_column(doc="Industry of an organisation.")
    company_size: Mapped[CompanySize | None] = mapped_column(doc="Size of an organisation.")
    employees: Mapped[int | None] = mapped_column(doc="Number of employees of an organisation.")
    registered_capital: Mapped[Decimal | None] = mapped_column(doc="Registered capital, base currency.")
    department: Mapped[str | None] = mapped_column(doc="Department of the merchant that owns the relation.")
    owner: Mapped[str | None] = mapped_column(doc="Who of the merchant's staff looks after the customer.")
    store: Mapped[str | None] = mapped_column(doc="Store or campus the customer belongs to.")
    source: Mapped[str | None] = mapped_column(doc="Where the customer came from.")
    country: Mapped[str | None] = mapped_column(doc="Country, as the merchant writes it.")
    region: Mapped[str | None] = mapped_column(doc="State or province.")
    city: Mapped[str | None] = mapped_column(doc="City.")
    postal_code: Mapped[str | None] = mapped_column(doc="Postal code, leading zeros kept.")
    street: Mapped[str | None] = mapped_column(doc="Street and number; personal data.", info=PERSONAL)
    latitude: Mapped[Decimal | None] = mapped_column(doc="Degrees north.")
    longitude: Mapped[Decimal | None] = mapped_column(doc="Degrees east.")
    locale: Mapped[str | None] = mapped_column(doc="BCP 47.")
    timezone: Mapped[str | None] = mapped_column(doc="IANA name; the tenant's when null.")
    intimacy: Mapped[int | None] = mapped_column(doc="Closeness of the relation, 0 to 100.")
    purchase_intent: Mapped[PurchaseIntent | None] = mapped_column(doc="Null when unknown.")
    decision_speed: Mapped[DecisionSpeed | None] = mapped_column(doc="Null when unknown.")
    sales_stage: Mapped[str | None] = mapped_column(doc="Stage set by the staff, if any.")
    relationship_stage: Mapped[str | None] = mapped_column(doc="Stage set by the staff, if any.")
    receivable: Mapped[Decimal | None] = mapped_column(doc="What the customer owes, base currency.")
    tags: Mapped[list[str]] = mapped_column(doc="Free labels.", server_default="{}")
    attributes: Mapped[dict[str, Any]] = mapped_column(
        doc="Values of the tenant's own attributes, by key.", server_default="{}"
    )
    registered_at: Mapped[datetime] = mapped_column(
        doc="When the merchant came to know the customer; unknown to any earlier as-of."
    )
    created_at: Mapped[datetime] = mapped_column(doc="When the row was recorded.")
    updated_at: Mapped[datetime] = mapped_column(doc="When the row last changed.")
    merged_into: Mapped[UUID | None] = mapped_column(
        ForeignKey("customer.id"), index=True, doc="The winner, if merged."
    )
    erased_at: Mapped[datetime | None] = mapped_column(doc="When the person was erased, if ever.")
    deleted_at: Mapped[datetime | None] = mapped_column(doc="When it was deleted; null again when it is restored.")


def bucket_of(customer: Any) -> ColumnElement[int]:
    """One of ``BUCKETS``, from 0, by the last two bytes of the id, which are random: a range is an even sample."""
    # Not literal_column: the index would take such a one for its first column, and be of no table.
    high, low = (func.get_byte(func.uuid_send(customer.id), text(place), type_=Integer()) for place in ("14", "15"))
    return high.bitwise_lshift(text("8")).bitwise_or(low)


Index("ix_customer_bucket", bucket_of(Customer.__table__.c))
Index("ix_customer_searched", grams(searched(Customer.__table__.c)), postgresql_using="gin")
Index(
    "ix_customer_folded_name",
    folded(Customer.__table__.c.display_name),
    postgresql_where=Customer.__table__.c.display_name.is_not(None),
)


class CustomerExternalRef(Stored):
    """The customer's identifier in another system; a customer may have several."""

    __tablename__ = "customer_external_ref"
    __table_args__ = (Index("ix_customer_external_ref_value", "value"),)

    system: Mapped[str] = mapped_column(primary_key=True, doc="The other system, e.g. shop, erp.")
    value: Mapped[str] = mapped_column(primary_key=True, doc="The identifier there.")
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True, info=GOES)
    recorded_at: Mapped[datetime]


class AttributeChange(Stored):
    """One field of one customer changed: what it was, what it became, when that was true, when we learnt it.

    A field as of T is ``before`` of its first change after T (ties by ``recorded_at``), else the column.
    """

    __tablename__ = "attribute_change"
    __table_args__ = (Index("ix_attribute_change_as_of", "customer_id", "field", "valid_from", "recorded_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), info=STAYS | GOES)
    field: Mapped[str] = mapped_column(doc="Column or attribute key.")
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), doc="The value before; null when none.")
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), doc="The value after; null when none.")
    valid_from: Mapped[datetime] = mapped_column(doc="When it became true in the world.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When we learnt it.")
    actor: Mapped[str] = mapped_column(doc="Who wrote it: key:<prefix>, import, system.")


# Set by the product, never by a caller.
KEPT = frozenset(
    (
        "id", "version", "attributes", "registered_at", "created_at", "updated_at", "merged_into", "erased_at",
        "deleted_at",
    )
)  # fmt: skip
WRITABLE = tuple(c.name for c in Customer.__table__.columns if c.name not in KEPT)
_DEFAULTS = {"kind": "'PERSON'"}

as_it_was(
    Customer,
    "now.registered_at <= {at}",
    {
        "attributes": attributes_then(WRITABLE),
        **{name: field_then(Customer.__table__.c[name], _DEFAULTS.get(name, "NULL")) for name in WRITABLE},
    },
)
happened(AttributeChange, "valid_from")
