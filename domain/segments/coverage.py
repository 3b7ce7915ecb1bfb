"""How well the fields of customers are filled, and with what: all of them in one statement, of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, Numeric, Select, Text, cast, column, func, literal, literal_column, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from domain.customers.conditions.fields import CustomerField, customer_field
from domain.customers.conditions.names import FIELD
from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.rules.moment import Moment
from domain.rules.terms import Terms
from domain.rules.text.vocabulary import Entry, EntryKind
from domain.segments.estimate import sampled
from domain.segments.inspect import Fetch
from domain.time import Clock

MOST_EXAMPLES, LONGEST_EXAMPLE = 5, 80
_ASKED = Customer.__table__.alias("asked")
_SIX, _ZERO = (literal_column(text, Integer()) for text in ("6", "0"))


def filled(fields: Sequence[CustomerField], *, clock: Clock) -> Select[Any]:
    """A row of each field by its ``place`` from 1: the share of customers who have a value, and the commonest values.

    Of a set there are no examples: it has options.
    """
    moment = Moment.of(clock)
    values = [cast(field.own.read(_ASKED.c), Text()).label(f"v{n}") for n, field in enumerate(fields)]
    lines = (
        select(literal_column("''", Text()).label("line"), *values)
        .where(*known_by(_ASKED.c, moment), sampled(_ASKED.c))
        .cte("lines")
        .prefix_with("MATERIALIZED")
    )
    everybody = select(func.count()).select_from(lines).scalar_subquery()
    each = func.unnest(array([lines.c[f"v{n}"] for n in range(len(fields))])).table_valued(
        column("value", Text()), with_ordinality="place", name="each"
    )
    pairs = each.render_derived().lateral()
    counted = (
        select(pairs.c.place, pairs.c.value, func.count().label("n"))
        .select_from(lines.join(pairs, true()))
        .where(pairs.c.value.is_not(None))
        .group_by(pairs.c.place, pairs.c.value)
        .subquery("counted")
    )
    order = (counted.c.n.desc(), counted.c.value.collate("C"))
    rank = func.row_number().over(partition_by=counted.c.place, order_by=order).label("rank")
    ranked = select(counted, rank).subquery("ranked")
    short = func.left(ranked.c.value, literal(LONGEST_EXAMPLE, Integer()))
    shown = func.array_agg(aggregate_order_by(short, ranked.c.rank.asc()))
    return (
        select(
            cast(ranked.c.place, Integer).label("place"),
            func.round(cast(func.sum(ranked.c.n), Numeric) / func.nullif(everybody, _ZERO), _SIX).label("share"),
            shown.filter(ranked.c.rank <= literal(MOST_EXAMPLES, Integer())).label("examples"),
        )
        .group_by(ranked.c.place)
        .order_by(ranked.c.place)
    )


async def with_coverage(
    fetch: Fetch, entries: Sequence[Entry], *, terms: Terms, clock: Clock, sees_personal: bool
) -> list[Entry]:
    """The entries, those of customers' fields with coverage and examples; not of personal data that is hidden."""
    fields: dict[str, CustomerField] = {}
    for entry in entries:
        field = customer_field(FIELD.read(entry.key), terms) if entry.kind is EntryKind.CUSTOMER_FIELD else None
        if field is not None and (sees_personal or not field.own.personal(terms)):
            fields[entry.key] = field
    if not fields:
        return list(entries)
    found = {row["place"]: row for row in await fetch(filled(list(fields.values()), clock=clock))}
    known = {}
    for place, (key, field) in enumerate(fields.items(), 1):
        row = found.get(place)
        examples = tuple(row["examples"] or ()) if row and field.test != "set" else ()
        known[key] = (row["share"] if row else Decimal(0), examples)
    return [
        replace(entry, coverage=known[entry.key][0], examples=known[entry.key][1])
        if entry.kind is EntryKind.CUSTOMER_FIELD and entry.key in known
        else entry
        for entry in entries
    ]
