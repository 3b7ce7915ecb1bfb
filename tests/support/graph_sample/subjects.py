"""The sample's subjects: what a subject file reads like."""

from typing import Any

from sqlalchemy import Text, select

from api.graph.field import Argument, Field, Same, find, load, many, masked, one, pages, value, write
from api.graph.schema import build, core
from api.graph.view import Held, Views
from tests.support.graph_sample import facts, rules, tables


def clock_of(planner: Any) -> facts.Clock:
    """The clock of the tenant, as parameters."""
    return facts.Clock(planner.now, planner.bind(lambda env: env.tenant.zone, Text()))


def language(planner: Any) -> str:
    """The caller's language, which decides over the SQL."""
    return str(planner.look(lambda env: env.locale[:2]))


view = Views(
    inject={"clock": clock_of, "terms": Held(lambda kept: kept.regions), "locale": language},
    refused=rules.Refused,
    problem=rules.Problem,
    stored_version=select(tables.Dictionary.version),
    says={"country": "Of this country only.", "status": "With one of these only."},
)
view.enum(tables.OrderStatus, PENDING="Not paid yet.")
RULE_FIELDS = {
    "all": Argument(list[rules.Rule] | None, None, "Every one."),
    "not_": Argument(rules.Rule | None, None, "Not this."),
    "country": Argument(list[str] | None, None, "In one of them."),
    "region": Argument(str | None, None, "In the region."),
    "spent": Argument(rules.Spent | None, None, "Spent so much."),
}


def to_rule(given: dict[str, Any], env: Any) -> rules.Rule:
    """The rule of a RuleInput; its inner rules are rules already."""
    ((key, body),) = given.items()
    match key:
        case "all":
            return rules.All(tuple(body))
        case "not_":
            return rules.Not(body)
        case "country":
            return rules.InCountry(tuple(body))
        case "region":
            return rules.InRegion(body)
    return body


view.input(rules.Rule, "RuleInput", convert=to_rule, fields=RULE_FIELDS, one_of=True, doc="One condition.")
view.input(facts.CustomerBy, ids={"id": "Customer"})


@view(tables.Customer, "cus")
class Customer:
    created_at: Same
    name: Same
    country: Same
    points: Same
    tags: Same
    traits: Same
    born: Same
    visits: Same
    email: Same = masked("PII_READ", facts.masked_email)
    secret: "str | None" = value(lambda: select(1), requires="SECRETS", doc="Nobody's business.")
    spend = value(facts.spend, proven=True, cost=2)
    average: "Decimal" = value(facts.average)  # noqa: F821
    greeting = value(facts.greeting, proven=True)
    joined_on = value(facts.joined_on, proven=True)
    last_order: "Order | None" = one(facts.last_order_of)
    orders = pages(facts.orders_of, by=facts.OrderSort)
    explanation: "Explanation" = load(facts.explain)


@view(facts.Explanation)
class Explanation:
    text: Same
    reasons: Same
    order: "Order | None" = Field("part", doc="The last one.")
    lost: "Customer | None" = Field("part", doc="Nobody.")


def in_sight(key: Any) -> Any:
    """The order of an id."""
    return select(tables.Order).where(tables.Order.id == key, tables.Order.number > 0)


@view(tables.Order, "ord", by_id=in_sight)
class Order:
    number: int  # said once more: the column still tells that it is never null
    status: Same
    total: Same
    placed_at: Same
    shipped_at: Same
    items = many(facts.items_of)
    customer = one(facts.customer_of, proven=True)


@view(tables.OrderItem)
class OrderItem:
    sku: Same
    quantity: Same
    price: Same


@view(tables.Segment, "seg")
class Segment:
    name: Same
    version: Same
    rule: Same
    count = value(facts.member_count, stored={"rule": lambda kept: kept.rules}, cost=10)
    members = pages(facts.members, by=facts.BY_NAME, stored={"rule": lambda kept: kept.rules}, cost=2)


@view()
class Metrics:
    """A net promoter score."""

    promoters: int
    detractors: int
    responses: int
    score: "Decimal | None"  # noqa: F821
    trend: "list[Month]" = many(facts.nps_trend)


@view()
class Month:
    """A month's answers."""

    month: str
    responses: int


@view.query
class Query:
    customers = pages(facts.customers, by=facts.BY_NAME)
    customer = find("Customer")
    customer_by = one(facts.customer_by)
    answered = many(facts.answered, plain=("other_than",))
    named = many(facts.named, plain=("search",))
    latest: "list[Node]" = many(facts.latest)  # noqa: F821
    segment = find("Segment")
    segments = many(facts.segments)
    matching = pages(facts.members, by=facts.BY_NAME)
    matching_count = value(facts.member_count, proven=True)
    nps: "Metrics" = one(facts.nps, proven=True)


@view.mutation
class Mutation:
    segment_create = write(
        facts.segment_create, row="segment", extra=("created",), problems=(rules.NameTaken, rules.Invalid)
    )
    order_change = write(facts.order_change, row="order", problems=(rules.Unsaid,))
    order_move = write(facts.order_move, row="order", problems=(rules.Invalid,), requires="ORDERS_WRITE")


schema = build(view)
core_schema = core(schema)
__all__ = ["Field", "core_schema", "schema", "view"]
