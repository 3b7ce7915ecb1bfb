"""Which fields of a customer can be written, and what each must be.  Derived from the mapped columns."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import ARRAY, Date, Enum, Integer, Numeric

from domain import values
from domain.customers.attribute import AttributeDefinition, AttributeType
from domain.customers.customer import WRITABLE, Customer
from domain.customers.normalise import email, phone
from domain.refusal import ProblemCode
from domain.values import BadValue, Check, shown

# A customer always has these: an empty value means the default.
NEVER_NULL = {"kind": "PERSON", "tags": []}


def zone(value: Any) -> str:
    """An IANA time zone."""
    if str(value) not in available_timezones():
        raise BadValue(
            ProblemCode.NOT_AN_OPTION, f"{shown(value)} is not an IANA time zone.", f"{shown(value)} 不是 IANA 时区。"
        )
    return str(value)


def customer_fields(region: str | None = None) -> dict[str, Check]:
    """Field → check.  ``region`` is the country of phone numbers that name none."""
    special: dict[str, Check] = {
        "email": email,
        "phone": phone(region),
        "timezone": zone,
        "employees": values.integer(0),
        "intimacy": values.integer(0, 100),
        "latitude": values.between(-90, 90),
        "longitude": values.between(-180, 180),
    }
    return {name: special.get(name) or _of_column(name) for name in WRITABLE}


def _of_column(name: str) -> Check:
    kind = Customer.__table__.columns[name].type
    if isinstance(kind, Enum):
        return values.one_of(tuple(kind.enums))
    if isinstance(kind, ARRAY):
        return values.texts
    if isinstance(kind, Date):
        return values.day
    if isinstance(kind, Numeric):
        return values.decimal
    return values.integer() if isinstance(kind, Integer) else values.text()


def attribute_check(definition: AttributeDefinition) -> Check:
    """What a value of the tenant's own attribute must be."""
    options = tuple(definition.options)
    match definition.type:
        case AttributeType.TEXT:
            return values.text()
        case AttributeType.INTEGER:
            return values.integer(-(2**53), 2**53)
        case AttributeType.DECIMAL:
            return values.decimal
        case AttributeType.BOOLEAN:
            return values.boolean
        case AttributeType.DATE:
            return values.day
        case AttributeType.DATETIME:
            return values.instant(UTC)
        case AttributeType.ENUM:
            return values.one_of(options)
        case AttributeType.MULTI_ENUM:
            member = values.one_of(options)
            return lambda value: [member(one) for one in values.texts(value)]


def attribute_checks(definitions: Mapping[str, AttributeDefinition]) -> dict[str, Check]:
    """``attributes.<key>`` → check, for every attribute the tenant has defined."""
    return {f"attributes.{key}": attribute_check(definition) for key, definition in definitions.items()}


def unknown_attribute(name: str) -> BadValue:
    """No attribute of that key is defined."""
    return BadValue(
        ProblemCode.UNKNOWN_ATTRIBUTE, f"No attribute {shown(name)} is defined.", f"未定义属性 {shown(name)}。"
    )
