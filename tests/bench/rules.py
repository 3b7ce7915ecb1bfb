"""The rules that are measured, each with the statements one would write by hand for it.

Spent more than 300 net of returns in 90 days, but ordered nothing in the last 30: alone, and behind fields.
All of a rule's statements return the same; which is best depends on how many customers there are.
"""

from dataclasses import dataclass
from typing import Any

CITIES = [f"City {number}" for number in range(24)]
BODY = [
    {"orders": {"having": {"sum": {"field": "netTotal", "test": {"gt": "300"}}}, "window": {"last": "P90D"}}},
    {"orders": {"having": {"exists": False}, "window": {"last": "P30D"}}},
]
SELECTIVE = [
    {"attribute": {"key": "city", "test": {"text": {"in": CITIES}}}},
    {"tag": {"test": {"hasAny": ["gold"]}}},
]
BROAD = [{"attribute": {"key": "birthDate", "test": {"date": {"before": "1960-12-14"}}}}]
COUNT = "query($rule: RuleInput!, $at: DateTime) { customerCount(where: $rule, asOf: $at) { value } }"
PREVIEW = "query($rule: RuleInput!) { customerCount(where: $rule, accuracy: ESTIMATE) { value exact low high } }"
PAGE = """query($rule: RuleInput!, $at: DateTime) {
    customers(where: $rule, asOf: $at, first: 50) { nodes { id displayName city } } }"""

NINETY, THIRTY = "$1::timestamptz - interval '7776000 seconds'", "$1::timestamptz - interval '2592000 seconds'"
KNOWN = "c.registered_at <= $1 AND c.merged_into IS NULL AND c.deleted_at IS NULL AND c.erased_at IS NULL"
LIVE = f"o.placed_at > {NINETY} AND o.placed_at <= $1 AND (o.cancelled_at IS NULL OR o.cancelled_at > $1)"
BACK = f"r.returned_at > {NINETY} AND r.returned_at <= $1 AND (r.voided_at IS NULL OR r.voided_at > $1)"
LATELY = LIVE.replace(NINETY, THIRTY)
# Each customer's orders and returns by the index; returns only of whom the orders suffice.
EACH = f"""FROM customer c
  CROSS JOIN LATERAL (SELECT sum(o.base_net) AS spent, max(o.placed_at) AS last FROM orders o
                       WHERE o.customer_id = c.id AND {LIVE}) AS o
  CROSS JOIN LATERAL (SELECT coalesce(sum(r.base_net), 0) AS back FROM order_return r
                       WHERE r.customer_id = c.id AND {BACK}) AS r
 WHERE {{fields}} AND {KNOWN} AND o.spent > 300 AND o.last <= {THIRTY} AND o.spent - r.back > 300"""
# The same by sub-queries, as most would write it.
NESTED = f"""FROM customer c
 WHERE {{fields}} AND {KNOWN}
   AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND {LATELY})
   AND coalesce((SELECT sum(o.base_net) FROM orders o WHERE o.customer_id = c.id AND {LIVE}), 0)
     - coalesce((SELECT sum(r.base_net) FROM order_return r WHERE r.customer_id = c.id AND {BACK}), 0) > 300"""
# All orders and returns of the window in one pass each.
ALL = f"""FROM customer c
  JOIN (SELECT o.customer_id, sum(o.base_net) AS spent FROM orders o WHERE {LIVE} GROUP BY o.customer_id
        HAVING sum(o.base_net) > 300 AND max(o.placed_at) <= {THIRTY}) AS o ON o.customer_id = c.id
  LEFT JOIN (SELECT r.customer_id, sum(r.base_net) AS back FROM order_return r WHERE {BACK} GROUP BY r.customer_id) AS r
    ON r.customer_id = c.id
 WHERE {{fields}} AND {KNOWN} AND o.spent - coalesce(r.back, 0) > 300"""
# One join of all, grouped by customer.
GROUPED = f"""FROM (SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id
        WHERE {{fields}} AND {KNOWN} AND {LIVE} GROUP BY c.id
       HAVING max(o.placed_at) <= {THIRTY} AND sum(o.base_net) > 300 AND sum(o.base_net)
            - coalesce((SELECT sum(r.base_net) FROM order_return r WHERE r.customer_id = c.id AND {BACK}), 0) > 300
       ) AS g"""
SHAPES = {"each": EACH, "nested": NESTED, "all": ALL, "grouped": GROUPED}
FIELDS = {
    "selective": f"c.city = ANY (ARRAY{CITIES}) AND c.tags && ARRAY['gold']",
    "broad": "c.birth_date < DATE '1960-12-14'",
    "all": "true",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One rule: the document that asks it, the rule, and the statements by hand."""

    document: str
    rule: Any
    by_hand: dict[str, str]


def _counted(name: str) -> dict[str, str]:
    return {shape: f"SELECT count(*) {body.format(fields=FIELDS[name])}" for shape, body in SHAPES.items()}


def _page(name: str) -> dict[str, str]:
    shown, order = "c.id, c.display_name, c.city", "ORDER BY c.created_at DESC, c.id DESC LIMIT 50"
    bodies = {"each": EACH, "nested": NESTED}
    return {shape: f"SELECT {shown} {body.format(fields=FIELDS[name])} {order}" for shape, body in bodies.items()}


RULES = {
    "selective": Measured(COUNT, {"all": [*SELECTIVE, *BODY]}, _counted("selective")),
    "broad": Measured(COUNT, {"all": [*BROAD, *BODY]}, _counted("broad")),
    "all": Measured(COUNT, {"all": BODY}, _counted("all")),
    "page": Measured(PAGE, {"all": [*SELECTIVE, *BODY]}, _page("selective")),
}


def typed(number: int) -> Any:
    """A rule of ten conditions as somebody might be typing it: each number another."""
    days = [f"P{30 + (number * 7 + place * 31) % 300}D" for place in range(6)]
    leaves = [
        {"attribute": {"key": "city", "test": {"text": {"in": CITIES[: 1 + number % 20]}}}},
        {"attribute": {"key": "country", "test": {"text": {"ne": "FR"}}}},
        {"tag": {"test": {"hasAny": ["gold", "vip"]}}},
        {"attribute": {"key": "birthDate", "test": {"date": {"before": "1990-01-01"}}}},
        {
            "orders": {
                "having": {"sum": {"field": "netTotal", "test": {"gt": str(number)}}},
                "window": {"last": days[0]},
            }
        },
        {"orders": {"having": {"count": {"gte": "2"}}, "window": {"last": days[1]}}},
        {"orders": {"having": {"exists": False}, "window": {"last": days[2]}}},
        {"interactions": {"types": ["VISIT"], "having": {"exists": True}, "window": {"last": days[3]}}},
        {"interactions": {"having": {"count": {"lt": "9"}}, "window": {"last": days[4]}}},
        {"feedback": {"band": ["PROMOTER"], "having": {"exists": True}, "window": {"last": days[5]}}},
    ]
    turned = leaves[number % 10 :] + leaves[: number % 10]
    return {"all": [{"any": turned[:4]}, {"atLeast": {"k": 2, "of": turned[4:8]}}, {"any": turned[8:]}]}
