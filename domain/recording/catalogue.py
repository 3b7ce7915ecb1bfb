"""Saving what orders refer to: products, and what foreign amounts are worth."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import values
from domain.base import new_id
from domain.customers.input import OMITTED
from domain.imports.subjects import ImportKind
from domain.imports.terms import Staged
from domain.orders import products as products_load
from domain.orders.order import ExchangeRate
from domain.orders.product import Product
from domain.recording.batch import Item, Kind, bounded, record
from domain.recording.contacts import TERMS
from domain.recording.inputs import ExchangeRateInput, ProductInput
from domain.recording.outcome import Recorded
from domain.values import BadValue, out_of_range
from domain.words import Says, Words

Products = Annotated[list[ProductInput], Says(Words("products", "商品"), "1 to 100.")]
RatesGiven = Annotated[list[ExchangeRateInput], Says(Words("rates", "汇率"), "1 to 100.")]
Day = tuple[str, date]  # of a currency
_DIGIT = Decimal("0.0000000001")
_MOST = Decimal(10) ** 10  # numeric(20, 10)


def _products(system: str, staged: Sequence[Staged]) -> Select[str, UUID]:
    del system
    return select(Product.sku, Product.id).where(Product.sku.in_({row.key for row in staged}))


PRODUCTS = Kind(ImportKind.PRODUCTS, products_load.SUBJECT, _products, partial=True)


async def products_save(session: AsyncSession, products: Products, *, now: datetime) -> list[Recorded]:
    """Save products, each found by its article number or made.  What is the same already is left alone."""
    bounded(products, "products")
    items = [Item(("products", str(n)), [_said(one)]) for n, one in enumerate(products)]
    return await record(session, PRODUCTS, items, TERMS, now)


async def exchange_rates_set(
    session: AsyncSession, rates: RatesGiven, *, base_currency: str, now: datetime
) -> list[Recorded]:
    """Set what currencies are worth from a day on.  Of several for one day the last counts.  Amounts that are
    recorded already stay as they are."""
    bounded(rates, "rates")
    items = [Item(("rates", str(n)), []) for n in range(len(rates))]
    said: dict[Day, Decimal] = {}
    named: list[Day | None] = []
    for item, one in zip(items, rates, strict=True):
        currency = _checked(item, "currency", lambda one=one: _foreign(one.currency, base_currency))
        rate = _checked(item, "rate", lambda one=one: _rate(one.rate))
        named.append((currency, one.on_date) if item.problem is None else None)
        if named[-1] is not None:
            said[named[-1]] = rate
    ids = await _set(session, said, now)
    return [Recorded(day and ids[day], item.problem) for day, item in zip(named, items, strict=True)]


async def _set(session: AsyncSession, said: dict[Day, Decimal], now: datetime) -> dict[Day, UUID]:
    """Write the rates that differ; the ids of all."""
    if not said:
        return {}
    rows = [
        {"id": new_id(now), "currency": currency, "on_date": on, "rate": said[currency, on], "recorded_at": now}
        for currency, on in sorted(said)  # all writers in one order
    ]
    row = ExchangeRate
    made = insert(row).values(rows)
    new = {"rate": made.excluded.rate, "recorded_at": made.excluded.recorded_at}
    key = [row.currency, row.on_date]
    await session.execute(
        made.on_conflict_do_update(index_elements=key, set_=new, where=row.rate != made.excluded.rate)
    )
    stored = select(row.currency, row.on_date, row.id).where(tuple_(*key).in_(said))
    return {(currency, on): id_ for currency, on, id_ in await session.execute(stored)}


def _said(product: ProductInput) -> dict[str, Any]:
    given = {one.name: getattr(product, one.name) for one in fields(product)}
    return {name: value for name, value in given.items() if value is not OMITTED}


def _checked(item: Item, name: str, check: Any) -> Any:
    try:
        return check()
    except BadValue as problem:
        item.wrong((name,), problem)
        return None


def _foreign(given: str, base: str) -> str:
    currency: str = values.currency(given.strip())
    if currency == base:
        raise out_of_range(f"{base} is the base currency: it is worth 1.", f"{base} 是本位币，汇率恒为 1。")
    return currency


def _rate(given: Decimal) -> Decimal:
    rate: Decimal = values.decimal(given)
    if not 0 < rate < _MOST or rate != rate.quantize(_DIGIT):
        en, zh = "A rate is above zero, with at most 10 decimals.", "汇率须大于零，至多 10 位小数。"
        raise out_of_range(en, zh)
    return rate
