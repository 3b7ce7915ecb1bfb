"""All that the quality of a segment rests on, in one statement: its rule is asked of everybody, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

from domain.consents.allowed import Allowed
from domain.consents.consent import ConsentPurpose
from domain.customers.conditions.fields import BuiltIn
from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.interactions.interaction import Channel
from domain.rules.beside import Beside, beside
from domain.rules.facts import Aggregate, Composed, Fact
from domain.rules.grouped import Shape
from domain.rules.metrics import MetricKey, metric_of
from domain.rules.moment import ClockZone, Moment
from domain.rules.normal import normal
from domain.rules.terms import Terms
from domain.rules.tree import Not, Rule
from domain.rules.window import ALL_TIME, Last
from domain.time import Clock, Duration

YEAR = Last(Duration(months=12))  # of revenue and of responses
REPURCHASE = "REPURCHASE"  # 1 of whoever ordered again, 0 of whoever ordered once
# Which field holds the address of a channel; of the others nothing does, and only a consent that names it tells.
ADDRESSES: Mapping[Channel, str | None] = {
    Channel.EMAIL: "email",
    Channel.SMS: "phone",
    Channel.PHONE: "phone",
    Channel.POST: "street",
    Channel.WECHAT: None,
    Channel.APP_PUSH: None,
}
_ASKED = Customer.__table__.alias("asked")
_ZERO, _ONE, _TWO = (literal_column(text, Numeric()) for text in ("0", "1", "2"))
_LINE = literal_column("''", Text()).label("line")
_GRANTED, _NAMED = (Allowed(ConsentPurpose.MARKETING, named) for named in (False, True))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the facts that the rule reads, and the responses that members may differ in."""

    rule: Rule
    read: tuple[Fact, ...]
    responses: tuple[str, ...]

    @property
    def addresses(self) -> tuple[BuiltIn, ...]:
        """The fields of addresses, each once."""
        return tuple(dict.fromkeys(BuiltIn(field) for field in ADDRESSES.values() if field))


def response_of(name: str, terms: Terms) -> Composed:
    """The response of a customer in the last year, as a fact: null of whoever has none."""
    metric = metric_of(MetricKey.ORDER_COUNT if name == REPURCHASE else MetricKey(name), terms)
    made = metric.made(YEAR if metric.timed else ALL_TIME, ClockZone.TENANT)
    return Composed(made.parts, _again, made.clock) if name == REPURCHASE else made


def _again(known: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[Any]:
    del moment
    orders = known["value"]
    return case((orders >= _TWO, _ONE), (orders >= _ONE, _ZERO))


def found(wanted: Wanted, *, terms: Terms, clock: Clock) -> Select[Any]:
    """One row: ``everybody``, ``members`` and the ``outside`` of whom the rule is false, and

    of the facts read how many customers have them (``known``) and whether there are events at all (``there``);
    ``revenue`` of members and ``turnover`` of everybody; of the members how many have an address (``contact``), allow a
    channel (``consent``), both (``reachable``), and both for each channel (``channels``); of each response ``n``,
    ``mean`` and ``variance``, first of the members and then of the rest.
    """
    moment = Moment.of(clock)
    form, opposite = normal(wanted.rule, terms), normal(Not(wanted.rule), terms)
    responses = [response_of(name, terms) for name in wanted.responses]
    revenue = response_of(MetricKey.NET_SPEND, terms)
    also: tuple[Fact, ...] = (*wanted.read, *responses, revenue, *wanted.addresses, _GRANTED, _NAMED)
    asked = beside([form, opposite], _ASKED, moment, terms, also=also, shape=Shape.ALL)
    reads = [_is_known(fact, asked).label(f"k{n}") for n, fact in enumerate(wanted.read)]
    values = [cast(asked.plan.value(fact), Numeric()).label(f"v{n}") for n, fact in enumerate(responses)]
    spent = cast(asked.plan.value(revenue), Numeric()).label("spent")
    lines = asked.table(known_by(_ASKED.c, moment), _LINE, *reads, *values, spent, *_reached(asked))
    member = asked.holds(form, lines.c).is_(True)
    groups = [(lines.c[f"v{n}"], these) for n in range(len(values)) for these in (member, ~member)]
    return select(
        _count(true()).label("everybody"),
        _count(member).label("members"),
        _count(asked.holds(opposite, lines.c).is_(True)).label("outside"),
        array([_count(lines.c[f"k{n}"]) for n in range(len(reads))] or [_count(false())]).label("known"),
        array([_there(fact, moment) for fact in wanted.read] or [false()]).label("there"),
        func.coalesce(func.sum(lines.c.spent).filter(member), _ZERO).label("revenue"),
        func.coalesce(func.sum(lines.c.spent), _ZERO).label("turnover"),
        *(_count(and_(member, lines.c[name])).label(name) for name in ("contact", "consent", "reachable")),
        array([_count(and_(member, lines.c[channel.lower()])) for channel in ADDRESSES]).label("channels"),
        array([cast(func.count(value).filter(these), Integer) for value, these in groups]).label("n"),
        array([func.avg(value).filter(these) for value, these in groups]).label("mean"),
        array([func.var_samp(value).filter(these) for value, these in groups]).label("variance"),
    ).select_from(lines)


def _reached(asked: Beside) -> Iterator[ColumnElement[Any]]:
    """Whether a customer can be addressed: by each channel, by any; and what there is for it."""
    value = asked.plan.value
    has = {
        channel: None if field is None else value(BuiltIn(field)).is_not(None) for channel, field in ADDRESSES.items()
    }
    allows = {
        channel: literal(channel, Text()) == any_(value(_NAMED if has[channel] is None else _GRANTED))
        for channel in ADDRESSES
    }
    by = {
        channel: and_(address if (address := has[channel]) is not None else true(), allows[channel]) for channel in has
    }
    sure = {name: func.coalesce(test, false()) for name, test in (
        ("contact", or_(*(allows[channel] if address is None else address for channel, address in has.items()))),
        ("consent", or_(*allows.values())),
        ("reachable", or_(*by.values())),
        *((channel.lower(), test) for channel, test in by.items()),
    )}  # fmt: skip
    return (test.label(name) for name, test in sure.items())


def _is_known(fact: Fact, asked: Beside) -> ColumnElement[bool]:
    if isinstance(fact, Aggregate) and fact.function == "exists":
        return true()  # it is nowhere null, and would be looked for a second time
    return asked.plan.value(fact).is_not(None)


def parts_of(fact: Fact) -> Sequence[Fact]:
    """What a fact is made of: itself, if nothing else."""
    return [part for _, part in fact.parts] if isinstance(fact, Composed) else [fact]


def _there(fact: Fact, moment: Moment) -> ColumnElement[bool]:
    """Whether there is any event that the fact could be of, of anybody; of what is no event there always is."""
    sources = dict.fromkeys(part.source for part in parts_of(fact) if isinstance(part, Aggregate))
    opened = [source.open() for source in sources]
    return (
        or_(*(exists(_ONE).select_from(each.rows).where(each.at <= moment.now) for each in opened))
        if opened
        else true()
    )


def _count(these: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.count().filter(these), Integer)
