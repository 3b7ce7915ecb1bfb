"""attribute: a value of the customer's own, built-in or one of the tenant's attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, literal, null, or_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Boolean, NullType

from domain.customers.conditions.fields import (
    BUILT_IN,
    ONLY_EQUAL,
    BuiltIn,
    CustomerField,
    Missing,
    OwnAttribute,
    customer_field,
)
from domain.customers.conditions.names import FIELD, label
from domain.refusal import ProblemCode
from domain.rules.claims import Claim
from domain.rules.facts import Fact
from domain.rules.issues import RuleIssue, issue, unknown
from domain.rules.metrics import Metric, MetricKey, itself, whole_days
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.seen import Seen, Unit
from domain.rules.shape import camel, members, only
from domain.rules.terms import Terms
from domain.rules.tests import ValueTest
from domain.rules.text.phrase import Phrase
from domain.rules.turns import Reading, Turns, turns_of
from domain.rules.window import AnchorField
from domain.words import Says, Words

MOST_SOUGHT = 10
_UNITS = {
    "text": Unit.TEXT,
    "number": Unit.NUMBER,
    "date": Unit.DAY,
    "time": Unit.INSTANT,
    "boolean": Unit.BOOLEAN,
    "set": Unit.SET,
}
_EQUALITIES = frozenset(("eq", "in_", "is_null"))
_MISMATCH = ProblemCode.TYPE_MISMATCH


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """A field of the customer passes a test.  A customer without a value is UNKNOWN unless ``isNull`` is asked."""

    keyword: ClassVar = "attribute"
    label: ClassVar = Words("field of the customer", "客户字段")
    example: ClassVar = 'city in ("Ulm", "Bonn")'
    phrases: ClassVar = (
        Phrase(
            "{key} {test} [in {clock} time]",
            "{key} {test} [以 {clock} 时间]",
            says=Words("{key} {test}[ in {clock} time]", "{key}{test}[（按{clock}时间）]"),
        ),
    )
    key: Annotated[str, Says(Words("field", "字段"), "A built-in field like city, or the key of an attribute."), FIELD]
    test: Annotated[ValueTest, Says(Words("test", "条件"), "Of the field's type.")]
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = False
    metrics: ClassVar[Mapping[MetricKey, Metric]] = {
        MetricKey.RECEIVABLE: Metric(
            Words("what the customer owes", "应收账款"),
            lambda window, clock: {"value": BuiltIn("receivable")},
            itself,
            timed=False,
        ),
        MetricKey.TENURE_DAYS: Metric(
            Words("days since registration", "注册天数"),
            lambda window, clock: {"value": BuiltIn("registered_at")},
            whole_days,
            timed=False,
        ),
    }
    anchors: ClassVar[Mapping[AnchorField, Fact]] = {AnchorField.REGISTERED_AT: BuiltIn("registered_at")}

    @classmethod
    def named(cls, terms: Terms) -> Iterator[tuple[str, str, tuple[str, ...], Words, type]]:
        """Every field as texts name it: its type, its options, what it is called, the test it takes."""
        for key in (*BUILT_IN, *(own for own in terms.attributes if own not in BUILT_IN)):
            field = customer_field(key, terms)
            if field is not None:
                test = next(member.hint for member in members(ValueTest) if member.name == field.test)
                yield FIELD.write(key) or key, field.test, field.options, label(key, terms), test

    @classmethod
    def meant(cls, values: Mapping[str, Any], terms: Terms) -> str | None:
        """Which test the field of a text takes; null when there is no such field."""
        field = customer_field(values["key"], terms)
        return field.test if field else None

    @classmethod
    def suggests(cls, name: str, values: Mapping[str, Any], terms: Terms) -> tuple[bool, Iterable[str]]:
        """The options of the field."""
        field = customer_field(values["key"], terms) if "key" in values else None
        return False, field.options if field else ()

    def facts(self, terms: Terms) -> Mapping[str, Any]:
        """The value; null when the attribute is not defined, or of another type."""
        field = customer_field(self.key, terms)
        if field is None or getattr(self.test, field.test) is None:
            return {"value": Missing()}
        document = {"document": BuiltIn("attributes")} if isinstance(field.own, OwnAttribute) else {}
        return {"value": field.own, **document}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """What the test says of the value."""
        _, test = only(self.test)
        value = facts["value"]
        if isinstance(value.type, NullType):
            return type_coerce(null(), Boolean())
        made: ColumnElement[bool] = test.holds(value, moment)
        return made

    def seen(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> Seen:
        """The value."""
        del moment
        name, test = only(self.test)
        unit = Unit.MONEY if self.key == "receivable" else _UNITS[name]
        return Seen(facts["value"], unit, test)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When the test of a value turns."""
        return turns_of(only(self.test)[1], value, reading.moment)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That the test is of the field."""
        value = self.facts(terms)["value"]
        if not isinstance(value, Missing):
            yield Claim(value, only(self.test)[1], clock=self.clock)

    def sought(self, facts: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool] | None:
        """That one of the tenant's own attributes has a value, as the index of all attributes finds it.

        Of ``attributes ->> key`` PostgreSQL knows nothing: it reads every customer, and expects 0.5 % of them.
        """
        _, test = only(self.test)
        asked = {
            member.name: found for member in members(type(test)) if (found := getattr(test, member.name)) is not None
        }
        if "document" not in facts or len(asked) != 1 or not asked.keys() <= {"eq", "in_"}:
            return None
        values = [_stored(value) for value in asked.get("in_", (asked.get("eq"),))]
        if len(values) > MOST_SOUGHT or None in values:
            return None
        document = type_coerce(facts["document"], JSONB())
        return or_(*(document.contains(literal({self.key: value}, JSONB())) for value in values))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that is not known or of another type, an option it does not have, a test it does not allow."""
        field = customer_field(self.key, terms)
        if field is None:
            yield unknown("key", self.key, (*BUILT_IN, *terms.attributes))
        else:
            yield from (found.below(("test",)) for found in value_issues(self.key, field, self.test))


def _stored(value: Any) -> str | bool | int | None:
    """A value as JSON holds it; null of one that may be written in several ways."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else None
    return value if isinstance(value, str | bool) else None


def value_issues(key: str, field: CustomerField, asked: ValueTest) -> Iterator[RuleIssue]:
    """What is wrong with a test of a field; places are below the test."""
    name, test = only(asked)
    if name != field.test:
        yield issue((), f"{key} takes a {field.test} test.", f"{key} 须使用 {field.test} 条件。", _MISMATCH)
        return
    yield from _option_issues(field, name, test)
    if key in ONLY_EQUAL:
        yield from _privacy_issues(name, test)


def _option_issues(field: CustomerField, name: str, test: Any) -> Iterator[RuleIssue]:
    if not field.options:
        return
    for member in ("eq", "ne", "in_", "not_in", "has_any", "has_all", "has_none"):
        given = getattr(test, member, None)
        place = (name, camel(member))
        values = (
            [(place, given)] if isinstance(given, str) else [((*place, str(n)), v) for n, v in enumerate(given or ())]
        )
        for where, value in values:
            if value not in field.options:
                yield replace(unknown(where, value, field.options), code=ProblemCode.INVALID_RULE)


def _privacy_issues(name: str, test: Any) -> Iterator[RuleIssue]:
    for member in members(type(test)):
        if getattr(test, member.name) is not None and member.name not in _EQUALITIES:
            yield issue(
                (name, member.json),
                "E-mail, phone and street can only be tested by eq, in and isNull.",
                "邮箱、电话与街道仅可使用 eq、in 与 isNull。",
                _MISMATCH,
            )
