"""The comparison with the oracle notices faults: each of these, put into the compiler, is found within a few rules."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from domain.feedback.conditions.feedback import InBand
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.sources import NotYet, OfProduct
from domain.rules import aggregated, moment, normal
from domain.rules.durations import DurationTest
from domain.rules.moment import Moment
from domain.rules.plan import Plan
from domain.rules.tests import DateTest, TextTest, TimeTest
from domain.rules.window import bounds
from domain.segments import members
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking

WITHIN = 900


class Mutant(NamedTuple):
    """A function with one thing replaced in its text."""

    function: Callable[..., Any]
    old: str
    new: str

    def put(self, patch: pytest.MonkeyPatch) -> None:
        """Replace the function's code, whoever holds it."""
        source = textwrap.dedent(inspect.getsource(self.function))
        assert source.count(self.old) >= 1, f"{self.function.__qualname__} has no {self.old!r}: adapt the mutant"
        made: dict[str, Any] = {}
        # The text of a decorator is not part of the code.
        text = source[source.index("def ") :].replace(self.old, self.new)
        exec(compile(f"from __future__ import annotations\n{text}", __file__, "exec"), self.function.__globals__, made)
        patch.setattr(self.function, "__code__", made[self.function.__name__].__code__)


MUTANTS: dict[str, Mutant] = {
    "the first instant of a window counts": Mutant(bounds, "[at > moment.before(dur", "[at >= moment.before(dur"),
    "the last instant between two counts": Mutant(bounds, "at < literal(end", "at <= literal(end"),
    "what comes after now counts": Mutant(Plan._within, ", found.at <= self.moment.now", ""),
    "what happens now does not count yet": Mutant(Plan._within, "found.at <= self", "found.at < self"),
    "just as long ago is within that time": Mutant(TimeTest.holds, "value > moment.before", "value >= moment.before"),
    "the hull of windows is too narrow": Mutant(Plan._hull, "func.least", "func.greatest"),
    "windows that differ share one": Mutant(Plan._scan, "keep += [] if alike else", "keep += [] if True else"),
    "not mirrors no threshold": Mutant(normal._normal, "len(of) - k + 1 if negated else k", "k"),
    "who is UNKNOWN in a segment is not outside": Mutant(normal._written_out, "lenient=outside", "lenient=False"),
    "costly conditions are assumed false of candidates": Mutant(Plan._conjuncts, "> limit, True)", "> limit, False)"),
    "no scan of whom cheap facts do not rule out": Mutant(Plan._needless, "> 0, False)", "> 0, True)"),
    "the sum of nothing is null": Mutant(aggregated.known, "in _NONE", "in _NONE[:2]"),
    "equal values are counted twice": Mutant(aggregated.aggregated, "count(column.distinct())", "count(column)"),
    "returns raise what was spent": Mutant(Orders.concluded, '- facts[f"returned', '+ facts[f"returned'),
    "returns of other orders count": Mutant(OrderFilter.returned, "if self._beyond()", "if False"),
    "voided returns count": Mutant(OrderFilter.returned, 'NotYet("voided_at"), ', ""),
    "cancelled orders count": Mutant(OrderFilter.matches, "if self.cancelled", "if True"),
    "what happens later has happened": Mutant(NotYet.holds, ", at > moment.now", ""),
    "a category's name begins another's": Mutant(
        OfProduct._known, 'product.category_path[literal_column("1") : func.cardinality(path)] == path',
        "func.starts_with(func.array_to_string(product.category_path, '/'), func.array_to_string(path, '/'))",
    ),
    "answers to any question have bands": Mutant(InBand.holds, "and_(row", "or_(row"),
    "months are subtracted in UTC": Mutant(Moment._instant, "self.zone", "literal('UTC')"),
    "months are subtracted from instants": Mutant(Moment.shifted, "func.date_trunc(_TO_DAY, ", "func.coalesce("),
    "today is that of UTC": Mutant(Moment._day, "self.local(self.now)", "func.timezone('UTC', self.now)"),
    "seconds are days of the calendar": Mutant(
        moment._moved, "literal(float(n), Double()) * step",
        "literal_column(f\"interval '{n // 86400} day'\") if n > 999 else literal(float(n), Double()) * step",
    ),
    "today is not one of the last days": Mutant(DateTest.holds, "value <= moment", "value < moment"),
    "null is none of these": Mutant(TextTest.holds, "value != all_(", "func.coalesce(value, '') != all_("),
    "later is longer ago": Mutant(DurationTest.holds, "(moment.before(ago), at)", "(at, moment.before(ago))"),
    "who registers later is a member": Mutant(members._found, "[known, ", "["),
    "the merged are members": Mutant(members._found, "customer.c.merged_into.is_(None), ", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_of_the_compiler_is_found(
    judge: Judge, market: Tenant, scope: Scope, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    MUTANTS[name].put(monkeypatch)
    async with asking(scope, market) as session:
        for number in range(WITHIN):
            if not await judge.ids_agree(session, judge.question(number)):
                return
    pytest.fail(f"not found within {WITHIN} rules")
