"""Segments over GraphQL: groups of customers that a rule describes, who is in them now, and what they bought."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from api.graph.field import Identity, Same, find, load, many, one, pages, value, write, write_each
from api.graph.scalars import Json
from api.profiles import BreakdownRow, SegmentStatistic
from api.rules import declare_rules
from api.scopes import Scope
from api.views import view
from domain.catalogue import read as catalogue
from domain.customers.read import CustomerOrder
from domain.recording import lists
from domain.refusal import Invalid, NameTaken, NotFound, VersionConflict
from domain.rules.issues import RuleInvalid
from domain.segments import changes, history, profile, read, save, segment, texts
from domain.segments import version as version_facts
from domain.segments.quality import ask
from domain.strategies import audience
from domain.text import name_of
from domain.watching import read as watching
from domain.words import Says, Words

declare_rules(view)
view.enum(
    segment.SegmentKind,
    DYNAMIC="Whoever a rule holds for, now.",
    STATIC="Whoever was put on a list and not taken off.",
    SNAPSHOT="Whoever was put on a list when it was made.",
)
view.enum(audience.UsageKind, SEGMENT="A segment whose rule names it.", STRATEGY="A strategy that has not ended.")
RULES = {"rule": lambda terms: terms.rules}
# Who sees a mask instead of the name must not learn it from the order.
BY_NAME = {CustomerOrder.NAME.name: Scope.PII_READ}
BASE = "In the base currency."


@view()
class CountResult:
    """How many, and how sure that is."""

    value: Annotated[int, Says(Words("number", "数量"))]
    exact: Annotated[bool, Says(Words("whether it was counted, not estimated", "是否精确"))]
    low: Annotated[int, Says(Words("lower bound", "下限"))]
    high: Annotated[int, Says(Words("upper bound", "上限"))]


@view()
class OrderMetrics:
    """What a group bought, computed now.  Cancelled orders do not count."""

    customers: Annotated[int, Says(Words("customers who ordered", "下单客户数"))]
    orders: Annotated[int, Says(Words("orders", "订单数"))]
    gross_total: Annotated[Decimal, Says(Words("sum before returns", "退货前合计"), BASE)]
    returned_total: Annotated[Decimal, Says(Words("what came back in the window", "窗口内退货"), BASE)]
    net_total: Annotated[Decimal, Says(Words("gross less returns", "净额"), BASE)]


@view(segment.Segment, "seg", requires=Scope.SEGMENTS_READ)
class Segment:
    version: Same
    key: Same
    name = value(name_of, plain=("locale",), proven=True)
    name_en: Same
    name_zh: Same
    status: Same
    kind: Same
    rule: Same
    frozen_from: Same
    text: str | None = load(texts.segment_texts)
    description: str | None = load(texts.segment_descriptions)
    template = one(catalogue.template_of)
    template_params: Json | None = value(catalogue.params_of)
    nodes = load(texts.segment_nodes)
    analysis = load(texts.segment_analyses, hint="RuleAnalysis | None")
    created_at: Same
    updated_at: Same
    count: "CountResult | None" = one(read.count_of, past=True, stored=RULES, cost=10)
    versions = pages(version_facts.versions_of, by=version_facts.NEWEST)
    watch = one(watching.watch_of)
    used_by: "list[Usage]" = many(audience.users_of, requires=Scope.STRATEGIES_READ)
    statistics: "list[SegmentStatistic] | None" = many(
        profile.statistics_of, past=True, plain=("metrics",), stored=RULES, cost=10, requires=Scope.CUSTOMERS_READ
    )
    breakdown: "list[BreakdownRow] | None" = many(
        profile.breakdown_of,
        past=True,
        plain=("attribute", "most"),
        stored=RULES,
        cost=10,
        requires=Scope.CUSTOMERS_READ,
    )
    quality = load(ask.segment_quality, hint="SegmentQuality | None", past=True, cost=30, requires=Scope.CUSTOMERS_READ)
    members = pages(
        read.members_of,
        past=True,
        by=CustomerOrder,
        by_requires=BY_NAME,
        stored=RULES,
        cost=2,
        requires=Scope.CUSTOMERS_READ,
    )
    history: "list[SegmentPoint] | None" = many(
        history.history_of, plain=("from_", "to", "step"), stored=RULES, cost=20, requires=Scope.CUSTOMERS_READ
    )
    changes = pages(
        changes.changes_of,
        by=changes.IN_ORDER,
        plain=("from_", "to"),
        stored=RULES,
        cost=5,
        requires=Scope.CUSTOMERS_READ,
    )


@view()
class SegmentPoint:
    """A segment at an instant.  Whoever came and went again between two of them is not told."""

    at: Annotated[datetime, Says(Words("instant", "时刻"))]
    count: Annotated[int, Says(Words("members", "成员数"))]
    entered: Annotated[int, Says(Words("members since the point before", "自上一时刻新进入"), "0 at the first.")]
    left: Annotated[int, Says(Words("members no more since the point before", "自上一时刻离开"), "0 at the first.")]


@view(changes.SegmentChange)
class MembershipChange:
    at: Same
    change: Same
    cause: Same
    customer = one(changes.customer_of, requires=Scope.CUSTOMERS_READ)


@view()
class Usage:
    """Something that needs a segment."""

    kind: Annotated[audience.UsageKind, Says(Words("what it is", "类型"))]
    id: Annotated[Identity, Says(Words("its id", "编号"))]
    key: Annotated[str, Says(Words("its key", "键"))]
    name = value(name_of, plain=("locale",), proven=True)


@view.query
class SegmentQueries:
    customers = pages(
        read.customers,
        past=True,
        plain=("search",),
        by=CustomerOrder,
        by_requires=BY_NAME,
        cost=2,
        requires=Scope.CUSTOMERS_READ,
    )
    segment = find("Segment", keys=lambda terms: terms.by_key, requires=Scope.SEGMENTS_READ)
    segments = pages(
        read.segments,
        by=read.SegmentOrder,
        requires=Scope.SEGMENTS_READ,
        says={"kind": "Only of one of these kinds.", "search": "Part of the key or of a name; case is ignored."},
    )
    customer_count: "CountResult" = one(
        read.customer_count, past=True, proven=True, cost=10, requires=Scope.CUSTOMERS_READ
    )
    order_metrics: "OrderMetrics" = one(
        read.order_metrics, past=True, proven=True, cost=10, requires=Scope.CUSTOMERS_READ
    )


@view.mutation
class SegmentMutations:
    segment_create = write(
        save.segment_create,
        row="segment",
        problems=(Invalid, RuleInvalid, NameTaken),
        requires=Scope.SEGMENTS_WRITE,
        ids={"member_ids": "Customer"},
    )
    segment_snapshot = write(
        save.segment_snapshot,
        row="segment",
        problems=(Invalid, NameTaken, NotFound),
        requires=Scope.SEGMENTS_WRITE,
        ids={"id": "Segment"},
        says={"id": "The segment whose members are to be kept."},
    )
    segment_update = write(
        save.segment_update,
        row="segment",
        problems=(Invalid, RuleInvalid, NotFound, VersionConflict),
        requires=Scope.SEGMENTS_WRITE,
        ids={"id": "Segment"},
        says={"id": "The segment to change."},
    )
    segment_archive = write(
        audience.segment_archive,
        row="segment",
        problems=(NotFound, save.InUse),
        requires=Scope.SEGMENTS_WRITE,
        ids={"id": "Segment"},
        says={"id": "The segment to take out of use."},
    )
    segment_members_add = write_each(
        lists.segment_members_add,
        row="customer",
        problems=(Invalid,),
        requires=Scope.SEGMENTS_WRITE,
        says={"segment_id": "The list."},
    )
    segment_members_remove = write_each(
        lists.segment_members_remove,
        row="customer",
        problems=(Invalid,),
        requires=Scope.SEGMENTS_WRITE,
        says={"segment_id": "The list."},
    )
