"""What the members of a segment are like, beside the rest and beside everybody: measures, and shares of attributes."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    String,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from domain.customers.conditions.fields import BuiltIn, CustomerField, customer_field
from domain.customers.conditions.names import FIELD
from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.refusal import ProblemCode
from domain.rules.beside import Beside, beside
from domain.rules.facts import Fact
from domain.rules.grouped import Shape
from domain.rules.issues import issue, refused, unknown
from domain.rules.metrics import MetricKey, metric_of
from domain.rules.moment import ClockZone, Moment
from domain.rules.normal import normal
from domain.rules.personal import forbidden
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.rules.window import ALL_TIME
from domain.segments.segment import Segment
from domain.time import Clock
from domain.words import Says, Words

MOST_VALUES = 250
_TAGS = CustomerField(BuiltIn("tags"), "set")
_ASKED = Customer.__table__.alias("asked")
_ZERO, _SIX = literal_column("0", Integer()), literal_column("6", Integer())
Metrics = Annotated[list[MetricKey] | None, Says(Words("metrics", "指标"), "All of them when left out.")]
Attribute = Annotated[
    str,
    Says(Words("field", "字段"), "tags, or a field of customers that has texts, options, yes and no, or a set."),
]
HowMany = Annotated[int, Says(Words("how many values", "最多几个值"), f"The most frequent; 1 to {MOST_VALUES}.")]


def statistics_of(
    segment: type[Segment],
    rule: Rule,
    metrics: Metrics = None,
    *,
    terms: Terms,
    clock: Clock,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """Each metric of the members, of the rest and of everybody, of all time; whoever has no value is left out."""
    del segment
    keys = list(dict.fromkeys(metrics if metrics is not None else MetricKey))
    if not keys:
        raise refused(issue("metrics", "An empty list says nothing; leave it out.", "列表不可为空；请省略此项。"))
    facts = [metric_of(key, terms).made(ALL_TIME, ClockZone.TENANT) for key in keys]
    asked, lines = _lines(rule, terms, clock, shape, *facts)
    member = asked.holds(normal(rule, terms), lines.c).is_(True)
    made = [_measured(cast(lines.c[f"v{n}"], Numeric), member) for n in range(len(keys))]
    named = [value.label(f"{name}_{n}") for n, one in enumerate(made) for name, value in one.items()]
    row = select(*named).select_from(lines).subquery("measured")
    columns = [array([row.c[f"{name}_{n}"] for n in range(len(keys))]) for name in made[0]]
    types = [column("metric", Text()), *(column(name, value.type) for name, value in made[0].items())]
    pairs = func.unnest(array([literal(key.value, String()) for key in keys]), *columns)
    each = pairs.table_valued(*types, with_ordinality="place", name="each").render_derived().lateral()
    shown = [each.c.metric, *(each.c[name] for name in made[0])]
    return select(*shown).select_from(row.join(each, true())).order_by(each.c.place)


def _measured(value: ColumnElement[Any], member: ColumnElement[bool]) -> dict[str, ColumnElement[Any]]:
    """What is told of one metric."""
    return {
        "customers": cast(func.count(value).filter(member), Integer),
        "sum": _rounded(func.sum(value).filter(member)),
        "mean": _rounded(func.avg(value).filter(member)),
        "median": _rounded(_quantile(value, "0.5").filter(member)),
        "p90": _rounded(_quantile(value, "0.9").filter(member)),
        "rest": _rounded(func.avg(value).filter(~member)),
        "population_mean": _rounded(func.avg(value)),
    }


def breakdown_of(
    segment: type[Segment],
    rule: Rule,
    attribute: Attribute = "kind",
    most: HowMany = 50,
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    shape: Shape = Shape.EACH,
) -> Select[Any]:
    """The members by the values of a field, beside everybody.

    Of a set each of its values counts.  FORBIDDEN for personal data that the caller may not see.
    """
    del segment
    field = _categorical(attribute, terms, sees_personal)
    if not 1 <= most <= MOST_VALUES:
        raise refused(issue("most", f"1 to {MOST_VALUES}.", f"须在 1 至 {MOST_VALUES} 之间。"))
    asked, lines = _lines(rule, terms, clock, shape, field.own)
    member = asked.holds(normal(rule, terms), lines.c).is_(True)
    return _broken_down(field, lines, member).limit(literal_column(str(most), Integer()))


def _broken_down(field: CustomerField, lines: CTE, member: ColumnElement[bool]) -> Select[Any]:
    value, joined = _values(field, lines)
    whole = select(func.count().filter(member).label("members"), func.count().label("everybody")).select_from(lines)
    totals = whole.subquery("totals")
    counted = (
        select(
            value.label("value"),
            cast(func.count().filter(member), Integer).label("count"),
            cast(func.count(), Integer).label("population"),
        )
        .select_from(joined)
        .group_by(value)
        .subquery("counted")
    )
    share = cast(counted.c.count, Numeric) / func.nullif(totals.c.members, _ZERO)
    usual = cast(counted.c.population, Numeric) / func.nullif(totals.c.everybody, _ZERO)
    made = select(
        counted.c.value,
        counted.c.count,
        counted.c.population,
        _rounded(share).label("share"),
        _rounded(usual).label("population_share"),
        _rounded(share / func.nullif(usual, _ZERO)).label("lift"),
    ).select_from(counted.join(totals, true()))
    return made.order_by(
        counted.c.count.desc(), counted.c.population.desc(), counted.c.value.collate("C").asc().nulls_last()
    )


def _lines(rule: Rule, terms: Terms, clock: Clock, shape: Shape, *also: Fact) -> tuple[Beside, CTE]:
    """A line of each customer: what the rule needs, and the values of other facts as v0, v1 …"""
    moment = Moment.of(clock)
    asked = beside([normal(rule, terms)], _ASKED, moment, terms, also=also, shape=shape)
    values = [asked.plan.value(fact).label(f"v{n}") for n, fact in enumerate(also)]
    return asked, asked.table(known_by(_ASKED.c, moment), literal_column("''", Text()).label("line"), *values)


def _categorical(attribute: str, terms: Terms, sees_personal: bool) -> CustomerField:
    key = FIELD.read(attribute)
    field = _TAGS if key == "tags" else customer_field(key, terms)
    if field is None:
        known = FIELD.known(terms) if FIELD.known else ()
        raise refused(unknown("attribute", attribute, ["tags", *known]))
    if not sees_personal and field.own.personal(terms):
        raise forbidden(key)
    if field.test not in ("text", "boolean", "set"):
        en = "A field with texts, options, yes and no, or a set is wanted."
        raise refused(issue("attribute", en, "须为文本、选项、是否或集合字段。", ProblemCode.TYPE_MISMATCH))
    return field


def _values(field: CustomerField, lines: CTE) -> tuple[ColumnElement[Any], Any]:
    """The value that customers are counted by, as text, and what it is read from."""
    value = lines.c.v0
    if field.test != "set":
        return cast(value, Text()), lines
    made = func.jsonb_array_elements_text(value) if isinstance(value.type, JSONB) else func.unnest(value)
    each = made.table_valued(column("element", Text()), name="each").render_derived().lateral()
    return each.c.element, lines.outerjoin(each, true())


def _quantile(value: ColumnElement[Any], share: str) -> Any:
    """Between two values in proportion, as spreadsheets and numpy do."""
    return func.percentile_cont(literal_column(share)).within_group(value.asc())


def _rounded(value: Any) -> ColumnElement[Any]:
    return func.round(cast(value, Numeric), _SIX, type_=Numeric())
