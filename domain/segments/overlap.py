"""How much segments have in common, two by two: every membership is worked out once for each customer, in one pass.

Customers are counted by the set of segments they are in, of which there are few; all else is arithmetic on those.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    any_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import array

from domain.customers.customer import Customer
from domain.customers.population import known_by
from domain.refusal import ProblemCode
from domain.rules.beside import beside
from domain.rules.grouped import Shape
from domain.rules.issues import issue, refused
from domain.rules.moment import Moment
from domain.rules.normal import Form, fold, normal
from domain.rules.terms import Terms
from domain.segments.expression import no_segment
from domain.segments.segment import Segment
from domain.time import Clock
from domain.words import Says, Words

FEWEST, MOST = 2, 12
_ZERO, _ONE = literal_column("0", Integer()), literal_column("1", Integer())
_ASKED, _KNOWN = Customer.__table__.alias("member"), Customer.__table__.alias("known")
Ids = Annotated[list[UUID], Says(Words("segments", "分群"), f"{FEWEST} to {MOST}, each once.")]


class Containment(StrEnum):
    """How two sets lie to one another."""

    EQUAL = "EQUAL"
    A_IN_B = "A_IN_B"
    B_IN_A = "B_IN_A"
    DISJOINT = "DISJOINT"
    OVERLAPS = "OVERLAPS"


def overlap(segment_ids: Ids, *, terms: Terms, clock: Clock, shape: Shape = Shape.EACH) -> Select[Any]:
    """How much segments have in common, two by two, in one snapshot.  Refuses with ``RuleInvalid``."""
    _check(segment_ids, terms)
    moment, forms = Moment.of(clock), [normal(terms.rules[id_], terms) for id_ in segment_ids]
    found = _by_set(forms, moment, terms, shape)
    pairs = list(combinations(range(len(forms)), 2))
    population = select(func.count()).select_from(_KNOWN).where(*known_by(_KNOWN.c, moment)).scalar_subquery()
    return select(
        literal(list(segment_ids), ARRAY(Uuid())).label("ids"),
        cast(population, Integer).label("population"),
        array([_sum(found, [n]) for n in range(len(forms))]).label("sizes"),
        array([_sum(found, [n], alone=True) for n in range(len(forms))]).label("alone"),
        array([_sum(found, pair) for pair in pairs]).label("both"),
        _constants(a + 1 for a, _ in pairs).label("firsts"),
        _constants(b + 1 for _, b in pairs).label("seconds"),
    ).select_from(found)


def segments_in(matrix: type[Any]) -> Select[Segment]:
    """The segments, in the order asked for."""
    return select(Segment).where(Segment.id == any_(matrix.ids)).order_by(func.array_position(matrix.ids, Segment.id))


def cells_of(matrix: type[Any]) -> Select[Any]:
    """Every two of them, once."""
    pairs = (
        func.unnest(matrix.firsts, matrix.seconds, matrix.both)
        .table_valued(column("first", Integer()), column("second", Integer()), column("both", Integer()))
        .render_derived()
    )
    a, b, both = matrix.sizes[pairs.c.first], matrix.sizes[pairs.c.second], pairs.c.both
    either = a + b - both
    within = case(
        (both == _ZERO, literal_column("'DISJOINT'", Text())),
        ((both == a) & (both == b), literal_column("'EQUAL'", Text())),
        (both == a, literal_column("'A_IN_B'", Text())),
        (both == b, literal_column("'B_IN_A'", Text())),
        else_=literal_column("'OVERLAPS'", Text()),
    )
    return select(
        matrix.ids[pairs.c.first].label("a_id"),
        matrix.ids[pairs.c.second].label("b_id"),
        both.label("both"),
        _share(both, either).label("jaccard"),
        _share(both, a).label("share_of_a"),
        _share(both, b).label("share_of_b"),
        func.round(
            cast(both, Numeric) * matrix.population / func.nullif(cast(a, Numeric) * b, _ZERO), literal_column("6")
        ).label("lift"),
        within.label("contains"),
    ).order_by(pairs.c.first, pairs.c.second)


def only_in(matrix: type[Any]) -> Select[Any]:
    """Of each of them, how many are in it and how many in no other."""
    each = (
        func.unnest(matrix.ids, matrix.sizes, matrix.alone)
        .table_valued(column("segment_id", Uuid()), column("size", Integer()), column("count", Integer()))
        .render_derived()
    )
    return select(each.c.segment_id, each.c.size, each.c.count).order_by(
        func.array_position(matrix.ids, each.c.segment_id)
    )


def segment_a(cell: type[Any]) -> Select[Segment]:
    """The first of the two."""
    return select(Segment).where(Segment.id == cell.a_id)


def segment_b(cell: type[Any]) -> Select[Segment]:
    """The second of the two."""
    return select(Segment).where(Segment.id == cell.b_id)


def segment_of(row: type[Any]) -> Select[Segment]:
    """The segment."""
    return select(Segment).where(Segment.id == row.segment_id)


def _check(ids: Sequence[UUID], terms: Terms) -> None:
    if not FEWEST <= len(set(ids)) == len(ids) <= MOST:
        en, zh = f"Give {FEWEST} to {MOST} segments, each once.", f"请提供 {FEWEST} 至 {MOST} 个互不相同的分群。"
        raise refused(issue("segmentIds", en, zh, ProblemCode.INVALID_RULE))
    missing = [no_segment(("segmentIds", str(n))) for n, id_ in enumerate(ids) if id_ not in terms.segments]
    if missing:
        raise refused(*missing)


def _by_set(forms: Sequence[Form], moment: Moment, terms: Terms, shape: Shape) -> Any:
    """Which of the segments somebody is in, as bits of ``mask``; and how many customers those are."""
    asked = beside(forms, _ASKED, moment, terms, of=fold(1, list(forms)), shape=shape)
    lines = asked.table(known_by(_ASKED.c, moment), literal_column("''", Text()).label("line"))
    mask: Any = _ZERO
    for n, form in enumerate(forms):
        mask = mask + case((asked.holds(form, lines.c), literal_column(str(1 << n), Integer())), else_=_ZERO)
    masks = select(mask.label("mask")).select_from(lines).subquery("masks")
    return select(masks.c.mask, func.count().label("n")).group_by(masks.c.mask).subquery("found")


def _sum(found: Any, places: Sequence[int], *, alone: bool = False) -> ColumnElement[Any]:
    """How many are in all of these; and in no other."""
    bits = literal_column(str(sum(1 << n for n in places)), Integer())
    there = found.c.mask == bits if alone else found.c.mask.op("&")(bits) == bits
    return cast(func.coalesce(func.sum(found.c.n).filter(there), _ZERO), Integer)


def _share(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.round(cast(part, Numeric) / func.nullif(whole, _ZERO), literal_column("6"))


def _constants(numbers: Any) -> ColumnElement[Any]:
    return array([literal_column(str(number), Integer()) for number in numbers])
