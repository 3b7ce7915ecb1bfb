"""Segments and strategies that the demo's merchants start with, saved by the product's own functions.

Rules are written as a client would post them.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.demo.merchants import Merchant
from domain.catalogue.install import rfm_config_install, template_install
from domain.events import write_events
from domain.interactions.interaction import Channel
from domain.rules.codec import read
from domain.segments.inputs import SegmentInput
from domain.segments.save import segment_create
from domain.segments.segment import Segment
from domain.segments.terms import terms_of, terms_statement
from domain.strategies.save import GoalInput, StrategyActionInput, StrategyInput, strategy_save, strategy_transition
from domain.strategies.strategy import ActionKind, GoalDirection, GoalMetric, Strategy, StrategyStatus
from domain.text import Names
from domain.time import Duration
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant


class ExampleSegment(NamedTuple):
    """A segment to create."""

    key: str
    name: Names
    rule: dict[str, Any]


class ExampleStrategy(NamedTuple):
    """A strategy for a segment."""

    key: str
    name: Names
    segment: str
    goal: GoalInput
    actions: list[StrategyActionInput]
    moves: tuple[StrategyStatus, ...] = ()  # after it is saved


def _orders(having: dict[str, Any], last: str | None = None) -> dict[str, Any]:
    return {"orders": {"having": having} | ({"window": {"last": last}} if last else {})}


# The first four are the generator's types: who is in them is known before any SQL has run.
SEGMENTS = (
    ExampleSegment(
        "regulars",
        Names(en="Regulars", zh="常客"),
        {"all": [_orders({"count": {"gte": 3}}, "P1Y"), _orders({"exists": True}, "P30D")]},
    ),
    ExampleSegment(
        "slipping_away",
        Names(en="Slipping away", zh="流失预警"),
        _orders({"recency": {"gt": "P180D"}}),
    ),
    ExampleSegment(
        "new_customers",
        Names(en="New customers", zh="新客"),
        {"attribute": {"key": "registeredAt", "test": {"time": {"inLast": "P30D"}}}},
    ),
    ExampleSegment(
        "prospects",
        Names(en="Have not bought yet", zh="潜在客户"),
        _orders({"exists": False}),
    ),
    ExampleSegment(
        "unhappy",
        Names(en="Unhappy lately", zh="近期不满意"),
        {
            "feedback": {
                "having": {"exists": True},
                "kind": ["NPS"],
                "band": ["DETRACTOR"],
                "window": {"last": "P180D"},
            }
        },
    ),
    ExampleSegment(
        "win_back",
        Names(en="Win back: slipping away, not unhappy", zh="待挽回：流失预警且无不满"),
        {"all": [{"segment": {"key": "slipping_away"}}, {"not": {"segment": {"key": "unhappy"}}}]},
    ),
)


def segments_of(merchant: Merchant) -> tuple[ExampleSegment, ...]:
    """The merchant's segments; one that names another comes after it."""
    top = {"attribute": {"key": "level", "test": {"text": {"eq": merchant.levels[-1]}}}}
    (_, _, path, _) = merchant.products[0]
    goods = {
        "items": {
            "having": {"sum": {"field": "quantity", "test": {"gte": 5}}},
            "product": {"categoryUnder": [path.split("/")[0]]},
        }
    }
    return (
        *SEGMENTS,
        ExampleSegment("top_level", Names(en="Highest level", zh="最高等级会员"), top),
        ExampleSegment("main_goods", Names(en="Five or more of our main goods", zh="购买主营商品五件以上"), goods),
    )


STRATEGIES = (
    ExampleStrategy(
        "thank_regulars",
        Names(en="Thank the regulars", zh="答谢常客"),
        "regulars",
        GoalInput(GoalMetric.NPS, GoalDirection.UP, Duration.parse("P3M")),
        [
            StrategyActionInput(ActionKind.GRANT_BENEFIT, None, None, {"benefit": "free_delivery"}),
            StrategyActionInput(ActionKind.ASK_FOR_REFERRAL, Channel.EMAIL, Duration.parse("P14D")),
        ],
        moves=(StrategyStatus.SCHEDULED, StrategyStatus.RUNNING),
    ),
    ExampleStrategy(
        "win_back",
        Names(en="Win them back", zh="挽回流失客户"),
        "win_back",
        GoalInput(GoalMetric.REPURCHASE_RATE, GoalDirection.UP, Duration.parse("P60D")),
        [
            StrategyActionInput(ActionKind.SEND_SURVEY, Channel.EMAIL),
            StrategyActionInput(ActionKind.OFFER_DISCOUNT, Channel.EMAIL, Duration.parse("P7D"), {"percent": 10}),
            StrategyActionInput(ActionKind.CREATE_CALL_TASK, Channel.PHONE, Duration.parse("P7D")),
        ],
    ),
)


# Template → values.  The merchant's main goods are added to those that ask for a category.
TEMPLATES: dict[str, dict[str, Any]] = {
    "detractors_of_value": {},
    "birthdays_soon": {},
    "dormant_once": {},
    "falling_spend": {},
    "category_loyalists": {"percent": 60},
}


async def install_templates(session: AsyncSession, merchant: Merchant, now: datetime) -> None:
    """What a newcomer sees of the catalogue: some segments, and scores with names."""
    (_, _, path, _) = merchant.products[0]
    for key, params in TEMPLATES.items():
        given = params | ({"category": path.split("/")[:1]} if key == "category_loyalists" else {})
        terms = terms_of(await session.scalar(terms_statement()), CONDITIONS)
        await template_install(session, key, given, now=now, terms=terms, sees_personal=True, actor="demo")
    await rfm_config_install(session, "ten_groups", now=now)


async def define_examples(scope: Scope, tenant: Tenant, merchant: Merchant, now: datetime) -> None:
    """Save those segments, strategies and templates that the merchant does not have yet: all of them, or none."""
    async with scope.write(tenant, before_commit=write_events) as session:
        ids = {one.key: one.id for one in await session.scalars(select(Segment))}
        for one in segments_of(merchant):
            if one.key not in ids:
                terms = terms_of(await session.scalar(terms_statement()), CONDITIONS)
                made = SegmentInput(one.key, one.name, read(one.rule, CONDITIONS))
                ids[one.key] = (await segment_create(session, made, now=now, terms=terms)).id
        await install_templates(session, merchant, now)
        known = set(await session.scalars(select(Strategy.key)))
        for strategy in STRATEGIES:
            if strategy.key not in known:
                given = StrategyInput(
                    strategy.key, strategy.name, ids[strategy.segment], strategy.goal, strategy.actions
                )
                saved = await strategy_save(session, None, given, now=now)
                for status in strategy.moves:
                    saved = await strategy_transition(session, saved.id, status, saved.version, now=now)


# What the page at / offers to run first.
QUERY = """\
{
  segments { nodes { name count { value } } }
  strategies { nodes { name status audience { count { value } } } }
  satisfaction: feedbackMetrics(kind: NPS, window: {last: "P90D"}) { n nps { score low high } }
  slippingAway: customers(first: 5, where: {segment: {key: "slipping_away"}}) {
    totalCount
    nodes { displayName city orders(first: 1) { nodes { placedAt netTotal currency } totalCount } }
  }
}
"""
