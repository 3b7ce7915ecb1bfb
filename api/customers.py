"""Customers over GraphQL."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import ColumnElement

from api.consents import ConsentState
from api.graph import sql
from api.graph.field import Identity, Same, load, many, masked, one, pages, value, write
from api.graph.scalars import Json
from api.memberships import explained
from api.scopes import Scope
from api.views import view
from domain.consents import standing as consent_facts
from domain.customers import delete, erase, masks, merge, merged, read, unmerge
from domain.customers import duplicates as twins
from domain.customers.attribute import AttributeDefinition as Definition
from domain.customers.attribute import AttributeType
from domain.customers.customer import AttributeChange as Change
from domain.customers.customer import Customer as Row
from domain.customers.customer import CustomerExternalRef
from domain.customers.define import attribute_define
from domain.customers.input import CustomerInput, Duplicate
from domain.customers.presence import customer_of_id
from domain.customers.save import customer_upsert
from domain.feedback import read as feedback_facts
from domain.interactions import read as interaction_facts
from domain.members import read as member_facts
from domain.orders import read as order_facts
from domain.orders.rfm import read as rfm_facts
from domain.refusal import Invalid, NotFound, VersionConflict
from domain.segments import read as segment_facts
from domain.text import label_of
from domain.words import Says, Words

PII = Scope.PII_READ


def typed_id(row: type[Row]) -> ColumnElement[str]:
    """The customer's id, also where it is no longer a Node."""
    key: Any = row.id
    return sql.typed_id("cus", key)


def erased_id(erasure: type[erase.Erasure]) -> ColumnElement[str]:
    """The id that the customer had: it names nobody any more."""
    key: Any = erasure.customer_id
    return sql.typed_id("cus", key)


view.input(read.CustomerBy, "CustomerBy", ids={"id": "Customer"})
view.input(read.ExternalRefInput)
view.input(CustomerInput)


@view(CustomerExternalRef)
class ExternalRef:
    """An identifier in another system."""

    system: Same
    value: Same


@view(Definition, "atd")
class AttributeDefinition:
    key: Same
    label = value(label_of, plain=("locale",), proven=True)
    type: Same
    options: Same
    pii: Same


@view()
class AttributeValue:
    """The value of one of the tenant's own attributes."""

    key: Annotated[str, Says(Words("key", "键"))]
    type: Annotated[AttributeType, Says(Words("type", "类型"))]
    value: Annotated[
        Json | None, Says(Words("value", "值"), "As JSON; null when it is personal data that the caller may not see.")
    ]


@view(Change)
class AttributeChange:
    field: Same
    before: Same
    after: Same
    valid_from: Same
    recorded_at: Same
    actor: Same


@view()
class MergedCustomer:
    """A customer that was merged into another, and can be separated again."""

    customer_id = value(typed_id, hint=Identity, proven=True)
    merged_at: Annotated[datetime, Says(Words("when it was merged", "合并时间"))]
    actor: Annotated[str, Says(Words("who merged it", "操作者"))]


@view()
class DuplicateCandidate:
    """Another customer who may be the same."""

    customer: "Customer" = one(twins.candidate_of, proven=True)
    score: Annotated[int, Says(Words("how sure it is", "相似度"), "Of 100.")]
    reasons: Annotated[list[twins.DuplicateReason], Says(Words("what they share", "相同之处"))]


@view()
class DuplicatePair:
    """Two customers who may be the same."""

    customer: "Customer" = one(twins.first_of, proven=True, doc="The one who is known longer.")
    other: "Customer" = one(twins.other_of, proven=True, doc="The other one.")
    score: Annotated[int, Says(Words("how sure it is", "相似度"), "Of 100.")]
    reasons: Annotated[list[twins.DuplicateReason], Says(Words("what they share", "相同之处"))]


