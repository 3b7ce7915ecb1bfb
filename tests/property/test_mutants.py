"""The comparison with the oracle notices faults: each of these, put into the compiler, is found within a few rules."""

import inspect
import textwrap
from collections.abc import Callable
from itertools import count, islice
from typing import Any, NamedTuple

import pytest

from domain.customers import population, presence
from domain.customers.conditions import sample
from domain.customers.conditions.anniversary import Anniversary
from domain.customers.conditions.changed import Changed
from domain.customers.conditions.geo import GeoCircle
from domain.customers.conditions.rank import Rank, RankTest
from domain.customers.population import Ranking, Standing
from domain.feedback.conditions.feedback import InBand
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.sequence import Followed
from domain.orders.conditions.sources import NotYet, OfProduct
from domain.orders.rfm import scores
from domain.orders.rfm.scores import Score
from domain.rules import aggregated, grouped, metrics, moment, normal
from domain.rules.aggregate import AggregateTest
from domain.rules.comparisons import TrendTest
from domain.rules.durations import DurationTest, OnEmpty
from domain.rules.moment import Moment
from domain.rules.plan import Plan
from domain.rules.tests import DateTest, TextTest, TimeTest
from domain.rules.window import bounds
from domain.segments.conditions import then
from domain.segments.conditions.listed import Listed
from domain.segments.conditions.then import Once, Then
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.judge import Judge, asking

WITHIN = 900


