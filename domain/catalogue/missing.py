"""What must be known of somebody for a rule to find anybody: the data that a merchant may not have yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from domain.customers.conditions.anniversary import Anniversary
from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.metric import MetricIs
from domain.customers.conditions.rank import Rank
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.sequence import Sequence
from domain.rules.aggregate import AggregateTest
from domain.rules.metrics import MetricKey
from domain.rules.protocol import Reference
from domain.rules.shape import only
from domain.rules.terms import Terms
from domain.rules.tests import DateTest, NumberTest, ValueTest
from domain.rules.tree import Never, Rule, conditions
from domain.rules.window import ALL_TIME

_ANY = AggregateTest(exists=True)
_CONTACTS = (MetricKey.INTERACTION_COUNT, MetricKey.DAYS_SINCE_INTERACTION)
# Null where nothing is known; other measures are 0 then.
_TELLING = (MetricKey.NPS_LAST, MetricKey.CSAT_AVG, MetricKey.RECEIVABLE)


def asked_for(rule: Rule, terms: Terms) -> Iterator[Rule]:
    """For each kind of data that a rule reads, a rule of all who have any."""
    for leaf in conditions(rule):
        if isinstance(leaf, Reference):
            target = leaf.target(terms)
            yield from asked_for(Never() if target is None else terms.rules[target], terms)
        else:
            yield from _known(leaf)


def _known(leaf: Any) -> Iterator[Rule]:
    match leaf:
        case MetricIs(metric) | Rank(metric):
            yield from _measured(metric)
        case AttributeIs(key, test):
            name, of = only(test)
            if hasattr(of, "is_null"):
                yield AttributeIs(key, ValueTest(**{name: type(of)(is_null=False)}))
        case Anniversary("birthDate"):
            yield AttributeIs("birthDate", ValueTest(date=DateTest(is_null=False)))
        case Sequence(steps):
            orders, contacts = steps[0].orders, steps[0].interactions
            if orders is not None:
                yield Orders(_ANY, orders)
            if contacts is not None:
                yield Interactions(_ANY, contacts.types)
        case _ if hasattr(leaf, "having"):
            yield replace(leaf, having=_ANY, window=ALL_TIME)


def _measured(metric: MetricKey) -> Iterator[Rule]:
    if metric in _TELLING:
        yield MetricIs(metric, NumberTest(is_null=False))
    elif metric in _CONTACTS:
        yield Interactions(_ANY)
    elif metric is not MetricKey.TENURE_DAYS:
        yield Orders(_ANY)
