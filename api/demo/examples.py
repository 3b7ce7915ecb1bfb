"""Segments and strategies that the demo's merchants start with.  Rules are written as a client would post them."""

from typing import Any, NamedTuple

from domain.interactions.interaction import Channel
from domain.strategies.save import GoalInput, StrategyActionInput
from domain.strategies.strategy import ActionKind, GoalDirection, GoalMetric
from domain.text import Names
from domain.time import Duration


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
    running: bool


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
        running=True,
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
        running=False,
    ),
)
# What the page at / offers to run first.
QUERY = """\
{
  customers(first: 5) {
    nodes { displayName city registeredAt }
  }
}
"""
