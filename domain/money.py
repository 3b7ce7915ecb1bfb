"""Money: currencies, their minor digits, and rates into the tenant's base currency."""

from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import get_currency_precision, list_currencies

CURRENCIES = frozenset(list_currencies())
LARGEST = Decimal("9999999999999999")


def quantized(amount: Decimal, currency: str) -> Decimal:
    """``amount`` at the currency's minor digits (CNY 2, JPY 0, KWD 3), half to even."""
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_EVEN)


def is_currency(code: str) -> bool:
    """Whether ``code`` is an ISO 4217 code that CLDR knows."""
    return code in CURRENCIES
