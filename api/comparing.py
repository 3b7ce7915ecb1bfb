"""Groups compared over GraphQL: sets made of segments and rules, what segments have in common."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from api.graph.field import Argument, load, many, one, pages
from api.scopes import Scope
from api.segments import BY_NAME, CountResult, Segment
from api.views import view
from domain.customers.read import CustomerOrder
from domain.rules.tree import Rule
from domain.segments import algebra, overlap
from domain.segments.expression import Combined, Except, Given, Saved, SetExpression
from domain.words import Says, Words

ABOVE = {"above": ("expression",)}
NONE_OF_NONE = "Null where there is nothing to divide by."


def read_set(given: Mapping[str, Any], env: Any) -> SetExpression:
    """The expression of an input object with one member."""
    del env
    ((name, value),) = given.items()
    match name:
        case "segment":
            return Saved(value)
        case "rule":
            return Given(value)
        case "except_":
            made: Except = value
            return made
    return Combined(name, tuple(value))


view.input(
    SetExpression,
    "SetExpression",
    convert=read_set,
    one_of=True,
    ids={"segment": "Segment"},
    doc="A set of customers: exactly one member.  At most 20 segments and rules, 5 levels deep.",
    fields={
        "segment": Argument(UUID | None, None, "The members of a segment."),
        "rule": Argument(Rule | None, None, "Those of whom a rule is true; whoever it is UNKNOWN of is outside."),
        "union": Argument(list[SetExpression] | None, None, "In any of these."),
        "intersect": Argument(list[SetExpression] | None, None, "In all of these."),
        "except_": Argument(Except | None, None, "In one set, and in none of others."),
        "symmetric": Argument(list[SetExpression] | None, None, "In an odd number of these; of two, in exactly one."),
    },
)
view.input(
    Except,
    "ExceptInput",
    convert=lambda given, env: Except(given["from_"], tuple(given["minus"])),
    fields={
        "from_": Argument(SetExpression, doc="In this set."),
        "minus": Argument(list[SetExpression], doc="In none of these."),
    },
)
view.enum(
    overlap.Containment,
    EQUAL="The same customers, and there are some.",
    A_IN_B="All of A are in B, and B has more.",
    B_IN_A="All of B are in A, and A has more.",
    DISJOINT="Nobody is in both.",
    OVERLAPS="Some are in both, and each has others.",
)


@view()
class SetResult:
    """A set of customers, by what it was made of."""

    count: "CountResult" = one(algebra.set_count, proven=True, cost=10, **ABOVE)
    members = pages(
        algebra.set_members,
        by=CustomerOrder,
        by_requires=BY_NAME,
        cost=2,
        requires=Scope.CUSTOMERS_READ,
        **ABOVE,
    )
    text: str = load(algebra.set_texts, **ABOVE)


@view()
class OverlapCell:
    """Two segments, and what they have in common."""

    a: "Segment" = one(overlap.segment_a, proven=True)
    b: "Segment" = one(overlap.segment_b, proven=True)
    both: Annotated[int, Says(Words("customers in both", "同属两者的客户数"))]
    jaccard: Annotated[Decimal | None, Says(Words("both as a share of either", "杰卡德系数"), NONE_OF_NONE)]
    share_of_a: Annotated[Decimal | None, Says(Words("both as a share of A", "占 A 的比例"), NONE_OF_NONE)]
    share_of_b: Annotated[Decimal | None, Says(Words("both as a share of B", "占 B 的比例"), NONE_OF_NONE)]
    lift: Annotated[
        Decimal | None,
        Says(Words("how many times as many as by chance", "提升度"), f"1 by chance, 0 if disjoint.  {NONE_OF_NONE}"),
    ]
    contains: Annotated[overlap.Containment, Says(Words("how they lie to one another", "包含关系"))]


@view()
class OnlyIn:
    """A segment, and who is in it alone."""

    segment: "Segment" = one(overlap.segment_of, proven=True)
    size: Annotated[int, Says(Words("members", "成员数"))]
    count: Annotated[int, Says(Words("members who are in none of the others", "仅在此分群的成员数"))]


@view()
class OverlapMatrix:
    """What segments have in common, in one snapshot."""

    segments: "list[Segment]" = many(overlap.segments_in)
    cells: "list[OverlapCell]" = many(overlap.cells_of)
    only_in: "list[OnlyIn]" = many(overlap.only_in)
    population: Annotated[int, Says(Words("customers in all", "客户总数"))]


@view.query
class ComparingQueries:
    set_algebra: "SetResult" = one(algebra.set_algebra, past=True, proven=True, requires=Scope.SEGMENTS_READ)
    overlap: "OverlapMatrix" = one(
        overlap.overlap,
        past=True,
        plain=("segment_ids",),
        ids={"segment_ids": "Segment"},
        proven=True,
        cost=30,
        requires=Scope.SEGMENTS_READ,
    )
