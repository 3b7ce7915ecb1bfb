"""changed: a field of the customer was changed, from or to something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Text, case, cast, literal, literal_column, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Boolean, Date, Numeric, TypeEngine

from domain.customers.conditions.attribute import value_issues
from domain.customers.conditions.fields import BUILT_IN, Missing, customer_field
from domain.customers.conditions.names import FIELD
from domain.customers.customer import AttributeChange
from domain.rules.facts import Aggregate, Columns, Fact, Match, Opened, Passes, Source
from domain.rules.issues import RuleIssue, unknown
from domain.rules.moment import CLOCKS, INSTANT, ClockZone, Moment
from domain.rules.shape import only, snake
from domain.rules.terms import Terms
from domain.rules.tests import TextTest, ValueTest
from domain.rules.text.phrase import Phrase
from domain.rules.turns import Turns, turns_of
from domain.rules.window import ALL_TIME, Window
from domain.words import Says, Words

_ITSELF: ColumnElement[Any] = literal_column("'{}'::text[]")
_TYPES: dict[str, TypeEngine[Any]] = {"number": Numeric(), "date": Date(), "time": INSTANT, "boolean": Boolean()}


@cache
def _changes() -> Opened:
    a = AttributeChange.__table__.alias("a")
    columns = {"field": a.c.field, "before": a.c.before, "after": a.c.after}
    return Opened(a, a.c.customer_id, a.c.valid_from, a.c.id, columns)


CHANGES = Source("changes", 4, _changes)


@dataclass(frozen=True, slots=True)
class Was(Match):
    """A value before or after a change passes a test."""

    field: str
    column: str
    test: ValueTest

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it does."""
        made: ColumnElement[bool] = only(self.test)[1].holds(self._value(row), moment)
        return made

    def turns(self, row: Columns, moment: Moment) -> Turns:
        """As the test says."""
        return turns_of(only(self.test)[1], self._value(row), moment)

    def _value(self, row: Columns) -> ColumnElement[Any]:
        kind, _ = only(self.test)
        # PostgreSQL tests in any order: of other fields there is no value, or it could not be read as the type.
        value: ColumnElement[Any] = case((row["field"] == literal(self.field, Text()), row[self.column]))
        value = type_coerce(value, JSONB())
        if kind != "set":
            text = value.op("#>>", return_type=Text())(_ITSELF)
            value = cast(text, _TYPES[kind]) if kind in _TYPES else text
        return value


@dataclass(frozen=True, slots=True)
class Changed:
    """A field was changed in the window, by when that became true in the world.  Null is no value: ``isNull``."""

    keyword: ClassVar = "changed"
    example: ClassVar = 'changed(city) to = "Ulm" over last 90 days'
    phrases: ClassVar = (
        Phrase(
            "changed({field}) [from {from_}] [to {to}] [{window}] [in {clock} time]",
            "变更({field}) [由 {from_}] [变为 {to}] [{window}] [以 {clock} 时间]",
            says=Words(
                "{field} was changed[ {window}][ where before it {from_}][ and then it {to}][ in {clock} time]",
                "{field}[{window}]有变更[，变更前{from_}][，变更后{to}][（按{clock}时间）]",
            ),
        ),
    )
    field: Annotated[str, Says(Words("field", "字段"), "A built-in field, or the key of an attribute."), FIELD]
    from_: Annotated[ValueTest | None, Says(Words("from", "之前"), "The value before.")] = None
    to: Annotated[ValueTest | None, Says(Words("to", "之后"), "The value after.")] = None
    window: Annotated[Window, Says(Words("when", "时间窗"))] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = True

    @classmethod
    def meant(cls, values: Mapping[str, Any], terms: Terms) -> str | None:
        """Which tests the field of a text takes; null when there is no such field."""
        field = customer_field(values["field"], terms)
        return field.test if field else None

    @classmethod
    def suggests(cls, name: str, values: Mapping[str, Any], terms: Terms) -> tuple[bool, Iterable[str]]:
        """The options of the field."""
        field = customer_field(values["field"], terms) if "field" in values else None
        return False, field.options if field else ()

    def facts(self, terms: Terms) -> Mapping[str, Fact]:
        """Whether there is such a change; and the field, for whoever asks what is read."""
        field = customer_field(self.field, terms)
        name = snake(self.field) if self.field in BUILT_IN else self.field
        where: list[Match] = [Passes("field", TextTest(eq=name))]
        where += [
            Was(name, end, test) for end, test in (("before", self.from_), ("after", self.to)) if test is not None
        ]
        made = Aggregate(CHANGES, "exists", None, tuple(where), self.window, self.clock)
        return {"changed": made, "field": field.own if field else Missing()}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """That."""
        del moment
        return facts["changed"]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A field that is not known, tests that are not of its type."""
        field = customer_field(self.field, terms)
        if field is None:
            yield unknown("field", self.field, (*BUILT_IN, *terms.attributes))
            return
        for name, test in (("from", self.from_), ("to", self.to)):
            if test is not None:
                yield from (found.below((name,)) for found in value_issues(self.field, field, test))
