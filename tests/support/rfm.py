"""RFM of Online Retail on 2011-12-10: figures of one customer, and every score by the definition of pandas."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any

from domain.customers.conditions.metric import MetricIs
from domain.orders.conditions.rfm import Rfm
from domain.rules.metrics import MetricKey
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.tree import All, Rule
from domain.segments.members import member_ids
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from tests.support.imports import Shop

NOW = datetime(2011, 12, 10, tzinfo=UTC)
KNOWN = {
    MetricKey.DAYS_SINCE_ORDER: Decimal(2),
    MetricKey.ORDER_COUNT: Decimal(7),
    MetricKey.NET_SPEND: Decimal("4310.00"),
}
# Days since the last order, orders, and what was paid less what came back, of each customer.
VALUES = """SELECT customer_id AS id, date_part('day', CAST(:now AS timestamptz) - max(placed_at)) AS recency,
    count(*) AS frequency, sum(base_net) - coalesce((SELECT sum(base_net) FROM order_return AS r
        WHERE r.customer_id = o.customer_id AND returned_at <= :now), 0) AS monetary
    FROM orders AS o WHERE placed_at <= :now GROUP BY customer_id"""


async def assert_rfm(shop: Shop) -> None:
    """Customer 12347 has R 2 days, F 7, M 4,310.00; all quintile scores are those of pandas."""
    whose = "SELECT customer_id FROM customer_external_ref WHERE value = '12347'"
    is_known = All(tuple(MetricIs(key, NumberTest(eq=value)) for key, value in KNOWN.items()))
    assert await shop.one(whose) in await found(shop, is_known)
    rows = await shop.rows(VALUES, now=NOW)
    for name, sign in (("recency", -1), ("frequency", 1), ("monetary", 1)):
        scores = quintiles({row["id"]: sign * row[name] for row in rows})
        for score in range(1, 6):
            expected = {id_ for id_, one in scores.items() if one == score}
            assert await found(shop, Rfm(**{name: NumberTest(eq=Decimal(score))})) == expected, (name, score)


def quintiles(values: Mapping[Any, Any]) -> dict[Any, int]:
    """As pandas has it: ``np.ceil(5 * values.rank(method="max", pct=True))``."""
    # Of equal values the last counts.
    upto = {value: n for n, value in enumerate(sorted(values.values()), 1)}
    return {id_: ceil(5 * upto[value] / len(values)) for id_, value in values.items()}


async def found(shop: Shop, rule: Rule) -> set[Any]:
    """Its members then."""
    statement = member_ids(rule, terms=Terms(vocabulary=CONDITIONS), clock=Clock(now=NOW))
    async with shop.scope.write(shop.tenant) as session:
        return set(await session.scalars(statement))
