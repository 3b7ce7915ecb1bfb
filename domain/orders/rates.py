"""What an amount is worth in the base currency on its day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.money import quantized
from domain.orders.order import ExchangeRate
from domain.refusal import ProblemCode
from domain.values import WIDEST, BadValue, out_of_range


@dataclass(frozen=True, slots=True)
class Rates:
    """The tenant's exchange rates into its base currency, by currency and day."""

    base: str
    days: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))  # ascending
    rates: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, currency: str, on: date) -> Decimal:
        """Base units for one unit: the day's rate or the latest before it.  Raises NO_EXCHANGE_RATE."""
        if currency == self.base:
            return Decimal(1)
        place = bisect_right(self.days.get(currency, ()), on)
        if place == 0:
            raise BadValue(
                ProblemCode.NO_EXCHANGE_RATE,
                f"No exchange rate from {currency} to {self.base} on or before {on}.",
                f"{on} 及之前没有 {currency} 对 {self.base} 的汇率。",
            )
        return self.rates[currency][place - 1]

    def in_base(self, amount: Decimal, currency: str, on: date) -> Decimal:
        """``amount``, an amount of ``currency``, in the base currency at its minor digits."""
        if currency == self.base:
            return amount
        worth = amount * self.rate(currency, on)
        if worth >= WIDEST:
            raise out_of_range(f"Too large an amount of {self.base}.", f"折合 {self.base} 的金额过大。")
        return rounding(self.base)(worth)


async def read_rates(session: AsyncSession, base: str) -> Rates:
    """All rates of the tenant.  ``base`` is its base currency."""
    return await _read(session, base, select(ExchangeRate.currency, ExchangeRate.on_date, ExchangeRate.rate))


async def read_rates_of(session: AsyncSession, base: str, currencies: Collection[str], days: Sequence[date]) -> Rates:
    """The rates that amounts of these currencies on these days need.  Asks nothing when all are of ``base``."""
    foreign = sorted(set(currencies) - {base})
    if not foreign or not days:
        return Rates(base)
    first, rate = min(days), aliased(ExchangeRate)
    # The latest before the first day reigns until the next.
    reigns = select(func.max(rate.on_date)).where(rate.currency == ExchangeRate.currency, rate.on_date <= first)
    query = select(ExchangeRate.currency, ExchangeRate.on_date, ExchangeRate.rate).where(
        ExchangeRate.currency.in_(foreign),
        ExchangeRate.on_date <= max(days),
        ExchangeRate.on_date >= func.coalesce(reigns.scalar_subquery(), first),
    )
    return await _read(session, base, query)


async def _read(session: AsyncSession, base: str, query: Select[str, date, Decimal]) -> Rates:
    found = Rates(base)
    for currency, on, rate in await session.execute(query.order_by(ExchangeRate.currency, ExchangeRate.on_date)):
        found.days[currency].append(on)
        found.rates[currency].append(rate)
    return found


@cache
def rounding(currency: str) -> Callable[[Decimal], Decimal]:
    """Rounds an amount half to even at the currency's minor digits."""
    digit = quantized(Decimal(0), currency)
    return lambda amount: amount.quantize(digit)  # half to even is the decimal context's rounding
