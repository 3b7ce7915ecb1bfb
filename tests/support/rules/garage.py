"""Five customers one can keep in mind, for the examples of docs/examples.md."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import Stored
from domain.customers.customer import Customer
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.interactions.interaction import Direction, Interaction, InteractionType
from domain.orders.order import Order, OrderItem, OrderReturn, OrderStatus
from domain.orders.product import Product

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
PHONE = ("phone", "case")
_OURS = UUID("01900000-0000-7000-8000-00000000cafe")


def id_of(name: str) -> UUID:
    """A fixed id."""
    return uuid5(_OURS, name)


def at(text: str) -> datetime:
    """An instant of UTC; noon where only the day is given."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=UTC)


# Name: when registered, columns.
CUSTOMERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Ann": ("2024-01-10", {"country": "DE", "city": "Berlin", "latitude": Decimal("52.52"),
                           "longitude": Decimal("13.40"), "birth_date": date(1990, 3, 20), "tags": ["vip"]}),
    "Bo": ("2025-11-01", {"country": "FR", "city": "Lyon", "latitude": Decimal("45.76"), "longitude": Decimal("4.84")}),
    "Cai": ("2026-03-01", {"country": "CN", "city": "Shanghai", "timezone": "Asia/Shanghai",
                           "birth_date": date(1988, 2, 29)}),
    "Dee": ("2023-05-05", {"country": "DE", "city": "Potsdam", "latitude": Decimal("52.40"),
                           "longitude": Decimal("13.06"), "birth_date": date(1970, 12, 31), "tags": ["wholesale"]}),
    "Eva": ("2026-03-10", {}),
}  # fmt: skip
ORDERS = (("Ann", "2024-02-01", 100), ("Ann", "2025-04-01", 200), ("Ann", "2026-03-01", 300), ("Bo", "2025-11-05", 50),
          ("Bo", "2025-11-20", 60), ("Dee", "2025-03-10", 1000), ("Dee", "2025-06-10", 500), ("Dee", "2025-12-10", 100),
          ("Eva", "2026-03-11", 20))  # fmt: skip
RETURNS = (("Dee", "2025-12-20", 50, "2025-12-10"),)
CONTACTS = (("Ann", "2026-03-10", "EMAIL_OPENED"), ("Dee", "2026-03-08", "EMAIL_OPENED"),
            ("Bo", "2026-03-12T10:00", "CART_ADD"), ("Cai", "2026-03-14T13:00", "CART_ADD"),
            ("Eva", "2026-03-10", "CART_ADD"))  # fmt: skip
SCORES = (("Ann", "2026-03-05", 10), ("Bo", "2025-12-01", 3), ("Dee", "2026-01-10", 7))


def rows() -> list[Stored]:
    """All that is stored, what others refer to first."""
    known: dict[str, Any] = {"created_at": NOW, "updated_at": NOW, "attributes": {}}
    made: list[Stored] = [
        Customer(id=id_of(name), display_name=name, registered_at=at(day), **{"tags": [], **known, **columns})
        for name, (day, columns) in CUSTOMERS.items()
    ]
    made.append(Product(id=id_of("phone"), sku="P-1", name="Phone case", category_path=list(PHONE),
                        created_at=NOW, updated_at=NOW))  # fmt: skip
    for whose, day, net in ORDERS:
        made.append(_order(whose, day, Decimal(net)))
    made.append(OrderItem(id=id_of("line"), order_id=id_of("Bo 2025-11-05"), line=1, product_id=id_of("phone"),
                          quantity=Decimal(1), unit_price=Decimal(50), net_amount=Decimal(50),
                          base_net=Decimal(50)))  # fmt: skip
    for whose, day, amount, of in RETURNS:
        made.append(OrderReturn(id=id_of("return"), customer_id=id_of(whose), order_id=id_of(f"{whose} {of}"),
                                system="s", external_id="1", line=1, quantity=Decimal(1), currency="EUR",
                                net_amount=Decimal(amount), base_net=Decimal(amount), returned_at=at(day),
                                recorded_at=NOW))  # fmt: skip
    for whose, day, type_ in CONTACTS:
        made.append(Interaction(id=id_of(f"{whose} {type_}"), customer_id=id_of(whose), system="s",
                                external_id=f"{whose} {type_}", type=InteractionType(type_),
                                direction=Direction.INBOUND, occurred_at=at(day), recorded_at=NOW))  # fmt: skip
    for whose, day, score in SCORES:
        made.append(Feedback(id=id_of(f"{whose} score"), customer_id=id_of(whose), system="s", external_id=whose,
                             kind=FeedbackKind.NPS, question_key="", score=Decimal(score), scale_min=Decimal(0),
                             scale_max=Decimal(10), submitted_at=at(day), recorded_at=NOW))  # fmt: skip
    return made


async def park(session: AsyncSession) -> None:
    """Store them."""
    for row in rows():
        session.add(row)
        await session.flush()


def _order(whose: str, day: str, net: Decimal) -> Order:
    name = f"{whose} {day}"
    return Order(id=id_of(name), customer_id=id_of(whose), system="s", external_id=name, placed_at=at(day),
                 status=OrderStatus.PAID, currency="EUR", total=net, discount=Decimal(0), net_total=net, base_net=net,
                 recorded_at=NOW, updated_at=NOW)  # fmt: skip
