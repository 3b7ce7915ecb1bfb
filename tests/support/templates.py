"""What each built-in template of segments means, in plain Python over the rows of the made-up shop.

Written from the descriptions, not from the rules: nothing here knows the rule language.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.time import Duration
from tests.support.rules.instants import DAY, When
from tests.support.rules.shop import Person, Row, Shop


@dataclass(frozen=True)
class Seen:
    """The shop at an instant."""

    shop: Shop
    when: When

    @property
    def now(self) -> datetime:
        return self.when.now

    def ago(self, days: int = 0, months: int = 0) -> datetime:
        """So long ago: days of 24 hours, months of the calendar."""
        return self.when.before(Duration(months, days * 86_400))

    def people(self) -> list[Person]:
        """Who is known by now."""
        rows = ((person, person.row) for person in self.shop.people)
        return [p for p, r in rows if r["registered_at"] <= self.now and not self.gone(r)]

    def gone(self, row: Row) -> bool:
        """Merged into another, deleted or erased."""
        return any(row[how] is not None for how in ("merged_into", "deleted_at", "erased_at"))

    def orders(self, person: Person, since: datetime | None = None) -> list[Row]:
        """Orders by now that are not cancelled, later than an instant, the latest last."""
        placed = [o for o in person.orders if o["placed_at"] <= self.now and not before(o["cancelled_at"], self.now)]
        return sorted((o for o in placed if since is None or o["placed_at"] > since), key=lambda o: o["placed_at"])

    def spend(self, person: Person, since: datetime) -> Decimal:
        """What was bought since, less what came back since."""
        back = [r["base_net"] for r in person.returns
                if since < r["returned_at"] <= self.now and not before(r["voided_at"], self.now)]  # fmt: skip
        return total(self.orders(person, since)) - sum(back, Decimal(0))

    def contacts(self, person: Person, since: datetime, **of: Any) -> list[Row]:
        """Contacts since, of these kinds."""
        found = (c for c in person.interactions if since < c["occurred_at"] <= self.now)
        return [c for c in found if all(c[name] in wanted for name, wanted in of.items())]

    def top(self, percent: int) -> set[UUID]:
        """Who spent most in a year: equal ones are all in, and a started customer counts as one."""
        spent = {p.row["id"]: self.spend(p, self.ago(months=12)) for p in self.people()}
        most = -(-percent * len(spent) // 100)
        return {id_ for id_, mine in spent.items() if sum(other > mine for other in spent.values()) < most}


def before(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def total(orders: Iterable[Row]) -> Decimal:
    return sum((o["base_net"] for o in orders), Decimal(0))


def last(orders: list[Row]) -> datetime:
    return orders[-1]["placed_at"]  # type: ignore[no-any-return]


def gaps(orders: list[Row], days: int) -> timedelta | None:
    """By how much the mean time from one to the next is longer than so many days, times the number of gaps."""
    return last(orders) - orders[0]["placed_at"] - DAY * days * (len(orders) - 1) if len(orders) > 1 else None


def spent_little(seen: Seen, person: Person, months: int, amount: int) -> bool:
    since = seen.ago(months=months)
    return bool(seen.orders(person, since)) and seen.spend(person, since) < amount


def birthday_soon(seen: Seen, person: Person, days: int) -> bool:
    born = person.row["birth_date"]
    today = When(seen.now, person.row["timezone"] or seen.when.zone).today
    if born is None:
        return False
    ahead = (today + DAY * n for n in range(days))
    return any(
        day.year > born.year
        and ((day.month, day.day) == (born.month, born.day)
             or ((born.month, born.day) == (2, 29) and (day.month, day.day) == (2, 28) and day.year % 4 != 0))
        for day in ahead
    )  # fmt: skip


def silent(seen: Seen, person: Person, days: int, latest: int) -> bool:
    orders = seen.orders(person)
    done = [o for o in orders if o["status"] == "FULFILLED"]
    if not done or not seen.ago(latest) <= last(done) < seen.ago(days) or last(orders) > seen.ago(days):
        return False
    until = last(orders) + DAY * days
    said = [c["occurred_at"] for c in person.interactions if c["direction"] == "INBOUND"]
    said += [answer["submitted_at"] for answer in person.feedback]
    return not any(last(orders) < at <= until for at in said)


def due(seen: Seen, person: Person, cycle: int) -> bool:
    orders = seen.orders(person)
    longer = gaps(orders, cycle)
    return longer is not None and longer <= timedelta() and seen.ago(2 * cycle) <= last(orders) < seen.ago(cycle)


def left_in_cart(seen: Seen, person: Person, hours: int, days: int) -> bool:
    wait, orders = timedelta(hours=hours), [o["placed_at"] for o in seen.orders(person)]
    carts = [c["occurred_at"] for c in seen.contacts(person, seen.ago(days), type=("CART_ADD",))]
    return any(at + wait <= seen.now and not any(at < placed <= at + wait for placed in orders) for at in carts)


def bought(seen: Seen, person: Person, skus: Iterable[str]) -> bool:
    wanted, ids = set(skus), {o["id"] for o in seen.orders(person)}
    return any(i["order_id"] in ids and seen.shop.products[i["product_id"]]["sku"] in wanted for i in person.items)


def loyal(seen: Seen, person: Person, category: list[str], percent: int) -> bool:
    ids = {o["id"] for o in seen.orders(person, seen.ago(months=12))}
    lines = [i for i in person.items if i["order_id"] in ids]
    paths = [seen.shop.products[i["product_id"]]["category_path"][: len(category)] for i in lines]
    mine = total(i for i, path in zip(lines, paths, strict=True) if path == category)
    return total(lines) > 0 and 100 * mine >= percent * total(lines)


def falling(seen: Seen, person: Person, percent: int, days: int) -> bool:
    then = seen.spend(person, seen.ago(2 * days)) - seen.spend(person, seen.ago(days))
    return then > 0 and seen.spend(person, seen.ago(days)) <= then * (100 - percent) / 100


def detractor(seen: Seen, person: Person, percent: int, days: int) -> bool:
    scored = [a for a in person.feedback if a["kind"] == "NPS" and a["score"] is not None
              and seen.ago(days) < a["submitted_at"] <= seen.now]  # fmt: skip
    latest = max(scored, key=lambda a: (a["submitted_at"], a["id"]), default=None)
    return latest is not None and latest["score"] <= 6 and person.row["id"] in seen.top(percent)


def owing(seen: Seen, person: Person, amount: int, days: int) -> bool:
    row = person.row
    changed = [c for c in person.changes if c["field"] == "receivable" and seen.ago(days) < c["valid_from"] <= seen.now]
    return (row["receivable"] or 0) >= amount and not changed and row["registered_at"] <= seen.ago(days)


def effort(seen: Seen, person: Person, contacts: int, amount: int) -> bool:
    types = ("VISIT", "CALL", "MEETING", "MESSAGE")
    return len(seen.contacts(person, seen.ago(months=12), type=types)) >= contacts and spent_little(
        seen, person, 12, amount
    )


def one_order(seen: Seen, person: Person, oldest: int, newest: int) -> bool:
    orders = seen.orders(person)
    return len(orders) == 1 and seen.ago(oldest) <= last(orders) and last(orders) <= seen.ago(newest)


def unvisited(seen: Seen, person: Person, amount: int, days: int) -> bool:
    return seen.spend(person, seen.ago(months=12)) > amount and not seen.contacts(
        person, seen.ago(days), type=("VISIT",)
    )


def sporadic(seen: Seen, person: Person, tenure: int, apart: int) -> bool:
    orders = seen.orders(person)
    longer = gaps(orders, apart)
    return longer is not None and longer >= timedelta() and last(orders) - orders[0]["placed_at"] >= DAY * tenure


Meaning = Callable[[Seen, Person], Any]


# Template: values that part the shop's customers, and who is meant by them.
def agreed(seen: Seen, person: Person, purpose: str) -> bool:
    """Whether the last that was said of it, of all channels, is a consent that has not ended."""
    said = [c for c in person.consents if (c["purpose"], c["channel"]) == (purpose, None)]
    said = sorted(
        (c["occurred_at"], c["id"], c["status"], c["expires_at"]) for c in said if c["occurred_at"] <= seen.now
    )
    return bool(said) and said[-1][2] == "GRANTED" and not before(said[-1][3], seen.now)


MEANINGS: dict[str, tuple[dict[str, Any], Meaning]] = {
    "valued_without_consent": (
        {"percent": 20},
        lambda s, p: p.row["id"] in s.top(20) and not agreed(s, p, "MARKETING"),
    ),
    "top_customers": ({"percent": 20}, lambda s, p: p.row["id"] in s.top(20)),
    "many_visits_small_buys": (
        {"years": 1, "visits": 1, "amount": 100},
        lambda s, p: s.contacts(p, s.ago(months=12), type=("VISIT",)) and spent_little(s, p, 12, 100),
    ),
    "one_large_purchase": ({"amount": 50}, lambda s, p: len(s.orders(p)) == 1 and s.orders(p)[0]["base_net"] >= 50),
    "long_but_sporadic": ({"tenure": 90, "gap": 60}, lambda s, p: sporadic(s, p, 90, 60)),
    "high_effort_low_value": ({"contacts": 1, "amount": 200}, lambda s, p: effort(s, p, 1, 200)),
    "vips_unvisited": ({"amount": "99.99", "days": 90}, lambda s, p: unvisited(s, p, Decimal("99.99"), 90)),
    "birthdays_soon": ({"days": 60}, lambda s, p: birthday_soon(s, p, 60)),
    "first_order_anniversary": (
        {"years": 1},
        lambda s, p: s.orders(p) and s.ago(months=12) < s.orders(p)[0]["placed_at"] <= s.ago(months=11),
    ),
    "unreachable": ({}, lambda s, p: p.row["email"] is None and p.row.get("phone") is None),
    "silent_after_delivery": ({"days": 7, "latest": 400}, lambda s, p: silent(s, p, 7, 400)),
    "new_customers": ({"days": 90}, lambda s, p: s.orders(p) and s.orders(p)[0]["placed_at"] > s.ago(90)),
    "first_order_not_repeated": (
        {"days": 7, "latest": 180},
        lambda s, p: one_order(s, p, 180, 7) and last(s.orders(p)) < s.ago(7),
    ),
    "repurchase_due": ({"cycle": 60}, lambda s, p: due(s, p, 60)),
    "cart_without_order": ({"hours": 24, "days": 90}, lambda s, p: left_in_cart(s, p, 24, 90)),
    "category_loyalists": ({"category": ["phone"], "percent": 50}, lambda s, p: loyal(s, p, ["phone"], 50)),
    "bought_a_not_b": (
        {"bought": ["A-1", "A-2"], "missing": "A-3"},
        lambda s, p: bought(s, p, ["A-1", "A-2"]) and not bought(s, p, ["A-3"]),
    ),
    "dormant_once": ({"days": 90}, lambda s, p: one_order(s, p, 9_999, 90)),
    "falling_spend": ({"percent": 30, "days": 90}, lambda s, p: falling(s, p, 30, 90)),
    "detractors_of_value": ({"percent": 50, "days": 365}, lambda s, p: detractor(s, p, 50, 365)),
    "receivables_overdue": ({"amount": 5, "days": 30}, lambda s, p: owing(s, p, 5, 30)),
}


def meant(shop: Shop, when: When, template: str) -> set[UUID]:
    """Who is meant by a template with those values."""
    seen, (_, meaning) = Seen(shop, when), MEANINGS[template]
    return {person.row["id"] for person in seen.people() if meaning(seen, person)}
