"""What of a customer's orders rules can compare and rank by.  Cancelled orders never count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, literal_column

from domain.orders.conditions.filters import ANY_ORDER
from domain.orders.conditions.sources import ORDERS, RETURNS
from domain.rules.facts import Aggregate
from domain.rules.metrics import Known, Metric, MetricKey, itself, whole_days
from domain.rules.moment import ClockZone, Moment
from domain.rules.window import Window
from domain.words import Words

_ZERO, _HUNDRED, _DAY_S = (literal_column(text, Numeric()) for text in ("0", "100", "86400"))


def _facts(function: str, field: str | None = None, returned: bool = False) -> Any:
    def facts(window: Window, clock: ClockZone) -> Mapping[str, Aggregate]:
        made = {"value": Aggregate(ORDERS, function, field, ANY_ORDER.matches(), window, clock)}
        if returned:
            made["returned"] = Aggregate(RETURNS, function, field, ANY_ORDER.returned(), window, clock)
        return made

    return facts


def _net(known: Known, moment: Moment) -> ColumnElement[Any]:
    del moment
    return known["value"] - known["returned"]


def _rate(known: Known, moment: Moment) -> ColumnElement[Any]:
    del moment
    return case((known["value"] > _ZERO, _HUNDRED * known["returned"] / known["value"]))


def _gap(known: Known, moment: Moment) -> ColumnElement[Any]:
    del moment
    return known["value"] / _DAY_S


ORDER_METRICS: Mapping[MetricKey, Metric] = {
    MetricKey.ORDER_COUNT: Metric(Words("number of orders", "订单数"), _facts("count"), itself),
    MetricKey.NET_SPEND: Metric(Words("net spend", "净消费额"), _facts("sum", "net_total", returned=True), _net),
    MetricKey.AVG_ORDER_VALUE: Metric(
        Words("mean order value before returns", "客单价（退货前）"), _facts("avg", "net_total"), itself
    ),
    MetricKey.DAYS_SINCE_ORDER: Metric(Words("days since the last order", "距上次下单天数"), _facts("max"), whole_days),
    MetricKey.AVG_ORDER_GAP_DAYS: Metric(
        Words("mean days from order to order", "平均下单间隔天数"), _facts("gap"), _gap
    ),
    MetricKey.RETURN_RATE: Metric(
        Words("share of spend that came back, in percent", "退货率（%）"),
        _facts("sum", "net_total", returned=True),
        _rate,
        counted=False,
    ),
}
