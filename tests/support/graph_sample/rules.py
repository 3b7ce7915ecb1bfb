"""The sample's rules and refusals: values, their SQL, their stored form, and what is kept of them in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Numeric, and_, cast, func, literal, select, true
from sqlalchemy.sql.expression import Select

from tests.support.graph_sample.tables import Customer, Order


class ProblemCode(Enum):
    """What went wrong."""

    NAME_TAKEN = "NAME_TAKEN"
    UNKNOWN_REGION = "UNKNOWN_REGION"
    INVALID = "INVALID"


@dataclass(frozen=True)
class Words:
    """A text in two languages."""

    en: str
    zh: str

    def of(self, locale: str) -> str:
        """The text in a language."""
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An expected failure."""

    code: ClassVar[ProblemCode]
    text: ClassVar[Words]
    path: tuple[str, ...] = field(default=(), metadata={"doc": "Where in the input."})

    def message(self, locale: str = "en") -> str:
        """For people."""
        return self.text.of(locale).format(**{name: getattr(self, name, None) for name in ("name", "path")})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTaken(Problem):
    """Another segment has this name."""

    code: ClassVar = ProblemCode.NAME_TAKEN
    text: ClassVar = Words("{name!r} is taken.", "“{name}”已被使用。")
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid(Problem):
    """Nothing is said of these."""

    code: ClassVar = ProblemCode.INVALID
    text: ClassVar = Words("What of them?", "要改什么？")
    orders: tuple[UUID, ...] = field(metadata={"doc": "Which.", "ids": "Order"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing wrong."""

    path: tuple[str, ...]
    code: ProblemCode
    text: Words

    def message(self, locale: str = "en") -> str:
        """For people."""
        return self.text.of(locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid(Problem):
    """The rule cannot be used."""

    code: ClassVar = ProblemCode.INVALID
    text: ClassVar = Words("The rule is not valid.", "规则无效。")
    issues: tuple[Issue, ...] = ()


class Refused(Exception):
    """Carries a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message())
        self.problem = problem


class Window(Enum):
    """How far back to look."""

    ALL = None
    LAST_30_DAYS = 30
    LAST_YEAR = 365


@dataclass(frozen=True, slots=True)
class All:
    """Every one holds."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class InCountry:
    """Lives in one of them."""

    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InRegion:
    """Lives in a country of the region."""

    name: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Bought for so much in the window."""

    at_least: Decimal
    window: Window = Window.ALL


Rule = All | Not | InCountry | InRegion | Spent


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process remembers of a tenant's dictionary."""

    version: int
    regions: Mapping[str, tuple[str, ...]]
    rules: Mapping[UUID, Rule]


def condition(rule: Rule, spent: Any, terms: Mapping[str, tuple[str, ...]]) -> ColumnElement[bool]:
    """The rule as a condition on Customer and on ``spent``, its sums by window."""
    match rule:
        case All(rules):
            return and_(true(), *(condition(r, spent, terms) for r in rules))
        case Not(inner):
            return condition(inner, spent, terms).is_distinct_from(true())
        case InCountry(countries):
            return Customer.country.in_(countries)
        case InRegion(name):
            return Customer.country.in_(region(name, terms))
        case Spent(at_least, window):
            return func.coalesce(spent[window.name], 0) >= literal(at_least, Numeric)
    raise TypeError(rule)


def region(name: str, terms: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The region's countries, or a refusal."""
    if name not in terms:
        issue = Issue(
            path=("rule", "region"),
            code=ProblemCode.UNKNOWN_REGION,
            text=Words(f"No region {name!r}.", f"没有地区“{name}”。"),
        )
        raise Refused(Invalid(path=("rule",), issues=(issue,)))
    return terms[name]


def since(window: Window, now: Any) -> ColumnElement[datetime]:
    """The window's start."""
    return cast(now, DateTime(timezone=True)) - timedelta(days=window.value or 36500)


def matching(rule: Rule, now: Any, terms: Mapping[str, tuple[str, ...]]) -> Select[Any]:
    """SELECT Customer FROM customer LEFT JOIN LATERAL its sums: the form of the product's rules."""
    sums = [func.sum(Order.total).filter(Order.placed_at > since(window, now)).label(window.name) for window in Window]
    inner = select(*sums).where(Order.customer_id == Customer.id).correlate_except(Order).lateral("spent")
    joined = Customer.__table__.join(inner, true(), isouter=True)
    return select(Customer).select_from(joined).where(condition(rule, inner.c, terms))


def from_json(tree: dict[str, Any]) -> Rule:
    """The rule of a stored or given tree."""
    ((key, body),) = tree.items()
    match key:
        case "all":
            return All(tuple(map(from_json, body)))
        case "not" | "not_":
            return Not(from_json(body))
        case "country":
            return InCountry(tuple(body))
        case "region":
            return InRegion(body)
        case "spent":
            return Spent(Decimal(body["atLeast"]), Window[body.get("window", "ALL")])
    raise ValueError(key)


def to_json(rule: Rule) -> dict[str, Any]:
    """The stored tree of a rule."""
    match rule:
        case All(rules):
            return {"all": [to_json(r) for r in rules]}
        case Not(inner):
            return {"not": to_json(inner)}
        case InCountry(countries):
            return {"country": list(countries)}
        case InRegion(name):
            return {"region": name}
        case Spent(at_least, window):
            return {"spent": {"atLeast": str(at_least), "window": window.name}}
    raise TypeError(rule)
