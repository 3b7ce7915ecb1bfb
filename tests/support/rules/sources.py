"""What of a customer's orders, lines, contacts and answers counts, in plain Python: windows and filters."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.rules.window import After, Ago, AllTime, Between, Current, FirstN, Last, LastN, Previous
from tests.support.rules.instants import When, midnight
from tests.support.rules.logic import Truth, every, tested
from tests.support.rules.shop import Person, Row, Shop


class Asked:
    """A question: of what shop, when and on whose calendar."""

    def __init__(self, shop: Shop, when: When) -> None:
        self.shop, self.when, self.now = shop, when, when.now

    def test(self, test: Any, value: Any) -> Truth:
        """Whether a value passes; without a test it does."""
        return True if test is None else tested(test, value, self.when)

    def within(self, window: Any, at: datetime, person: Person) -> bool:
        """Whether an instant lies in a window; what comes after ``now`` lies in none."""
        match window:
            case AllTime() | LastN() | FirstN():
                return at <= self.now
            case Last(duration):
                return self.when.before(duration) < at <= self.now
            case Between(start, end):
                return start <= at < end and at <= self.now
            case Ago(start, end):
                return self.when.before(start) < at <= self.when.before(end)
            case Current(period) | Previous(period):
                days = self.when.period(period, -1 if isinstance(window, Previous) else 0)
                first, following = (midnight(day, self.when.zone) for day in days)
                return first <= at < following and at <= self.now
            case After(anchor, within):
                since = self.anchor(anchor, person)
                return since is not None and since < at <= min(self.when.after(within, since), self.now)
        raise TypeError(window)

    def anchor(self, name: str, person: Person) -> datetime | None:
        """A date of the customer's own; null when there is none by now."""
        if name == "REGISTERED_AT":
            return person.row["registered_at"]
        kept = [
            row["placed_at"] for row in person.orders if not (row["cancelled_at"] and row["cancelled_at"] <= self.now)
        ]
        instants, end = {
            "FIRST_ORDER_AT": (kept, min),
            "LAST_ORDER_AT": (kept, max),
            "LAST_INTERACTION_AT": ([row["occurred_at"] for row in person.interactions], max),
            "LAST_FEEDBACK_AT": ([row["submitted_at"] for row in person.feedback], max),
        }[name]
        known = [at for at in instants if at <= self.now]
        return end(known) if known else None

    # An event counts when every filter is true of it: of a null, none is.

    def orders(self, person: Person, where: Any, window: Any) -> Iterator[Row]:
        """The customer's orders that count."""
        for row in person.orders:
            if self.within(window, row["placed_at"], person) and self.order(person, where, row):
                yield row

    def order(self, person: Person, where: Any, row: Row) -> bool:
        """Whether an order is one of those meant; one that is cancelled by now is meant only when asked for."""
        cancelled = row["cancelled_at"] is not None and row["cancelled_at"] <= self.now
        if cancelled and "CANCELLED" not in (where.status or ()):
            return False
        bought = [item for item in person.items if item["order_id"] == row["id"]]
        wanted = where.contains_product
        return bool(
            every((
                among(where.status, row["status"]),
                among(where.currency, row["currency"]),
                self.test(where.channel, row["channel"]),
                self.test(where.store, row["store"]),
                self.test(where.net_total, row["base_net"]),
                wanted is None or any(self.product(wanted, item) for item in bought),
            ))
        )  # fmt: skip

    def returns(self, person: Person, where: Any, window: Any) -> Iterator[Row]:
        """What came back in the window, of orders that are meant, whenever those were placed."""
        orders = {row["id"]: row for row in person.orders}
        beyond = (where.status, where.currency, where.net_total, where.contains_product)
        for row in person.returns:
            voided = row["voided_at"] is not None and row["voided_at"] <= self.now
            if voided or not self.within(window, row["returned_at"], person):
                continue
            order = orders.get(row["order_id"])
            if any(one is not None for one in beyond) and (order is None or not self.order(person, where, order)):
                continue
            if self.test(where.channel, row["channel"]) and self.test(where.store, row["store"]):
                yield row

    def items(self, person: Person, product: Any, where: Any, window: Any) -> Iterator[tuple[datetime, Row]]:
        """The lines that count, with the instant of their order."""
        for order in self.orders(person, where, window):
            for item in person.items:
                if item["order_id"] == order["id"] and self.product(product, item):
                    yield order["placed_at"], item

    def product(self, wanted: Any, item: Row) -> bool:
        """Whether a line is of such a product."""
        product = self.shop.products[item["product_id"]]
        path = wanted.category_under
        return (
            among(wanted.ids, product["id"]) is True
            and among(wanted.skus, product["sku"]) is True
            and (path is None or tuple(product["category_path"][: len(path)]) == tuple(path))
        )

    def interactions(self, person: Person, where: Any, window: Any) -> Iterator[Row]:
        """The contacts that count."""
        for row in person.interactions:
            if self.within(window, row["occurred_at"], person) and every((
                among(where.types, row["type"]),
                among(where.channel, row["channel"]),
                where.name is None or (None if row["name"] is None else row["name"] == where.name),
                where.direction is None or row["direction"] == where.direction,
            )):  # fmt: skip
                yield row

    def feedback(self, person: Person, where: Any, window: Any) -> Iterator[Row]:
        """The answers that count."""
        for row in person.feedback:
            if self.within(window, row["submitted_at"], person) and every((
                among(where.kind, row["kind"]),
                among(where.band, band(row)),
                where.survey_key is None or row["survey_key"] == where.survey_key,
                where.question_key is None or row["question_key"] == where.question_key,
                self.test(where.score, row["score"]),
            )):  # fmt: skip
                yield row


def among(wanted: Any, value: Any) -> Truth:
    """Whether a value is one of those wanted, if any are."""
    if wanted is None:
        return True
    return None if value is None else value in wanted


def band(row: Row) -> str | None:
    """9 and 10 promote, 0 to 6 detract, the rest is passive; other questions have no bands."""
    if row["kind"] != "NPS" or row["score"] is None:
        return None
    return "PROMOTER" if row["score"] >= 9 else "DETRACTOR" if row["score"] <= 6 else "PASSIVE"
