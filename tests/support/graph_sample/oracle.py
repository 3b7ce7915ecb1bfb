"""The same schema, run by graphql-core with plain resolvers over lists: slow, obvious, and the judge."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLError, GraphQLObjectType, build_schema, execute_sync, parse, validate

from api.graph.request import parse_id
from tests.support.graph_sample.keyset_oracle import BY_NAME, SORTS, page
from tests.support.graph_sample.seed import NOW, Data
from tests.support.graph_sample.subjects import schema as strawberry_schema

DAYS = {"ALL": None, "LAST_30_DAYS": 30, "LAST_YEAR": 365}
NODES = (("customer", "Customer", "cus"), ("order", "Order", "ord"), ("segment", "Segment", "seg"))


class Row(dict[str, Any]):
    """A row with columns as attributes."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class World:
    """A shop in memory, at one instant."""

    def __init__(self, data: Data, now: datetime = NOW, scopes: frozenset[str] = frozenset()) -> None:
        kinds = {table: kind for table, kind, _ in NODES}
        self.rows = {t: [Row(r, __type=kinds.get(t)) for r in rows] for t, rows in data.items()}
        self.regions = {r.name: r.countries for r in self.rows["region"]}
        self.now, self.scopes = now, scopes
        self.schema = build_schema(strawberry_schema.as_str())
        for type_ in self.schema.type_map.values():
            if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                for name, field in type_.fields.items():
                    field.resolve = getattr(self, f"{type_.name}_{name}", None) or _attribute(name)
        node: Any = self.schema.type_map["Node"]
        node.resolve_type = lambda row, info, type_: row["__type"]

    def run(self, text: str, variables: dict[str, Any] | None = None) -> tuple[Any, list[dict[str, Any]]]:
        """(data, errors with message and path)."""
        document = parse(text)
        assert not (errors := validate(self.schema, document)), errors
        out: Any = execute_sync(self.schema, document, variable_values=variables)
        return out.data, [{"message": e.message, "path": e.path} for e in out.errors or ()]

    # ── rules
    def spent(self, customer: Row, window: str) -> Decimal:
        days = DAYS[window]
        start = self.now - timedelta(days=days or 36500)
        return sum((o.total for o in self.orders(customer) if days is None or o.placed_at > start), Decimal(0))

    def holds(self, rule: dict[str, Any], customer: Row) -> bool:
        ((key, body),) = rule.items()
        match key:
            case "all":
                return all(self.holds(inner, customer) for inner in body)
            case "not":
                return not self.holds(body, customer)
            case "country":
                return customer.country in body
            case "region":
                return customer.country in self.regions[body]
        return self.spent(customer, body.get("window", "ALL")) >= Decimal(body["atLeast"])

    def known(self, rule: dict[str, Any]) -> None:
        """Refuse a rule with an unknown region."""
        ((key, body),) = rule.items()
        if key == "region" and body not in self.regions:
            raise GraphQLError("The rule is not valid.")
        for inner in body if key == "all" else [body] if key == "not" else []:
            self.known(inner)

    def members(self, rule: dict[str, Any]) -> list[Row]:
        self.known(rule)
        return [c for c in self.rows["customer"] if self.holds(rule, c)]

    def orders(self, customer: Row) -> list[Row]:
        return [o for o in self.rows["order"] if o.customer_id == customer.id]

    def found(self, table: str, prefix: str, given: str) -> Row | None:
        key = parse_id(given, prefix)
        return next((r for r in self.rows[table] if r.id == key), None)

    # ── Query
    def Query_customers(self, o: Any, i: Any, country: Any = None, points: Any = None, **paging: Any) -> Any:
        low, high = (points or {}).get("low", 0), (points or {}).get("high")
        rows = [c for c in self.rows["customer"] if country is None or c.country == country]
        if points is not None:
            rows = [c for c in rows if c.points >= low and (high is None or c.points <= high)]
        return page(self.now, lambda: rows, "Query.customers", BY_NAME, **paging)

    def Query_customer(self, o: Any, i: Any, id: str) -> Any:
        return self.found("customer", "cus", id)

    def Query_customerBy(self, o: Any, i: Any, by: dict[str, str]) -> Any:
        if "id" in by:
            return self.found("customer", "cus", by["id"])
        return next((c for c in self.rows["customer"] if c.email == by["email"]), None)

    def Query_answered(self, o: Any, i: Any, otherThan: Any = None) -> Any:
        answered = {f.customer_id for f in self.rows["feedback"]}
        early = {o.customer_id for o in self.rows["order"] if o.number < 3}
        rows = [c for c in self.rows["customer"] if c.id in answered]
        if otherThan is None:
            rows = [c for c in rows if c.id not in early]
        else:
            rows = [c for c in rows if not otherThan or (c.country and c.country not in otherThan)]
        return sorted(rows, key=lambda c: (c.name.encode(), c.id))

    def Query_named(self, o: Any, i: Any, search: str) -> Any:
        rows = [c for c in self.rows["customer"] if c.name.lower().startswith(search.casefold())]
        return sorted(rows, key=lambda c: (c.name.encode(), c.id))

    def Query_latest(self, o: Any, i: Any, of: Any = None) -> Any:
        orders = [(x.placed_at, x.id, x) for x in self.rows["order"] if of is None or x.number <= of]
        rows = [*((c.created_at, c.id, c) for c in self.rows["customer"]), *orders]
        return [row for _, _, row in sorted(rows, key=lambda r: (-r[0].timestamp(), r[1]))[:5]]

    def Query_segment(self, o: Any, i: Any, id: str) -> Any:
        return self.found("segment", "seg", id)

    def Query_segments(self, o: Any, i: Any) -> Any:
        return sorted(self.rows["segment"], key=lambda s: s.name)

    def Query_node(self, o: Any, i: Any, id: str) -> Any:
        return next((r for table, _, prefix in NODES if (r := self.found(table, prefix, id))), None)

    def Query_nodes(self, o: Any, i: Any, ids: list[str]) -> Any:
        return [self.Query_node(o, i, each) for each in ids]

    def Query_matching(self, o: Any, i: Any, rule: Any, **paging: Any) -> Any:
        return page(self.now, lambda: self.members(rule), "Query.matching", BY_NAME, **paging)

    def Query_matchingCount(self, o: Any, i: Any, rule: Any = None) -> Any:
        return len(self.rows["customer"] if rule is None else self.members(rule))

    def Query_nps(self, o: Any, i: Any, window: str) -> Any:
        start = self.now - timedelta(days=DAYS[window] or 36500)
        rows = [f for f in self.rows["feedback"] if f.at > start]
        up, down = sum(f.score >= 9 for f in rows), sum(f.score <= 6 for f in rows)
        score = (Decimal(100 * (up - down)) / len(rows)).quantize(Decimal("0.1"), ROUND_HALF_UP) if rows else None
        return {"promoters": up, "detractors": down, "responses": len(rows), "rows": rows, "score": score}

    def Metrics_trend(self, metrics: Any, i: Any) -> Any:
        months: dict[str, int] = {}
        for answer in metrics["rows"]:
            month = answer.at.strftime("%Y-%m")
            months[month] = months.get(month, 0) + 1
        return [{"month": month, "responses": n} for month, n in sorted(months.items())]

    def Metrics_score(self, metrics: Any, i: Any) -> Any:
        return None if metrics["score"] is None else str(metrics["score"])

    # ── Customer
    def Customer_id(self, customer: Row, i: Any) -> str:
        return f"cus_{customer.id.hex}"

    def Customer_email(self, customer: Row, i: Any) -> str:
        return str(customer.email) if "PII_READ" in self.scopes else f"{customer.email[0]}***"

    def Customer_secret(self, customer: Row, i: Any) -> Any:
        raise GraphQLError("Not allowed.")

    def Customer_createdAt(self, customer: Row, i: Any) -> str:
        return rfc3339(customer.created_at)

    def Customer_greeting(self, customer: Row, i: Any) -> str:
        return f"Hello {customer.name}"

    def Customer_joinedOn(self, customer: Row, i: Any) -> str:
        return str(customer.created_at.astimezone(ZoneInfo("Asia/Shanghai")).date())

    def Customer_born(self, customer: Row, i: Any) -> Any:
        return customer.born and str(customer.born)

    def Customer_visits(self, customer: Row, i: Any) -> str:
        return str(customer.visits)

    def Customer_traits(self, customer: Row, i: Any) -> Any:
        return jsonb(customer.traits)

    def Customer_spend(self, customer: Row, i: Any, window: str) -> str:
        return str(self.spent(customer, window).quantize(Decimal("0.01")))

    def Customer_average(self, customer: Row, i: Any) -> Any:
        totals = [o.total for o in self.orders(customer)]
        mean = sum(totals) / len(totals) if totals else None
        return mean and str(mean.quantize(Decimal("0.01"), ROUND_HALF_UP))

    def Customer_lastOrder(self, customer: Row, i: Any) -> Any:
        return max(self.orders(customer), key=lambda o: (o.placed_at, o.id), default=None)

    def Customer_orders(
        self, customer: Row, i: Any, orderBy: str = "NEWEST", status: Any = None, total: Any = None, **paging: Any
    ) -> Any:
        low, high = ((total or {}).get(name) for name in ("atLeast", "atMost"))
        rows = [o for o in self.orders(customer) if status is None or o.status in status]
        rows = [o for o in rows if low is None or o.total >= Decimal(low)]
        rows = [o for o in rows if high is None or o.total <= Decimal(high)]
        return page(self.now, lambda: rows, f"Customer.orders({orderBy})", SORTS[orderBy], **paging)

    def Customer_explanation(self, customer: Row, i: Any, lang: str) -> Any:
        numbers = [o.number for o in self.orders(customer)]
        counted = f"{len(numbers)} orders, the last no. {max(numbers, default=None)}, 3 regions, Asia/Shanghai"
        last = max(self.orders(customer), key=lambda o: o.number, default=None)
        reasons = [{"kind": "orders", "weight": len(numbers)}]
        return {"text": f"{lang}: {counted}", "reasons": reasons, "order": last, "lost": None}

    # ── Order, OrderItem, Segment
    def Order_id(self, order: Row, i: Any) -> str:
        return f"ord_{order.id.hex}"

    def Order_total(self, order: Row, i: Any) -> str:
        return str(order.total)

    def Order_placedAt(self, order: Row, i: Any) -> str:
        return rfc3339(order.placed_at)

    def Order_shippedAt(self, order: Row, i: Any) -> Any:
        return order.shipped_at and rfc3339(order.shipped_at)

    def Order_items(self, order: Row, i: Any) -> Any:
        return sorted((x for x in self.rows["order_item"] if x.order_id == order.id), key=lambda x: (x.sku, x.id))

    def Order_customer(self, order: Row, i: Any) -> Any:
        return next(c for c in self.rows["customer"] if c.id == order.customer_id)

    def OrderItem_price(self, item: Row, i: Any) -> str:
        return str(item.price)

    def Segment_id(self, segment: Row, i: Any) -> str:
        return f"seg_{segment.id.hex}"

    def Segment_rule(self, segment: Row, i: Any) -> Any:
        return jsonb(segment.rule)

    def Segment_count(self, segment: Row, i: Any) -> int:
        return len(self.members(segment.rule))

    def Segment_members(self, segment: Row, i: Any, **paging: Any) -> Any:
        return page(self.now, lambda: self.members(segment.rule), "Segment.members", BY_NAME, **paging)


def jsonb(value: Any) -> Any:
    """With its keys in jsonb's order: shorter ones first."""
    if isinstance(value, dict):
        return {k: jsonb(value[k]) for k in sorted(value, key=lambda k: (len(k.encode()), k.encode()))}
    return [jsonb(each) for each in value] if isinstance(value, list) else value


def rfc3339(instant: datetime) -> str:
    """As PostgreSQL prints it in UTC."""
    text = instant.isoformat()
    return text if not instant.microsecond else f"{text[:19]}.{instant.microsecond:06d}".rstrip("0") + text[26:]


def _attribute(name: str) -> Callable[[Any, Any], Any]:
    python = "".join("_" + c.lower() if c.isupper() else c for c in name)
    return lambda row, info: row[python]