@view(Row, "cus", by_id=customer_of_id, requires=Scope.CUSTOMERS_READ)
class Customer:
    version: Same
    kind: Same
    display_name: Same = masked(PII, masks.masked_name)
    email: Same = masked(PII, masks.masked_email)
    phone: Same = masked(PII, masks.masked_phone)
    birth_date: Same = masked(PII, masks.masked_date)
    street: Same = masked(PII, masks.masked_street)
    gender: Same
    income_band: Same
    education_level: Same
    marital_status: Same
    industry: Same
    company_size: Same
    employees: Same
    registered_capital: Same
    department: Same
    owner: Same
    owned_by = one(member_facts.owned_by)
    store: Same
    source: Same
    country: Same
    region: Same
    city: Same
    postal_code: Same
    latitude: Same
    longitude: Same
    locale: Same
    timezone: Same
    intimacy: Same
    purchase_intent: Same
    decision_speed: Same
    sales_stage: Same
    relationship_stage: Same
    receivable: Same
    tags: Same
    registered_at: Same
    created_at: Same
    updated_at: Same
    external_refs = many(read.external_refs_of)
    attributes: "list[AttributeValue]" = many(read.attributes_of)
    consents: list[ConsentState] = many(consent_facts.consents_of)
    consent_entries = pages(consent_facts.entries_of, by=consent_facts.NEWEST)
    duplicates: "list[DuplicateCandidate]" = many(twins.duplicates_of, cost=10, requires=PII)
    merged: "list[MergedCustomer]" = many(merged.merged_of)
    history = pages(read.history_of, by=read.HISTORY, requires=PII)
    rfm = one(rfm_facts.rfm_of, plain=("config",), cost=10)
    segments = many(segment_facts.segments_of, cost=10, requires=Scope.SEGMENTS_READ)
    membership = load(explained, past=True, ids={"segment_id": "Segment"}, cost=5, requires=Scope.SEGMENTS_READ)
    orders = pages(order_facts.orders_of, by=order_facts.OrderSort)
    returns = many(order_facts.returns_of)
    interactions = pages(interaction_facts.interactions_of, by=interaction_facts.NEWEST)
    feedback = pages(feedback_facts.feedback_of, by=feedback_facts.NEWEST)


@view(by_id=delete.deletion_of_id)
class CustomerDeletion:
    """A customer that nobody sees any more, until it is restored."""

    customer_id = value(typed_id, hint=Identity, proven=True)
    deleted_at: Annotated[datetime, Says(Words("when it was deleted", "删除时间"))]


@view()
class ErasedRows:
    """How many rows of a table were emptied or removed."""

    table: Annotated[str, Says(Words("table", "数据表"))]
    count: Annotated[int, Says(Words("number of rows", "行数"))]


@view(erase.Erasure, "era", requires=Scope.CUSTOMERS_READ)
class Erasure:
    customer_id = value(erased_id, hint=Identity, proven=True)
    reason: Same
    actor: Same
    erased_at: Same
    rows: "list[ErasedRows]" = many(erase.rows_of)
    consequence = value(erase.consequence_of, plain=("locale",), proven=True)


@view.query
class CustomerQueries:
    customer = one(read.customer_by, past=True, requires=Scope.CUSTOMERS_READ)
    duplicate_candidates: "list[DuplicatePair]" = many(twins.duplicate_candidates, cost=20, requires=PII)
    erasures = pages(erase.erasures, by=erase.NEWEST, requires=Scope.CUSTOMERS_READ)
    deleted_customers = many(delete.deleted_customers, requires=Scope.CUSTOMERS_WRITE)
    attribute_definitions = many(read.attribute_definitions)


@view.mutation
class CustomerMutations:
    customer_upsert = write(
        customer_upsert,
        row="customer",
        extra=("created",),
        problems=(Invalid, Duplicate, VersionConflict, NotFound),
        requires=Scope.CUSTOMERS_WRITE,
        says={"by": "Whom; if left out, by the external references of the input, else a new customer."},
    )
    customer_delete = write(
        delete.customer_delete,
        row="deletion",
        success="CustomerDeleteSuccess",
        result="CustomerDeleteResult",
        hint="CustomerDeletion",
        ids={"id": "Customer"},
        says={"id": "Of the customer."},
        problems=(NotFound, VersionConflict),
        requires=Scope.CUSTOMERS_WRITE,
    )
    customer_restore = write(
        delete.customer_restore,
        row="customer",
        extra=("created",),
        says={"id": "Of the customer."},
        problems=(NotFound,),
        requires=Scope.CUSTOMERS_WRITE,
    )
    customer_merge = write(
        merge.customer_merge,
        row="customer",
        extra=("created",),
        ids={"winner": "Customer", "losers": "Customer"},
        problems=(Invalid, NotFound, VersionConflict),
        requires=Scope.CUSTOMERS_WRITE,
    )
    customer_unmerge = write(
        unmerge.customer_unmerge,
        row="customer",
        extra=("created",),
        ids={"loser": "Customer"},
        problems=(NotFound,),
        requires=Scope.CUSTOMERS_WRITE,
    )
    customer_erase = write(
        erase.customer_erase,
        row="receipt",
        success="EraseSuccess",
        result="EraseResult",
        ids={"id": "Customer"},
        problems=(Invalid, NotFound),
        requires=Scope.CUSTOMERS_ERASE,
        says={"id": "Of the customer."},
    )
    attribute_define = write(attribute_define, row="attribute", problems=(Invalid,), requires=Scope.CUSTOMERS_WRITE)
