"""What every rule must be, however it came: limits, values PostgreSQL can hold, and names the tenant knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from domain.refusal import ProblemCode
from domain.rules.issues import Path, RuleIssue, issue, refused
from domain.rules.moment import PeriodUnit
from domain.rules.references import reference_issues, resolved
from domain.rules.shape import is_one_of, members
from domain.rules.terms import Terms
from domain.rules.tests import DateTest
from domain.rules.tree import All, AnyOf, AtLeast, Connective, Never, NoneOf, Not, Rule, parts, population
from domain.rules.window import ALL_TIME, PLACES, After, Ago, Between, Counted, Current, Period, Previous, Window
from domain.time import Duration
from domain.values import WIDEST, BadValue, text_of

MOST_NODES, DEEPEST, MOST_VALUES, MOST_ISSUES = 200, 16, 10_000, 20
MOST_EVENTS, MOST_PERIODS = 1_000, 1_000
LONGEST_MONTHS = 1_000 * 12  # of a duration: PostgreSQL knows no instant before 4713 BC
_MONTH_S, _DAY_S = 2_629_746, 86_400


def check(rule: Rule, terms: Terms, own: UUID | None = None) -> Rule:
    """The rule, its segments named by id.  Refuses with ``RuleInvalid``, listing at most 20 issues.

    ``own`` is the segment that is to get this rule: what refers to it, directly or not, must not be referred to.
    """
    issues = _size_issues(rule) or list(_issues(rule, terms, ()))
    if not issues:
        rule = _settled(rule, terms)
        issues = list(reference_issues(rule, terms, own))
    if issues:
        raise refused(*issues[:MOST_ISSUES])
    return rule


def check_window(window: Window | None) -> Window:
    """A window of time that is asked of many customers at once; all time when null.  Refuses with ``RuleInvalid``."""
    if window is None:
        return ALL_TIME
    issues = list(value_issues(window, ("window",)))
    if isinstance(window, Counted | After):
        issues.append(issue("window", "A window of time is wanted.", "须为时间窗。"))
    if issues:
        raise refused(*issues)
    return window


def too_deep(path: Path) -> RuleIssue:
    """A rule below more connectives than allowed."""
    return issue(
        path, f"A rule is at most {DEEPEST} levels deep.", f"规则最多嵌套 {DEEPEST} 层。", ProblemCode.TOO_COMPLEX
    )


def too_many(path: Path) -> RuleIssue:
    """More connectives and conditions than allowed."""
    return issue(
        path,
        f"A rule has at most {MOST_NODES} nodes.",
        f"规则最多包含 {MOST_NODES} 个节点。",
        ProblemCode.TOO_COMPLEX,
    )


def _size_issues(rule: Rule) -> list[RuleIssue]:
    waiting: list[tuple[Path, Rule, int]] = [((), rule, 1)]
    nodes = 0
    while waiting:
        path, found, depth = waiting.pop()
        nodes += 1
        if depth > DEEPEST:
            return [too_deep(path)]
        if nodes > MOST_NODES:
            return [too_many(())]
        waiting += (((*path, *place), part, depth + 1) for place, part in parts(found))
    return []


def _issues(rule: Rule, terms: Terms, path: Path) -> Iterator[RuleIssue]:
    if isinstance(rule, Never):
        yield issue(path, "Such a rule cannot be written.", "不能写入此规则。")
    elif isinstance(rule, Connective):
        yield from (found.below(path) for found in _connective_issues(rule))
        for place, part in parts(rule):
            yield from _issues(part, terms, (*path, *place))
    else:
        below = (*path, rule.keyword)
        found = list(value_issues(rule)) or list(rule.issues(terms))
        yield from (each.below(below) for each in found)
        for place, part in parts(rule):
            yield from _issues(part, terms, (*path, *place))


def _connective_issues(rule: Connective) -> Iterator[RuleIssue]:
    if isinstance(rule, Not):
        return
    places: dict[type[Any], Path] = {All: ("all",), AnyOf: ("any",), NoneOf: ("none",), AtLeast: ("atLeast", "of")}
    if not rule.of:
        yield _empty(places[type(rule)])
    elif isinstance(rule, AtLeast) and not 1 <= rule.k <= len(rule.of):
        n = len(rule.of)
        yield issue(("atLeast", "k"), f"Of {n} rules at least 1 to {n} can hold.", f"k 须在 1 至 {n} 之间。")


def value_issues(value: Any, path: Path = ()) -> Iterator[RuleIssue]:
    """What is wrong with the values of a dataclass of the language, and below it."""
    if isinstance(value, Ago) and _nominal(value.start) <= _nominal(value.end):
        yield _reversed((*path, "ago"))
    if isinstance(value, Between) and _aware(value) and value.start >= value.end:
        yield _reversed((*path, "between"))
    yield from _calendar_issues(value, path)
    shown = members(type(value))
    values = [(member, getattr(value, member.name)) for member in shown if member.hint != Rule]
    given = [(member, found) for member, found in values if found is not None]
    asked = [member for member, found in given if found != member.default]
    if is_one_of(type(value)) and len(given) != 1:
        yield issue(path, "Exactly one member is wanted.", "须恰有一个成员。")
    elif not asked and shown and getattr(value, "asks", False):
        yield issue(path, "A test has at least one member.", "条件至少须有一个成员。")
    places = PLACES.get(type(value)) or tuple((member.json,) for member, _ in given)
    for (_, found), place in zip(given, places, strict=True):
        yield from _member_issues(found, (*path, *place))


def _calendar_issues(value: Any, path: Path) -> Iterator[RuleIssue]:
    """What is wrong with days, weekdays, periods and numbers of events."""
    if getattr(value, "whole_days", False):
        for member in members(type(value)):
            asked = getattr(value, member.name)
            if isinstance(asked, Duration) and asked.seconds % _DAY_S:
                yield issue(
                    (*path, member.json), "Days are counted: give a duration of whole days.", "此处按天计算，须为整天。"
                )
    if isinstance(value, DateTest) and not all(1 <= day <= 7 for day in value.weekday or ()):
        yield issue((*path, "weekday"), "Weekdays are 1 (Monday) to 7 (Sunday).", "星期取 1（周一）至 7（周日）。")
    if isinstance(value, Counted) and not 1 <= value.n <= MOST_EVENTS:
        place = PLACES[type(value)][0]
        yield issue((*path, *place), f"Between 1 and {MOST_EVENTS} events.", f"事件数须在 1 至 {MOST_EVENTS} 之间。")
    if isinstance(value, Current | Previous) and value.period.offset > 0:
        (name,) = PLACES[type(value)][0]
        yield issue((*path, name, "offset"), "What is to come has no events: at most 0.", "未来没有事件：至多为 0。")
    if isinstance(value, Period):
        if abs(value.offset) > MOST_PERIODS:
            yield issue((*path, "offset"), f"At most {MOST_PERIODS} periods.", f"最多 {MOST_PERIODS} 个周期。")
        if value.fiscal and value.unit not in (PeriodUnit.QUARTER, PeriodUnit.YEAR):
            yield issue((*path, "fiscal"), "Only quarters and years are fiscal.", "仅季度与年可按财年计。")


def _member_issues(value: Any, path: Path) -> Iterator[RuleIssue]:
    if isinstance(value, tuple):
        if not value:
            yield _empty(path)
        elif len(value) > MOST_VALUES:
            yield issue(path, f"At most {MOST_VALUES} values.", f"最多 {MOST_VALUES} 个值。", ProblemCode.TOO_COMPLEX)
        for n, each in enumerate(value[:MOST_VALUES]):
            yield from _member_issues(each, (*path, str(n)))
    elif isinstance(value, Duration):
        if not (value.months >= 0 <= value.seconds and 0 < _nominal(value) <= LONGEST_MONTHS * _MONTH_S):
            yield issue(
                path, "A duration is longer than nothing and at most 1000 years.", "时长须大于零且不超过 1000 年。"
            )
    elif is_dataclass(value):
        yield from value_issues(value, path)
    elif (problem := _scalar_problem(value)) is not None:
        yield issue(path, *problem)


def _scalar_problem(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str):
        try:
            text_of(value)
        except BadValue as bad:
            return bad.text
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value) < WIDEST):
        return f"A number lies between -{WIDEST} and {WIDEST}.", f"数值须在 -{WIDEST} 与 {WIDEST} 之间。"
    if isinstance(value, datetime) and value.tzinfo is None:
        return "An instant needs an offset.", "时刻须带时区偏移。"
    return None


def _settled(rule: Rule, terms: Terms) -> Rule:
    """The rule with its references by id."""
    match rule:
        case All(of) | AnyOf(of) | NoneOf(of) | AtLeast(_, of):
            return replace(rule, of=tuple(_settled(part, terms) for part in of))
        case Not(inner):
            return Not(_settled(inner, terms))
    among = population(rule)
    if among is None:
        return resolved(rule, terms)
    settled: Rule = replace(cast(Any, rule), population=_settled(among, terms))
    return settled


def _nominal(duration: Duration) -> int:
    return duration.months * _MONTH_S + duration.seconds


def _aware(window: Between) -> bool:
    return None not in (window.start.tzinfo, window.end.tzinfo)


def _reversed(path: Path) -> RuleIssue:
    return issue(path, "A window begins before it ends.", "时间窗的起点须早于终点。")


def _empty(path: Path) -> RuleIssue:
    return issue(path, "An empty list says nothing; leave it out.", "列表不可为空；请省略此项。")
