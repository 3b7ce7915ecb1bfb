"""The past of a made-up shop: what its customers and orders were before, and the shop as it was at an instant."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Numeric

from domain.customers.customer import WRITABLE, Customer
from tests.support.rules.instants import DAY, NOW, NOWS, midnight, months_before, some_instant
from tests.support.rules.shop import CITIES, COUNTRIES, INTENTS, KINDS, PRODUCTS, TAGS, Person, Row, Shop, id_of

LINE = ("product_id", "quantity", "unit_price", "net_amount", "base_net")
AMOUNTS = ("total", "discount", "net_total", "base_net")
FIELDS: dict[str, tuple[Any, ...]] = {
    "kind": KINDS,
    "email": ("a@example.test", "b@example.test", None),
    "tags": ([], ["vip"], list(TAGS[1:3])),
    "country": (*COUNTRIES, None),
    "city": (*CITIES, None),
    "purchase_intent": (*INTENTS, None),
    "employees": (0, 5, 50, None),
    "latitude": (52.52, None),
    "timezone": ("Asia/Shanghai", "America/Havana", None),
    "tier": ("gold", "silver", None),
    "rating": (1, 0.25, None),
}


def with_past(shop: Shop, seed: object) -> Shop:
    """The shop, some of whose customers and orders were something else before, often at the same instants."""
    chance = random.Random(f"past {seed}")
    number = 0
    for person in shop.people:
        for _ in range(chance.choice((0, 0, 2, 5))):
            number += 1
            name, of = chance.choice(list(FIELDS.items()))
            person.changes.append({
                "id": id_of(11, number), "customer_id": person.row["id"], "field": name, "before": chance.choice(of),
                "after": chance.choice(of), "valid_from": _instant(chance), "recorded_at": NOW, "actor": "import",
            })  # fmt: skip
        for place, change in enumerate(person.changes):  # of one instant the one that was learnt first is the first
            change["recorded_at"] = NOW + place * timedelta(microseconds=1)
        person.row["updated_at"] = max([NOW, *(change["valid_from"] for change in person.changes)])
        for order in person.orders:
            for _ in range(chance.choice((0, 0, 1, 2))):
                number += 1
                _revised(person, order, id_of(12, number), chance)
    return shop


def _instant(chance: random.Random) -> datetime:
    """When something changed; often at the very instant of a question."""
    return chance.choice(NOWS) if chance.random() < 0.3 else some_instant(chance)


def _revised(person: Person, order: Row, id_: Any, chance: random.Random) -> None:
    """An order that was another one until some instant: other amounts, other lines, some of which it has no more."""
    at, amount = max(_instant(chance), order["placed_at"]), Decimal(chance.choice(("0", "20", "70", "250")))
    lines = []
    for line in range(1, chance.choice((1, 2, 4)) + 1):
        worth = Decimal(chance.choice(("5", "30")))
        lines.append({
            "line": line, "product_id": str(chance.choice(list(PRODUCTS))), "quantity": "3", "unit_price": "1",
            "net_amount": str(worth), "base_net": str(worth), "customization": None,
        })  # fmt: skip
    person.revisions.append({
        "id": id_, "order_id": order["id"], "before_total": amount, "before_discount": Decimal(0),
        "before_net_total": amount, "before_base_net": amount, "before_items": lines, "valid_from": at,
        "recorded_at": NOW + len(person.revisions) * timedelta(microseconds=1),
    })  # fmt: skip
    there = {row["line"] for row in (*person.items, *person.dropped) if row["order_id"] == order["id"]}
    for line in lines:
        if line["line"] not in there:
            person.dropped.append({
                "id": id_of(13, id_.int % 2**32 * 8 + line["line"]), "order_id": order["id"], "line": line["line"],
                "product_id": next(iter(PRODUCTS)), "quantity": Decimal(9), "unit_price": Decimal(9),
                "net_amount": Decimal(999), "base_net": Decimal(999), "dropped_at": at,
            })  # fmt: skip


def then(shop: Shop, at: datetime) -> Shop:
    """The shop as it was; who is merged, deleted or erased today is so at any instant."""
    today = shop.today or shop
    return replace(today, people=[person_then(person, at) for person in today.people], today=today)


INSTANTS = {"registered_at", "placed_at", "cancelled_at", "returned_at", "voided_at", "occurred_at", "submitted_at",
            "valid_from", "expires_at", "added_at", "removed_at"}  # fmt: skip


def turning(people: list[Person], lines: list[Row], zone: str) -> list[datetime]:
    """Every instant at which a customer, with those merged into it, may come into one of the shop's segments or leave.

    Their windows are six months long: the days on which what happened may leave them lie around half a year later.
    """
    ids = {person.row["id"] for person in people}
    rows = [row for person in people for of in (
        [person.row], person.orders, person.returns, person.interactions, person.feedback, person.consents,
        person.changes, person.revisions) for row in of]  # fmt: skip
    rows += [line for line in lines if line["customer_id"] in ids]
    found = {at for row in rows for name in INSTANTS & row.keys() if (at := row[name]) is not None}
    days = {months_before(at.astimezone(ZoneInfo(zone)).date(), -6) for at in found}
    return sorted(found | {midnight(day + DAY * n, zone) for day in days for n in range(-1, 5)})


def person_then(person: Person, at: datetime) -> Person:
    row = {**person.row, "attributes": dict(person.row["attributes"])}
    for change in sorted(_after(person.changes, at), key=_place, reverse=True):
        if change["field"] in WRITABLE:
            row[change["field"]] = _meant(change["field"], change["before"])
        else:
            row["attributes"][change["field"]] = change["before"]
    orders, items = [], []
    for order in person.orders:
        revisions = sorted(_after((r for r in person.revisions if r["order_id"] == order["id"]), at), key=_place)
        was = {**order, **{name: revisions[0][f"before_{name}"] for name in AMOUNTS}} if revisions else dict(order)
        if order["cancelled_at"] is not None and order["cancelled_at"] > at:
            was |= {"cancelled_at": None, "status": "PENDING"}
        orders.append(was)
        if revisions:
            rows = {row["line"]: row for row in (*person.items, *person.dropped) if row["order_id"] == order["id"]}
            items += [_line(line, rows[line["line"]]) for line in revisions[0]["before_items"]]
        else:
            items += [row for row in person.items if row["order_id"] == order["id"]]
            items += [row for row in person.dropped if row["order_id"] == order["id"] and row["dropped_at"] > at]
    return replace(person, row=row, orders=orders, items=items)


def _after(rows: Any, at: datetime) -> list[Row]:
    return [row for row in rows if row["valid_from"] > at]


def _place(row: Row) -> tuple[Any, ...]:
    return row["valid_from"], row["recorded_at"]


def _line(line: Row, row: Row) -> Row:
    product = next(id_ for id_ in PRODUCTS if str(id_) == line["product_id"])
    return {**row, **{name: Decimal(line[name]) for name in LINE[1:]}, "product_id": product}


def _meant(field: str, value: Any) -> Any:
    """A value of JSON as the column holds it."""
    if value is None:
        return {"kind": "PERSON", "tags": []}.get(field)
    type_ = Customer.__table__.c[field].type
    if isinstance(type_, Date):
        return date.fromisoformat(value)
    return Decimal(str(value)) if isinstance(type_, Numeric) else value
