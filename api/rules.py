"""Rules as GraphQL inputs, read off the conditions: adding one to the vocabulary adds it here.

The outermost rule of an argument is checked against the tenant's terms; rules inside it are only read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, get_type_hints

from api.graph.field import NO_DEFAULT, Argument, bare, said_of
from api.graph.view import Views
from api.scopes import Scope
from domain.refusal import Refused
from domain.rules.aggregate import FieldTest
from domain.rules.check import check
from domain.rules.issues import issue, refused
from domain.rules.personal import forbid_personal
from domain.rules.shape import Column, IdOf, Member, is_one_of, item_of, members, snake
from domain.rules.terms import Terms
from domain.rules.text.parser import parse
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not, Rule
from domain.rules.window import ALL_TIME, After, Ago, Between, Current, FirstN, Last, LastN, Period, Previous, Window
from domain.time import Duration
from domain.vocabulary import CONDITIONS

NAMES: Mapping[type, str] = {FieldTest: "DistinctTest"}
_WINDOWS: Mapping[str, Callable[[Any], Window]] = {
    "last": Last,
    "current": Current,
    "previous": Previous,
    "last_n": LastN,
    "first_n": FirstN,
}
_LISTS: Mapping[str, type[Any]] = {"all": All, "any": AnyOf, "none": NoneOf}


class Part:
    """Stands for a rule inside another."""


def declare_rules(view: Views) -> None:
    """Declare RuleInput, WindowInput and all that they are made of."""
    _declare_windows(view)
    for condition in CONDITIONS:
        stem = condition.keyword.removesuffix("s").capitalize()
        declare(view, condition, f"{stem}ConditionInput")
    fields = {
        "all": Argument(list[Part] | None, None, "Every one holds."),
        "any": Argument(list[Part] | None, None, "At least one holds."),
        "none": Argument(list[Part] | None, None, "Not one of them holds."),
        "not_": Argument(Part | None, None, "It does not hold."),
        "at_least": Argument(AtLeast | None, None, "So many of them hold."),
        "text": Argument(str | None, None, "The same as text, in English, Chinese or both."),
        **{of.keyword: Argument(of | None, None, of.__doc__) for of in CONDITIONS},
    }
    view.input(
        AtLeast,
        convert=lambda given, env: AtLeast(given["k"], tuple(given["of"])),
        fields={"k": Argument(int, doc="How many."), "of": Argument(list[Part], doc="Of these.")},
    )
    doc = "A rule about customers: exactly one member.  At most 200 of them inside one another, 16 levels deep."
    view.input(Part, "RuleInput", convert=_read(view), fields=fields, one_of=True, doc=doc)
    view.input(Rule, "RuleInput", convert=_checked(view), fields=fields, one_of=True, doc=doc)


def _checked(view: Views) -> Callable[[Any, Any], Rule]:
    def convert(given: Any, env: Any) -> Rule:
        terms = view.inject["terms"].read(env.stored)
        rule = check(_rule(given, terms), terms)
        if Scope.PII_READ not in env.scopes:
            forbid_personal(rule, terms)
        return rule

    return convert


def _read(view: Views) -> Callable[[Any, Any], Rule]:
    """A rule inside another.  Only a text needs the terms: reading them makes the plan depend on their version."""

    def convert(given: Any, env: Any) -> Rule:
        return _rule(given, view.inject["terms"].read(env.stored) if "text" in given else None)

    return convert


def _rule(given: Mapping[str, Any], terms: Any) -> Rule:
    ((name, value),) = given.items()
    if name == "text":
        return _parsed(value, terms)
    if name in _LISTS:
        made: Rule = _LISTS[name](tuple(value))
        return made
    return Not(value) if name == "not_" else value


def _parsed(text: str, terms: Terms) -> Rule:
    """The rule of a text; the place of what is wrong with it is the text's."""
    try:
        return parse(text, terms)
    except Refused as error:
        problem: Any = error.problem
        raise refused(*(replace(found, path=("text",)) for found in problem.issues)) from None


def _declare_windows(view: Views) -> None:
    view.input(
        Between,
        "InstantRange",
        convert=lambda given, env: Between(given["from_"], given["to"]),
        fields={"from_": Argument(datetime, doc="From this instant on."), "to": Argument(datetime, doc="Before it.")},
    )
    view.input(
        Ago,
        convert=lambda given, env: Ago(given["from_"], given["to"]),
        fields={
            "from_": Argument(Duration, doc="Begins so long ago, not included."),
            "to": Argument(Duration, doc="Ends so long ago, included."),
        },
    )
    declare(view, Period, "PeriodInput")
    declare(view, After, "AnchorInput")
    view.input(
        Window,
        "WindowInput",
        convert=lambda given, env: _window(given),
        one_of=True,
        doc="Which events count, by when they happened.  Nothing after now does.",
        fields={
            "all_time": Argument(bool | None, None, "Everything: true."),
            "last": Argument(Duration | None, None, "The time up to now: P30D is 30 times 24 hours."),
            "between": Argument(Between | None, None, "Between two instants."),
            "ago": Argument(Ago | None, None, "A slice of the past."),
            "current": Argument(Period | None, None, "The calendar period that now lies in, or one counted from it."),
            "previous": Argument(Period | None, None, "The calendar period before, or one counted from it."),
            "last_n": Argument(int | None, None, "The latest so many of the events that match."),
            "first_n": Argument(int | None, None, "The earliest so many of the events that match."),
            "after": Argument(After | None, None, "After a date of the customer's own."),
        },
    )


def _window(given: Mapping[str, Any]) -> Window:
    ((name, value),) = given.items()
    match name:
        case "last" | "current" | "previous" | "last_n" | "first_n":
            return _WINDOWS[name](value)
        case "all_time" if not value:
            raise refused(issue(("window", "allTime"), "allTime can only be true.", "allTime 只能为 true。"))
        case "all_time":
            return ALL_TIME
    window: Window = value
    return window


def declare(view: Views, of: type[Any], name: str) -> None:
    """Declare an input of a dataclass of the language, and those it holds."""
    if of in view.inputs:
        return
    hints = get_type_hints(of, include_extras=True)
    view.input(
        of,
        name,
        convert=_made(of),
        fields={member.name: _argument(member, hints[member.name]) for member in members(of)},
        one_of=is_one_of(of),
        ids={member.name: member.of.type for member in members(of) if isinstance(member.of, IdOf)},
    )
    for member in members(of):
        inner = item_of(member.hint) or member.hint
        if isinstance(inner, type) and is_dataclass(inner) and inner not in view.scalars:
            declare(view, inner, _name_of(inner))


def _argument(member: Member, hint: Any) -> Argument:
    """What the language leaves to a default value may be left out."""
    default: Any = NO_DEFAULT if member.default is MISSING else None
    plain: Any = Part | None if member.hint == Rule else bare(hint)
    if isinstance(member.default, Enum):
        default = member.default
    elif default is None and member.default is not None:
        plain = plain | None
    return Argument(plain, default, said_of(hint))


def _made(of: type[Any]) -> Callable[[Any, Any], Any]:
    columns = frozenset(member.name for member in members(of) if member.of is Column)

    def convert(given: Mapping[str, Any], env: Any) -> Any:
        del env
        values = {
            name: snake(value) if name in columns else tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        return of(**values)

    return convert


def _name_of(of: type) -> str:
    return NAMES.get(of) or (of.__name__ if of.__name__.endswith("Test") else f"{of.__name__}Input")