class Mutant(NamedTuple):
    """A function with one thing replaced in its text."""

    function: Callable[..., Any]
    old: str
    new: str
    about: str = ""  # what a rule says that it can be found by, where few do

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
    "windows that differ share one": Mutant(Plan._scan, "keep += [] if widest", "keep += [] if True or widest"),
    "not mirrors no threshold": Mutant(normal._normal, "len(of) - k + 1 if negated else k", "k"),
    "who is UNKNOWN in a segment is not outside": Mutant(normal._written_out, "lenient=outside", "lenient=False"),
    "costly conditions are assumed false of candidates": Mutant(Plan._conjuncts, "> limit, True)", "> limit, False)"),
    "no scan of whom cheap facts do not rule out": Mutant(Plan._needless, "> 0, False)", "> 0, True)"),
    "of nobody's rows nothing is known": Mutant(Plan._joined, "outerjoin(group", "join(group"),
    "rows are wanted of whoever needs none": Mutant(Plan._wanting, "or_(group.there, ", "and_(group.there, "),
    "everybody has the rows of all": Mutant(Plan._joined, "whose == owner", "whose.is_not(None)"),
    "windows of the customer's own days are everybody's": Mutant(grouped.alike_for_all, "is not Clock", "is Clock"),
    "the sum of nothing is null": Mutant(aggregated.known, "in _NONE", "in _NONE[:2]"),
    "equal values are counted twice": Mutant(aggregated.aggregated, "count(column.distinct())", "count(column)"),
    "returns raise what was spent": Mutant(Orders._net, '- facts[f"returned', '+ facts[f"returned'),
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
        moment.moved, "= number * step",
        "= literal_column(f\"interval '{n // 86400} day'\") if n > 999 else number * step",
    ),
    "today is not one of the last days": Mutant(DateTest.holds, "value <= moment", "value < moment"),
    "null is none of these": Mutant(TextTest.holds, "value != all_(", "func.coalesce(value, '') != all_("),
    "later is longer ago": Mutant(DurationTest.holds, "(moment.before(ago), at)", "(at, moment.before(ago))"),
    "who registers later is a member": Mutant(population.known_by, "[known, ", "["),
    "the merged are members": Mutant(population.known_by, "customer.merged_into.is_(None), ", ""),
    "the deleted are members": Mutant(presence.there, "customer.deleted_at.is_(None), ", ""),
    "weeks begin on Monday": Mutant(Moment.period_of, "self.week_start - _ONE", "_ONE - _ONE"),
    "fiscal years begin in January": Mutant(Moment.period_of, "self.fiscal_year_start - _ONE", "_ONE - _ONE"),
    "the beginning of a period is not in it": Mutant(bounds, "at >= begin(period", "at > begin(period"),
    "the beginning of the next period is in it": Mutant(bounds, "at < begin(", "at <= begin("),
    "the previous period is the current one": Mutant(bounds, "Current(period.moved(-1))", "Current(period)"),
    "the event that a window is anchored on counts": Mutant(bounds, "[at > anchor", "[at >= anchor"),
    "days on the customer's clock are the tenant's": Mutant(Moment.seen_by, "coalesce(customer_zone", "coalesce(None"),
    "days of UTC are the tenant's": Mutant(Moment.seen_by, "zone=_UTC", "zone=self.zone"),
    "the last events are the first": Mutant(aggregated.picked, "isinstance(window, F", "not isinstance(window, F"),
    "of one instant the smaller ids are the last": Mutant(
        aggregated.picked, "found.id.desc()", "found.id.asc()", "LastN("
    ),
    "a window is compared with itself": Mutant(AggregateTest.facts, "preceding(window) or window", "window"),
    "changes of less than nothing are known": Mutant(TrendTest.measured, "base > _ZERO", "base != _ZERO"),
    "the whole is what matches": Mutant(AggregateTest.facts, "where=whole", "where=where"),
    "there are as many gaps as events": Mutant(aggregated.aggregated, "func.count()) - _ONE", "func.count())"),
    "a sample's deviation is all's": Mutant(aggregated.aggregated, "stddev_samp", "stddev_pop"),
    "nothing does not match": Mutant(OnEmpty.concluded, "func.coalesce(passes, true(), type_=Boolean())", "passes"),
    "the 29th of February is the 28th": Mutant(Anniversary._day, "leapt, day + _ONE", "leapt, day"),
    "the day itself is an anniversary": Mutant(Anniversary.concluded, ">= _ONE)", ">= _ONE - _ONE)"),
    "the day after a window is in it": Mutant(Anniversary.concluded, "this < following", "this <= following"),
    "the next days end a day late": Mutant(
        DateTest.holds, "value < moment.day_after", "value <= moment.day_after", "in_next=Duration("
    ),
    "hashes are read from the right": Mutant(sample._bytes, '"big"', '"little"'),
    "a started customer is none": Mutant(RankTest.holds, "(place - _ONE) * _HUNDRED <", "place * _HUNDRED <="),
    "equals stand one after another": Mutant(Standing.place, "func.rank()", "func.row_number()"),
    "equals stand at the best place": Mutant(Standing.place, "func.count()", "func.rank()"),
    "parts are rounded down": Mutant(RankTest.holds, "place * parts + size - _ONE", "place * parts"),
    "who is on no list is unknown": Mutant(Rank.concluded, "func.coalesce", "(lambda test, no: test)"),
    "everybody is the population": Mutant(Ranking.table, "TRUE if self.population is None else", "TRUE if True else"),
    "who has no value has a place": Mutant(Ranking.table, "value.is_not(None) for", "true() for"),
    "a bound of days is not within it": Mutant(scores.by_bounds, "value <= bound", "value < bound"),
    "a label is for other scores": Mutant(scores._fits, "scores[n] ==", "scores[n] !="),
    "who did not order has a label": Mutant(Score.found, "line.size.is_not(None)", "true()"),
    "scores are rounded down": Mutant(scores._scored, "* bins + size - _ONE", "* bins"),
    "what ends a sequence is late": Mutant(Followed._from, "these.c.at <= ends", "these.c.at < ends"),
    "what happens at once follows": Mutant(Followed._from, "[these.c.at > before]", "[these.c.at >= before]"),
    "nothing happened while it still may": Mutant(Followed._from, "[ends <= moment.now]", "[]"),
    "a change from is one to": Mutant(Changed.facts, '"before", self.from_', '"after", self.from_'),
    "meridians are as far apart everywhere": Mutant(GeoCircle.holds, "func.cos(here, type_=Double()) * ", ""),
    "who was taken off a list is on it": Mutant(Listed._on, "removed_at > moment.now", "removed_at <= moment.now"),
    "who will be on a list is on it": Mutant(Listed._on, "member.c.added_at <= moment.now,", ""),
    "the lists of the merged are lost": Mutant(Listed.found, "merged_into.is_not(None)", "merged_into.is_(None)"),
    "who was a member is one still": Mutant(Then.found, "plan.moment.before(self.ago)", "plan.moment.now", "at=Dura"),
    "who came has left": Mutant(Once.found, "[now, not_(before)]", "[before, not_(now)]", "'ENTERED'"),
    "who is in has left": Mutant(Once.found, "[before, not_(now)]", "[before]", "'LEFT'"),
    "who comes later was in": Mutant(Once.found, "at <= moment.now", "True", "'EVER'"),
    "comings before a window count": Mutant(Once.found, ", *bounds(self.window, at, moment)", "", "'LEFT'"),
    "what was then is as it is now": Mutant(then.was, "AsOf(", "(lambda now, at: now)(", "at=Dura"),
    "a started day is a whole one": Mutant(metrics.whole_days, "func.floor", "func.ceil"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_of_the_compiler_is_found(
    judge: Judge, market: Tenant, scope: Scope, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    MUTANTS[name].put(monkeypatch)
    async with asking(scope, market) as session:
        questions = (judge.question(number) for number in count())
        for question in islice((one for one in questions if MUTANTS[name].about in repr(one.rule)), WITHIN):
            if not await judge.ids_agree(session, question):
                return
    pytest.fail(f"not found within {WITHIN} rules")
