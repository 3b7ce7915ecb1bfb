"""Recording orders and returns one by one: each whole, as the lines of an import would say it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.imports.subjects import ImportKind
from domain.imports.terms import Staged, Terms
from domain.money import is_currency
from domain.orders import load, returns
from domain.orders.order import Order, OrderReturn, OrderStatus
from domain.orders.rates import read_rates_of
from domain.recording.batch import MOST_LINES, Item, Kind, bounded, record
from domain.recording.inputs import OrderInput, OrderItemInput, OrderReturnInput, OrderReturnItemInput
from domain.recording.outcome import Recorded
from domain.refusal import ProblemCode
from domain.time import Clock
from domain.values import BadValue, out_of_range, required
from domain.words import Says, Words

Orders = Annotated[list[OrderInput], Says(Words("orders", "订单"), "1 to 100.")]
Returns = Annotated[list[OrderReturnInput], Says(Words("returns", "退货"), "1 to 100.")]
_OF_LINES = {
    "sku": "sku", "quantity": "quantity", "unit_price": "unitPrice", "line_discount": "discount",
    "customization": "customization",
}  # fmt: skip
_NUMBER = {"order": ("externalRef", "value"), "customer": ("by",)}
_NEEDED = ("currency", "sku")
_UNDATED = required("When it was cancelled", "取消时间")
_NOT_CANCELLED = out_of_range("It is not CANCELLED.", "订单未取消。")


def _orders(system: str, staged: Sequence[Staged]) -> Select[str, UUID]:
    numbers = {one.key for one in staged}
    return select(Order.external_id, Order.id).where(Order.system == system, Order.external_id.in_(numbers))


def _returns(system: str, staged: Sequence[Staged]) -> Select[str, UUID]:
    numbers = {one.key for one in staged}
    line = OrderReturn
    return select(line.external_id, line.id).where(line.system == system, line.external_id.in_(numbers), line.line == 1)


ORDERS = Kind(ImportKind.ORDERS, load.SUBJECT, _orders, _NUMBER, _OF_LINES, needed=_NEEDED, kept_in=(Order,))
RETURNS = Kind(
    ImportKind.ORDERS, returns.SUBJECT, _returns, _NUMBER | {"placed_at": ("returnedAt",)}, _OF_LINES,
    needed=_NEEDED, order="returned_order", owned=True, kept_in=(OrderReturn, Order),
)  # fmt: skip


async def orders_record(
    session: AsyncSession,
    orders: Orders,
    *,
    base_currency: str,
    clock: Clock,
    now: datetime,
    phone_region: str | None = None,
) -> list[Recorded]:
    """Record orders, each as it is now.  One that is known by its number is changed where it differs; changed amounts
    or lines keep what was as a revision.  What is the same already is left alone."""
    bounded(orders, "orders")
    items = [_order(("orders", str(n)), one) for n, one in enumerate(orders)]
    placed = [(one.currency, one.placed_at) for one in orders]
    return await record(
        session, ORDERS, items, replace(await _terms(session, placed, base_currency, clock), region=phone_region), now
    )


async def order_returns_record(
    session: AsyncSession,
    returns: Returns,
    *,
    base_currency: str,
    clock: Clock,
    now: datetime,
    phone_region: str | None = None,
) -> list[Recorded]:
    """Record what came back.  A return lowers net from its own date on and counts no order."""
    bounded(returns, "returns")
    items = [_return(("returns", str(n)), one) for n, one in enumerate(returns)]
    placed = [(one.currency, one.returned_at) for one in returns]
    return await record(
        session, RETURNS, items, replace(await _terms(session, placed, base_currency, clock), region=phone_region), now
    )


async def _terms(session: AsyncSession, placed: Iterable[tuple[str, datetime]], base: str, clock: Clock) -> Terms:
    """The rates of the days, with a day on either side: which day it is depends on the zone."""
    zone = ZoneInfo(clock.zone)
    said = list(placed)
    days = [_shifted(at.date(), by) for _, at in said for by in (-1, 1)]
    currencies = {code for currency, _ in said if is_currency(code := currency.strip().upper())}
    rates = await read_rates_of(session, base, currencies, days)
    return Terms(zone, rates)


def _shifted(day: date, by: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + by, 1), date.max.toordinal()))


def _order(path: tuple[str, ...], said: OrderInput) -> Item:
    whole = {
        "order": said.external_ref.value,
        "placed_at": said.placed_at,
        "status": said.status,
        "currency": said.currency,
        "discount": said.discount,
        "channel": said.channel,
        "store": said.store,
        "cancelled_at": said.cancelled_at,
        "valid_from": said.valid_from,
        "is_return": False,
    }
    lines = [{**whole, **_line(one), "customization": one.customization} for one in said.items[:MOST_LINES]]
    item = Item(path, lines or [whole], said.external_ref, said.by)
    if (said.status is OrderStatus.CANCELLED) is not (said.cancelled_at is not None):
        item.wrong(("cancelledAt",), _UNDATED if said.cancelled_at is None else _NOT_CANCELLED)
    _few_lines(item, said.items)
    return item


def _return(path: tuple[str, ...], said: OrderReturnInput) -> Item:
    whole = {
        "order": said.external_ref.value,
        "placed_at": said.returned_at,
        "currency": said.currency,
        "channel": said.channel,
        "store": said.store,
        "is_return": True,
    }
    lines = [{**whole, **_line(one)} for one in said.items[:MOST_LINES]]
    item = Item(path, lines, said.external_ref, said.by, said.order)
    if not said.items:
        item.wrong(("items",), required("What came back", "退货行"))
    for position, one in enumerate(said.items[:MOST_LINES]):
        if one.quantity.is_signed():  # files write what came back as a negative number
            problem = out_of_range("A quantity must be above zero.", "数量必须大于零。")
            item.wrong(("items", str(position), "quantity"), problem)
    _few_lines(item, said.items)
    return item


def _line(said: OrderItemInput | OrderReturnItemInput) -> dict[str, Any]:
    return {
        "sku": said.sku,
        "quantity": said.quantity,
        "unit_price": said.unit_price,
        "line_discount": said.discount,
    }


def _few_lines(item: Item, lines: Sequence[Any]) -> None:
    if len(lines) > MOST_LINES:
        en, zh = f"More than {MOST_LINES} lines.", f"超过 {MOST_LINES} 行。"
        item.wrong(("items",), BadValue(ProblemCode.TOO_LONG, en, zh))
