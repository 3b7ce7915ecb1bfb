"""A line of an order: its amounts, and whether it is bought or came back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain import values as checks
from domain.imports.terms import OF_CUSTOMER, Staged, Terms, fault, key, need, nested
from domain.orders.load import SUBJECT as ORDERS
from domain.orders.order import OrderStatus
from domain.orders.rates import rounding
from domain.orders.returns import SUBJECT as RETURNS
from domain.values import WIDEST, BadValue, Check, out_of_range

ORDER_FIELDS: dict[str, Check] = {
    "order": key,
    "customer": key,
    "status": checks.one_of(OrderStatus),
    "currency": checks.currency,
    "channel": checks.text(),
    "store": checks.text(),
    "discount": checks.decimal,
    "sku": key,
    "product.name": checks.text(),
    "product.category_path": checks.texts,
    "quantity": checks.decimal,
    "unit_price": checks.decimal,
    "line_discount": checks.decimal,
    "customization": checks.text(),
    "is_return": checks.boolean,
    "returned_order": key,
}
# valid_from: when changed amounts of a stored order became true; now if the row does not say.
ORDER_DATES = ("placed_at", "cancelled_at", "valid_from")
_KEPT = ("customer", "channel", "store", "placed_at")


class OrderLines:
    """Builds staged lines.  Amounts are rounded line by line, half to even, at the currency's minor digits.

    A line whose quantity is negative is goods that came back, unless ``is_return`` says.  A line without an article
    is an order without lines.
    """

    naming = ("order", "quantity", "is_return")

    def __init__(self, terms: Terms) -> None:
        self.rates, self.zone = terms.rates, terms.zone

    def place(self, values: Mapping[str, Any]) -> tuple[str, str | None]:
        """A return is a document of its own, also under the number of an order."""
        quantity, said = values.get("quantity"), values.get("is_return")
        returned = quantity is not None and quantity < 0 if said is None else said
        return RETURNS if returned else ORDERS, values.get("order")

    def staged(self, values: Mapping[str, Any]) -> Staged:
        """The line with its amounts in both currencies."""
        need(values, "order", "customer", "placed_at")
        subject, number = self.place(values)
        currency = values.get("currency") or self.rates.base
        made = {name: value for name in _KEPT if (value := values.get(name)) is not None}
        made["currency"] = currency
        if values.get("sku") is not None:
            need(values, "quantity", "unit_price")
            self._amounts(made, values, subject, currency)
            self._product(made, values)
        elif subject == RETURNS:
            need(values, "sku")
        if subject == RETURNS:
            made["returned_order"] = values.get("returned_order")
        else:
            self._order(made, values, currency)
        said = nested(values, OF_CUSTOMER)
        if said:
            made["customer_fields"] = said
        return Staged(subject, str(number), made)

    def _amounts(self, made: dict[str, Any], values: Mapping[str, Any], subject: str, currency: str) -> None:
        quantity, price = values["quantity"], values["unit_price"]
        if subject == RETURNS:
            quantity = abs(quantity)
        if quantity <= 0:
            raise fault("quantity", out_of_range("A quantity must be above zero.", "数量必须大于零。"))
        if price < 0:
            raise fault("unit_price", out_of_range("A price cannot be negative.", "单价不能为负。"))
        off = values.get("line_discount")
        exact = quantity * price if off is None else quantity * price - off
        if not 0 <= exact < WIDEST:
            raise fault("unit_price", out_of_range("The line's amount is out of range.", "行金额超出范围。"))
        net = rounding(currency)(exact)
        made |= {"quantity": quantity, "unit_price": price, "net_amount": net, "base_net": self._base(made, net)}

    def _product(self, made: dict[str, Any], values: Mapping[str, Any]) -> None:
        made["sku"] = values["sku"]
        said = {"name": values.get("product.name"), "category_path": values.get("product.category_path")}
        if said["name"] is not None or said["category_path"] is not None:
            made["product"] = said
        if values.get("customization") is not None:
            made["customization"] = values["customization"]

    def _order(self, made: dict[str, Any], values: Mapping[str, Any], currency: str) -> None:
        status = made["status"] = values.get("status") or OrderStatus.PAID.value
        if status == OrderStatus.CANCELLED:
            # A source that does not say when: from the start, for nothing earlier can be known.
            made["cancelled_at"] = values.get("cancelled_at") or values["placed_at"]
        if values.get("valid_from") is not None:
            made["valid_from"] = values["valid_from"]
        discount = values.get("discount")
        if discount:
            if discount < 0:
                raise fault("discount", out_of_range("A discount cannot be negative.", "折扣不能为负。"))
            made["discount"] = off = rounding(currency)(discount)
            made["base_discount"] = self._base(made, off)

    def _base(self, made: Mapping[str, Any], amount: Decimal) -> Decimal:
        if made["currency"] == self.rates.base:
            return amount
        try:
            on = made["placed_at"].astimezone(self.zone).date()
            return self.rates.in_base(amount, made["currency"], on)
        except BadValue as problem:
            raise fault("currency", problem) from None
