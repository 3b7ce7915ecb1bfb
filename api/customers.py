"""Customers over GraphQL."""

from typing import Annotated, Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from api.graph.field import Same, many, masked, one, pages, value, write
from api.graph.scalars import Json
from api.scopes import Scope
from api.views import view
from domain.customers import masks, read
from domain.customers.attribute import AttributeDefinition as Definition
from domain.customers.attribute import AttributeType
from domain.customers.customer import AttributeChange as Change
from domain.customers.customer import Customer as Row
from domain.customers.customer import CustomerExternalRef
from domain.customers.define import attribute_define
from domain.customers.input import CustomerInput, Duplicate
from domain.customers.save import customer_upsert
from domain.feedback import read as feedback_facts
from domain.interactions import read as interaction_facts
from domain.orders import read as order_facts
from domain.refusal import Invalid, NotFound, VersionConflict
from domain.segments import read as segment_facts
from domain.text import label_of
from domain.words import Says, Words

PII = Scope.PII_READ


def by_id(key: Any) -> Select[Any]:
    """The customer of an id: the winner of a merged one, nobody if erased."""
    named = aliased(Row, name="named")
    winner = select(func.coalesce(named.merged_into, named.id)).where(named.id == key).correlate_except(named)
    return select(Row).where(Row.id == winner.scalar_subquery(), Row.erased_at.is_(None))


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


@view(Row, "cus", by_id=by_id, requires=Scope.CUSTOMERS_READ)
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
    history = pages(read.history_of, by=read.HISTORY, requires=PII)
    segments = many(segment_facts.segments_of, cost=10, requires=Scope.SEGMENTS_READ)
    orders = pages(order_facts.orders_of, by=order_facts.OrderSort)
    returns = many(order_facts.returns_of)
    interactions = pages(interaction_facts.interactions_of, by=interaction_facts.NEWEST)
    feedback = pages(feedback_facts.feedback_of, by=feedback_facts.NEWEST)


@view.query
class CustomerQueries:
    customer = one(read.customer_by, requires=Scope.CUSTOMERS_READ)
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
    attribute_define = write(attribute_define, row="attribute", problems=(Invalid,), requires=Scope.CUSTOMERS_WRITE)
