"""sequence: one thing happened, then another, or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, literal_column, not_, select

from domain.interactions.conditions.filters import InteractionFilter
from domain.interactions.conditions.interactions import INTERACTIONS
from domain.orders.conditions.filters import OrderFilter
from domain.orders.conditions.sources import ORDERS
from domain.rules.facts import Asked, Match, Source
from domain.rules.instants import beside, changes_of, seen
from domain.rules.issues import RuleIssue, issue
from domain.rules.moment import CLOCKS, ClockZone, Moment
from domain.rules.plan import Plan
from domain.rules.terms import Terms
from domain.rules.text.phrase import Phrase
from domain.rules.turns import Reading, each_of, window_turns
from domain.rules.window import ALL_TIME, After, Counted, Window, bounds
from domain.time import Duration
from domain.words import Says, Words

MOST_STEPS = 5
_ONE: ColumnElement[Any] = literal_column("1")


def _phrases() -> Iterator[Phrase]:
    """Of orders and of interactions, of those that match or any, that there are some or none."""
    after, says = ("[within {within}]", "[在 {within}]"), Words("[ within {within}]", "[在{within}内]")
    for name, zh, any_of in (("orders", "订单", OrderFilter()), ("interactions", "互动", InteractionFilter())):
        for no, without, absent in (("", "", False), ("no ", "没有 ", True)):
            of = f"({{{name}}})"
            said = Words(f"{no}{name}", f"{without.strip()}{zh}")
            yield Phrase(
                f"{no}{name} {after[0]}",
                f"{without}{zh} {after[1]}",
                {"absent": absent, name: any_of},
                Words(f"{said.en}{says.en}", f"{said.zh}{says.zh}"),
            )
            yield Phrase(
                f"{no}{name}{of} {after[0]}",
                f"{without}{zh}{of} {after[1]}",
                {"absent": absent},
                Words(f"{said.en} ({{{name}}}){says.en}", f"{said.zh}（{{{name}}}）{says.zh}"),
            )


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """An order or an interaction; or that there is none."""

    phrases: ClassVar = tuple(_phrases())
    orders: Annotated[OrderFilter | None, Says(Words("order", "订单"), "{} is any order.")] = None
    interactions: Annotated[InteractionFilter | None, Says(Words("interaction", "互动"), "{} is any.")] = None
    within: Annotated[
        Duration | None, Says(Words("within", "之内"), "After the step before, up to and with so much later.")
    ] = None
    absent: Annotated[
        bool, Says(Words("absent", "未发生"), "There is no such thing in that time, and the time has passed.")
    ] = False

    @property
    def asked(self) -> tuple[Source, tuple[Match, ...]]:
        """The source, and what its rows must match."""
        if self.orders is not None:
            return ORDERS, self.orders.matches()
        return INTERACTIONS, (self.interactions or InteractionFilter()).matches()


@dataclass(frozen=True, slots=True)
class Followed(Asked):
    """Whether there are such events one after another."""

    steps: tuple[SequenceStep, ...]
    window: Window
    clock: ClockZone

    @property
    def reads(self) -> tuple[str, ...]:
        """The sources of its steps."""
        return tuple(step.asked[0].name for step in self.steps)

    def found(self, plan: Plan) -> ColumnElement[Any]:
        """EXISTS, one inside another."""
        return self._from(0, None, plan, plan.at(self.clock))

    def instants(self, customer: FromClause, reading: Reading, terms: Terms) -> list[Select[Any]]:
        """When an event of a step comes or goes, and when a time passes in which there is to be none."""
        del terms
        on_clock, zones = seen(customer, reading, self.clock)
        waits = {step.within for step in self.steps if step.absent and step.within is not None}
        made = []
        for number, step in enumerate(self.steps):
            source, where = step.asked
            found = source.open()
            turns = [found.at, *(at for match in where for at in match.turns(found.columns, reading.moment))]
            if not reading.only_events:
                turns += [] if number else window_turns(self.window, found.at, on_clock.moment)
                turns += [on_clock.moment.shifted(found.at, within) for within in waits]
            made += [each_of(turns, beside(found.rows, zones), found.customer_id == customer.c.id)]
            made += changes_of(source, customer, reading)
        return made

    def _from(self, number: int, before: ColumnElement[Any] | None, plan: Plan, moment: Moment) -> ColumnElement[bool]:
        step = self.steps[number]
        source, where = step.asked
        opened = source.open()
        these = (
            select(opened.at.label("at"))
            .select_from(opened.rows)
            .where(
                opened.customer_id == plan.customer.c.id,
                *(match.holds(opened.columns, plan.moment) for match in where),
                opened.at <= moment.now,
            )
            .correlate_except(opened.rows)
            .lateral(f"step_{number}")
        )
        ends = None if before is None or step.within is None else moment.shifted(before, step.within)
        keep = bounds(self.window, these.c.at, moment) if before is None else [these.c.at > before]
        keep += [] if ends is None else [these.c.at <= ends]
        last = number + 1 == len(self.steps)
        if not step.absent and not last:
            keep.append(self._from(number + 1, these.c.at, plan, moment))
        there = exists(_ONE).select_from(these).where(*keep).correlate_except(these)
        if not step.absent:
            return there
        passed = [] if ends is None else [ends <= moment.now]
        rest = [] if last else [self._from(number + 1, before, plan, moment)]
        return and_(*passed, not_(there), *rest)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps one after another, the first in the window.  Each is later than the last that happened before it."""

    keyword: ClassVar = "sequence"
    example: ClassVar = 'sequence(interactions(type = "cart_add") then no orders within 24 hours) over last 7 days'
    phrases: ClassVar = (
        Phrase(
            "sequence({steps  then }) [{window}] [in {clock} time]",
            "顺序({steps  随后 }) [{window}] [以 {clock} 时间]",
            says=Words("{steps , then }[ {window}][ in {clock} time]", "[{window}]{steps ，随后}[（按{clock}时间）]"),
        ),
    )
    steps: Annotated[tuple[SequenceStep, ...], Says(Words("steps", "步骤"), "At most 5.")]
    window: Annotated[Window, Says(Words("when", "时间窗"), "Of the first step; one of time.")] = ALL_TIME
    clock: Annotated[ClockZone, Says(Words("clock", "时钟"), "Whose months and days."), CLOCKS] = ClockZone.TENANT
    certain: ClassVar = True

    def facts(self, terms: Terms) -> Mapping[str, Followed]:
        """Whether there are such steps."""
        del terms
        return {"followed": Followed(self.steps, self.window, self.clock)}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """That."""
        del moment
        return facts["followed"]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Too many steps, steps that are nothing or two things, a first one that is absent or late."""
        del terms
        if len(self.steps) > MOST_STEPS:
            yield issue("steps", f"At most {MOST_STEPS} steps.", f"最多 {MOST_STEPS} 步。")
        if isinstance(self.window, Counted | After):
            yield issue("window", "A window of time is wanted.", "须为时间窗。")
        for number, step in enumerate(self.steps):
            place = ("steps", str(number))
            if (step.orders is None) == (step.interactions is None):
                yield issue(place, "Give orders or interactions.", "请提供 orders 或 interactions（二选一）。")
            if number == 0 and (step.absent or step.within is not None):
                yield issue(place, "The first step follows nothing: it has no within and is not absent.",
                            "第一步之前没有步骤：不能设 within 或 absent。")  # fmt: skip
            if step.absent and step.within is None:
                yield issue((*place, "within"), "How long there is none is required.", "须说明在多长时间内未发生。")
