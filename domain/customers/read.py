"""What can be asked of customers: one by any of its names, its references, attributes and history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from domain.customers.attribute import AttributeDefinition, PiiLevel
from domain.customers.customer import AttributeChange, Customer, CustomerExternalRef
from domain.customers.grams import folded, grams, searched
from domain.customers.presence import there
from domain.rules.personal import forbidden
from domain.words import Says, Words

BY_NAME = (Customer.display_name.collate("C").asc().nulls_last(), Customer.id.asc())


class CustomerOrder(Enum):
    """How customers are ordered; ties by id."""

    CREATED_AT = (Customer.created_at.desc(), Customer.id.desc())
    REGISTERED_AT = (Customer.registered_at.desc(), Customer.id.desc())
    NAME = BY_NAME


# What people write phone numbers with.
_PHONE = re.compile(r"[+\d\s()./-]+")
HISTORY = (AttributeChange.recorded_at.desc(), AttributeChange.id.desc())


@dataclass(frozen=True, slots=True)
class ExternalRefInput:
    """An identifier in another system."""

    system: Annotated[str, Says(Words("system", "系统"))]
    value: Annotated[str, Says(Words("value", "编号"))]


@dataclass(frozen=True, slots=True)
class CustomerBy:
    """One way to name a customer."""

    one_of: ClassVar = True
    in_sql: ClassVar = True  # members may be SQL: a query asks of them only which is given
    id: Annotated[UUID | None, Says(Words("id", "编号"), "A customer's id.")] = None
    external_ref: Annotated[ExternalRefInput | None, Says(Words("external reference", "外部编号"))] = None
    email: Annotated[str | None, Says(Words("e-mail", "电子邮箱"), "As normalised: lower case.")] = None
    phone: Annotated[str | None, Says(Words("phone", "电话"), "E.164.")] = None


def customer_by(by: CustomerBy, *, sees_personal: bool = True) -> Select[Customer]:
    """The customer so named: the winner of a merged one, nobody if gone, the oldest if several share a contact.

    A contact is FORBIDDEN to callers who may not see contacts.
    """
    if not sees_personal and (by.email is not None or by.phone is not None):
        raise forbidden("email" if by.email is not None else "phone")
    named = aliased(Customer, name="named")
    if by.external_ref is not None:
        refs = select(CustomerExternalRef.customer_id).where(
            CustomerExternalRef.system == by.external_ref.system,
            CustomerExternalRef.value == by.external_ref.value,
        )
        matches: ColumnElement[bool] = named.id.in_(refs)
    elif by.email is not None:
        matches = named.email == by.email
    elif by.phone is not None:
        matches = named.phone == by.phone
    else:
        matches = named.id == by.id
    winner = select(func.coalesce(named.merged_into, named.id)).where(matches, *there(named))
    if by.id is None:  # several may be of that name
        winner = winner.order_by(named.registered_at, named.id).limit(1)
    return select(Customer).where(Customer.id == winner.scalar_subquery(), *there(Customer))


def found_by_text(search: str) -> ColumnElement[bool]:
    """Whether part of the name, e-mail or phone, or a whole external reference, is ``search``; case and width are
    ignored, and of a phone all but its digits.

    strpos, not LIKE: nothing a caller types is a wildcard.
    """
    who = Customer.__table__.alias("searched")
    text = searched(who.c)

    def holds(part: ColumnElement[str], where: ColumnElement[str]) -> ColumnElement[bool]:
        return and_(grams(text).op("@>", return_type=Boolean())(grams(part)), func.strpos(where, part) > 0)

    ways = [holds(folded(literal(search, Text())), text)]
    digits = re.sub(r"\D", "", search).lstrip("0") if _PHONE.fullmatch(search) else ""
    if digits:
        ways.append(holds(literal(digits, Text()), func.coalesce(who.c.phone, literal_column("''", Text()))))
    refs = select(CustomerExternalRef.customer_id).where(CustomerExternalRef.value == literal(search, Text()))
    return Customer.id.in_(union_all(select(who.c.id).where(or_(*ways)), refs))


def external_refs_of(customer: type[Customer]) -> Select[CustomerExternalRef]:
    """The customer's identifiers in other systems."""
    return (
        select(CustomerExternalRef)
        .where(CustomerExternalRef.customer_id == customer.id)
        .order_by(CustomerExternalRef.system, CustomerExternalRef.value)
    )


def attributes_of(customer: type[Customer], *, sees_personal: bool) -> Select[Any]:
    """The customer's values of the tenant's own attributes that are set, by key; null where they are personal data
    that the caller may not see."""
    value: ColumnElement[Any] = cast(customer.attributes, JSONB)[AttributeDefinition.key]
    if not sees_personal:
        value = case((type_coerce(AttributeDefinition.pii, Text()) == literal(PiiLevel.NONE.value, Text()), value))
    return (
        select(AttributeDefinition.key, AttributeDefinition.type, value.label("value"))
        .where(cast(customer.attributes, JSONB).has_key(AttributeDefinition.key))
        .order_by(AttributeDefinition.key)
    )


def history_of(customer: type[Customer]) -> Select[AttributeChange]:
    """What changed of the customer: when that became true, and when we learnt it."""
    return select(AttributeChange).where(AttributeChange.customer_id == customer.id)


def attribute_definitions() -> Select[AttributeDefinition]:
    """The tenant's own attributes, by key."""
    return select(AttributeDefinition).order_by(AttributeDefinition.key)
