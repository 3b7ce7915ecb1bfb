"""Which values of a customer rules can test: built-in columns by their API names, and the tenant's own attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Enum,
    Integer,
    Numeric,
    Text,
    cast,
    func,
    inspect,
    literal,
    literal_column,
    null,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from domain.customers.attribute import AttributeType, PiiLevel
from domain.customers.customer import KEPT, AttributeChange, Customer
from domain.rules.facts import Columns, Earlier, Own
from domain.rules.moment import INSTANT
from domain.rules.shape import camel
from domain.rules.terms import Terms

# Equality only, so that they may be encrypted one day.
ONLY_EQUAL = frozenset(("email", "phone", "street"))
PERSONAL_COLUMNS = frozenset(name for name, column in inspect(Customer).columns.items() if column.info.get("personal"))
_JSON_NULL: ColumnElement[Any] = literal_column("'null'::jsonb", JSONB())
_WHOLE: ColumnElement[Any] = literal_column("'{}'::text[]")
_CASTS: dict[AttributeType, TypeEngine[Any]] = {
    AttributeType.INTEGER: Numeric(),
    AttributeType.DECIMAL: Numeric(),
    AttributeType.BOOLEAN: Boolean(),
    AttributeType.DATE: Date(),
    AttributeType.DATETIME: INSTANT,
}
_TESTS: dict[AttributeType, str] = {
    AttributeType.TEXT: "text",
    AttributeType.ENUM: "text",
    AttributeType.INTEGER: "number",
    AttributeType.DECIMAL: "number",
    AttributeType.BOOLEAN: "boolean",
    AttributeType.DATE: "date",
    AttributeType.DATETIME: "time",
    AttributeType.MULTI_ENUM: "set",
}


@dataclass(frozen=True, slots=True)
class BuiltIn(Own):
    """A column of the customer."""

    column: str

    def read(self, customer: Columns) -> ColumnElement[Any]:
        """The column; one of a closed list as text."""
        column: ColumnElement[Any] = customer[self.column]
        return type_coerce(column, Text()) if isinstance(column.type, Enum) else column

    @property
    def called(self) -> str:
        """As the API calls the column."""
        return camel(self.column)

    def earlier(self) -> Earlier | None:
        """What the history says of the column; of all attributes together it says nothing."""
        type_ = Customer.__table__.c[self.column].type
        return None if isinstance(type_, JSONB) else _earlier(self.column, type_)

    def personal(self, terms: Terms) -> str | None:
        """As the column says."""
        del terms
        return camel(self.column) if self.column in PERSONAL_COLUMNS else None


@dataclass(frozen=True, slots=True)
class OwnAttribute(Own):
    """A value of one of the tenant's attributes."""

    key: str
    type: AttributeType

    def read(self, customer: Columns) -> ColumnElement[Any]:
        """The value in its type: a JSON array of a set, text of a text."""
        stored = type_coerce(customer["attributes"], JSONB())
        key = literal(self.key, Text())
        if self.type is AttributeType.MULTI_ENUM:
            return func.nullif(stored[key], _JSON_NULL, type_=JSONB())
        text: ColumnElement[Any] = stored[key].astext
        return cast(text, _CASTS[self.type]) if self.type in _CASTS else text

    @property
    def called(self) -> str:
        """By its key."""
        return self.key

    def earlier(self) -> Earlier:
        """What the history says of the attribute."""
        return _earlier(self.key, _CASTS.get(self.type, Text()))

    def personal(self, terms: Terms) -> str | None:
        """As its definition says."""
        return None if terms.attributes[self.key].pii == PiiLevel.NONE else self.key


@dataclass(frozen=True, slots=True)
class Missing(Own):
    """A value that no customer has: of an attribute that is not defined."""

    def read(self, customer: Columns) -> ColumnElement[Any]:
        """Null."""
        del customer
        return null()


@dataclass(frozen=True, slots=True)
class CustomerField:
    """One value that rules can test: where it is read, by which member of ``ValueTest``, its options if closed."""

    own: Own
    test: str
    options: tuple[str, ...] = ()


def customer_field(key: str, terms: Terms) -> CustomerField | None:
    """The field of that key; a built-in one wins."""
    if key in BUILT_IN:
        return BUILT_IN[key]
    attribute = terms.attributes.get(key)
    if attribute is None:
        return None
    type_ = AttributeType(attribute.type)
    return CustomerField(OwnAttribute(key, type_), _TESTS[type_], tuple(attribute.options))


def _earlier(field: str, type_: TypeEngine[Any]) -> Earlier:
    """The changes of a field; days and instants as what they are, others as text."""
    a = AttributeChange.__table__.alias("was")
    text: ColumnElement[Any] = type_coerce(a.c.before, JSONB()).op("#>>", return_type=Text())(_WHOLE)
    value = cast(text, type_) if isinstance(type_, Date | DateTime) else text
    return Earlier(a, a.c.customer_id, a.c.valid_from, value, a.c.field == literal(field, Text()))


def _built_in(name: str, type_: TypeEngine[Any]) -> CustomerField:
    if isinstance(type_, Enum):
        return CustomerField(BuiltIn(name), "text", tuple(type_.enums))
    tests = ((Integer, "number"), (Numeric, "number"), (DateTime, "time"), (Date, "date"), (Text, "text"))
    return CustomerField(BuiltIn(name), next(test for kind, test in tests if isinstance(type_, kind)))


_SHOWN = {
    name: column.type
    for name, column in inspect(Customer).columns.items()
    if name == "registered_at" or (name not in KEPT and name != "tags")
}
BUILT_IN = {camel(name): _built_in(name, type_) for name, type_ in _SHOWN.items()}
