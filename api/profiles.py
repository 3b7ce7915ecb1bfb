"""What the members of a segment are like over GraphQL: the rows of its statistics and of its breakdown."""

from decimal import Decimal
from typing import Annotated

from api.views import view
from domain.rules.metrics import MetricKey
from domain.words import Says, Words

NOBODY = "Null if nobody has a value."
NO_MEMBERS = "Null without members."


@view()
class SegmentStatistic:
    """A metric of the members, beside the rest and everybody; whoever has no value is left out of each."""

    metric: Annotated[MetricKey, Says(Words("metric", "指标"))]
    customers: Annotated[int, Says(Words("members who have a value", "有值的成员数"))]
    sum: Annotated[Decimal | None, Says(Words("sum", "合计"), NOBODY)]
    mean: Annotated[Decimal | None, Says(Words("mean", "平均"), NOBODY)]
    median: Annotated[Decimal | None, Says(Words("median", "中位数"), NOBODY)]
    p90: Annotated[
        Decimal | None, Says(Words("ninth decile", "第 90 百分位"), f"Between two values in proportion.  {NOBODY}")
    ]
    rest: Annotated[Decimal | None, Says(Words("mean of the rest", "其余客户平均"), NOBODY)]
    population_mean: Annotated[Decimal | None, Says(Words("mean of everybody", "全体平均"), NOBODY)]


@view()
class BreakdownRow:
    """Members with one value of a field, beside everybody with it."""

    value: Annotated[str | None, Says(Words("value", "值"), "Null: without a value, or with an empty set.")]
    count: Annotated[int, Says(Words("members", "成员数"))]
    population: Annotated[int, Says(Words("customers in all", "客户总数"))]
    share: Annotated[Decimal | None, Says(Words("share of the members", "成员占比"), NO_MEMBERS)]
    population_share: Annotated[Decimal, Says(Words("share of everybody", "全体占比"))]
    lift: Annotated[Decimal | None, Says(Words("how many times as frequent as among everybody", "提升度"), NO_MEMBERS)]
