"""Rules as JSON, in the shape of the GraphQL input: read with the place of every mistake, written without defaults.

``decode(encode(rule)) == rule``.  What a dataclass of the language may hold is read off its annotations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from domain.rules.check import DEEPEST, MOST_NODES, check, too_deep, too_many
from domain.rules.issues import Path, issue, printable, refused, unknown
from domain.rules.protocol import Condition
from domain.rules.scalars import SCALARS, read_enum
from domain.rules.shape import Column, IdOf, Member, camel, is_one_of, item_of, members, snake
from domain.rules.terms import Terms
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule
from domain.rules.window import (
    PLACES,
    After,
    Ago,
    AllTime,
    Between,
    Current,
    FirstN,
    Last,
    LastN,
    Period,
    Previous,
    Window,
)
from domain.time import Duration

Vocabulary = Sequence[type[Any]]
T = TypeVar("T")
Inner = Callable[[Any, Path], Rule]  # reads a rule inside a condition
_LISTS: dict[str, type[Any]] = {"all": All, "any": AnyOf, "none": NoneOf}


def decode(given: Any, *, terms: Terms, vocabulary: Vocabulary) -> Rule:
    """The checked rule.  Refuses with ``RuleInvalid``."""
    return check(read(given, vocabulary), terms)


def read(given: Any, vocabulary: Vocabulary) -> Rule:
    """The rule as written, not yet checked against the tenant's terms.  Refuses with ``RuleInvalid``."""
    return _Reading(vocabulary).rule(given, (), 1)


def read_as(of: type[T], given: Any, path: Path = ()) -> T:
    """A dataclass of the language that is no rule.  Refuses with ``RuleInvalid``."""
    made: T = _object(of, given, path)
    return made


def encode(rule: Rule) -> dict[str, Any]:
    """The rule as JSON."""
    match rule:
        case All(of):
            return {"all": [encode(part) for part in of]}
        case AnyOf(of):
            return {"any": [encode(part) for part in of]}
        case NoneOf(of):
            return {"none": [encode(part) for part in of]}
        case Not(inner):
            return {"not": encode(inner)}
        case AtLeast(k, of):
            return {"atLeast": {"k": k, "of": [encode(part) for part in of]}}
        case Never():
            raise ValueError("such a rule is not written")
        case _:
            return {rule.keyword: written(rule)}


def written(value: Any) -> dict[str, Any]:
    return {
        member.json: _plain(given, member)
        for member in members(type(value))
        if (given := getattr(value, member.name)) is not None and given != member.default
    }


def _plain(value: Any, member: Member) -> Any:
    """One value as JSON."""
    match value:
        case AllTime():
            return {"allTime": True}
        case Last(duration):
            return {"last": str(duration)}
        case Between(start, end):
            write = SCALARS[type(start)].write
            return {"between": {"from": write(start), "to": write(end)}}
        case Ago(start, end):
            return {"ago": {"from": str(start), "to": str(end)}}
        case Current(period) | Previous(period):
            return {PLACES[type(value)][0][0]: written(period)}
        case LastN(n) | FirstN(n):
            return {PLACES[type(value)][0][0]: n}
        case After():
            return {"after": written(value)}
        case _ if member.hint == Rule:
            return encode(value)
        case tuple():
            return [_plain(each, member) for each in value]
        case Enum():
            return value.name
        case UUID():
            return f"{member.of.prefix}_{value.hex}" if isinstance(member.of, IdOf) else str(value)
        case str() if member.of is Column:
            return camel(value)
    return SCALARS[type(value)].write(value) if type(value) in SCALARS else written(value)


class _Reading:
    """One rule being read: how many nodes there were."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.conditions = {of.keyword: of for of in vocabulary}
        self.nodes = 0

    def rule(self, given: Any, path: Path, depth: int) -> Rule:
        """The rule at a place."""
        self.nodes += 1
        if depth > DEEPEST:
            raise refused(too_deep(path))
        if self.nodes > MOST_NODES:
            raise refused(too_many(path))
        keyword, body = _only(given, path)
        below = (*path, printable(keyword))
        if keyword in _LISTS:
            made: Rule = _LISTS[keyword](self.rules(body, below, depth))
        elif keyword == "not":
            made = Not(self.rule(body, below, depth + 1))
        elif keyword == "atLeast":
            body = _members(body, below, ("k", "of"))
            k = _scalar(int, _given(body, "k", below), (*below, "k"))
            made = AtLeast(k, self.rules(_given(body, "of", below), (*below, "of"), depth))
        elif keyword in self.conditions:
            made = self.condition(self.conditions[keyword], body, below, depth)
        else:
            raise refused(unknown(below, keyword, (*_LISTS, "not", "atLeast", *self.conditions)))
        return made

    def rules(self, given: Any, path: Path, depth: int) -> tuple[Rule, ...]:
        """A list of rules."""
        if not isinstance(given, list):
            raise refused(issue(path, "A list of rules is wanted.", "此处须为规则列表。"))
        return tuple(self.rule(each, (*path, str(n)), depth + 1) for n, each in enumerate(given))

    def condition(self, of: type[Condition], given: Any, path: Path, depth: int) -> Condition:
        """A leaf."""
        made: Condition = _object(of, given, path, lambda inner, place: self.rule(inner, place, depth + 1))
        return made


def _object(of: type[Any], given: Any, path: Path, rule: Inner | None = None) -> Any:
    known = {member.json: member for member in members(of)}
    body = _only_member(given, path) if is_one_of(of) else given
    values = {
        known[name].name: _value(known[name].hint, known[name], each, (*path, name), rule)
        for name, each in _members(body, path, tuple(known)).items()
        if each is not None
    }
    for member in known.values():
        if member.name not in values and member.default is MISSING:
            raise refused(_missing((*path, member.json)))
    return of(**values)


def _value(hint: Any, member: Member, given: Any, path: Path, rule: Inner | None) -> Any:
    item = item_of(hint)
    if item is not None:
        if not isinstance(given, list):
            raise refused(issue(path, "A list is wanted.", "此处须为列表。"))
        return tuple(_value(item, member, each, (*path, str(n)), rule) for n, each in enumerate(given))
    if hint == Rule and rule is not None:
        return rule(given, path)
    if hint == Window:
        return _window(given, path)
    if hint is UUID:
        return _id(member, given, path)
    if hint in SCALARS or issubclass(hint, Enum):
        made = _scalar(hint, given, path)
        return snake(made) if member.of is Column else made
    return _object(hint, given, path, rule)


def _window(given: Any, path: Path) -> Window:
    name, body = _only(given, path)
    below = (*path, printable(name))
    match name:
        case "allTime" if body is True:
            return AllTime()
        case "last":
            return Last(_scalar(Duration, body, below))
        case "between":
            return Between(*(_scalar(datetime, body_, place) for body_, place in _ends(body, below)))
        case "ago":
            return Ago(*(_scalar(Duration, body_, place) for body_, place in _ends(body, below)))
        case "current" | "previous":
            period = _object(Period, body, below)
            return Current(period) if name == "current" else Previous(period)
        case "lastN" | "firstN":
            n = _scalar(int, body, below)
            return LastN(n) if name == "lastN" else FirstN(n)
        case "after":
            after: After = _object(After, body, below)
            return after
    raise refused(unknown(below, name, ("allTime", *(places[0][0] for places in PLACES.values() if places))))


def _ends(given: Any, path: Path) -> list[tuple[Any, Path]]:
    body = _members(given, path, ("from", "to"))
    return [(_given(body, name, path), (*path, name)) for name in ("from", "to")]


def _id(member: Member, given: Any, path: Path) -> UUID:
    prefix = member.of.prefix if isinstance(member.of, IdOf) else ""
    try:
        return UUID(SCALARS[str].read(given).removeprefix(f"{prefix}_"))
    except ValueError:
        raise refused(issue(path, "This is not an id.", "这不是有效的 id。")) from None


def _scalar(hint: Any, given: Any, path: Path) -> Any:
    if hint in SCALARS:
        found, (en, zh) = SCALARS[hint].read, SCALARS[hint].says
    else:
        names = ", ".join(hint.__members__)
        found, en, zh = read_enum(hint), f"one of {names}", f"以下之一：{names}"
    try:
        return found(given)
    except ValueError:
        raise refused(issue(path, f"Here {en} is wanted.", f"此处须为{zh}。")) from None


def _members(given: Any, path: Path, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise refused(issue(path, "An object is wanted.", "此处须为对象。"))
    for name in given:
        if name not in known:
            raise refused(unknown((*path, printable(name)), str(name), known))
    return given


def _only_member(given: Any, path: Path) -> dict[str, Any]:
    name, body = _only(given, path)
    return {name: body}


def _only(given: Any, path: Path) -> tuple[str, Any]:
    """The one member of an object."""
    if not isinstance(given, dict) or len(given) != 1:
        raise refused(issue(path, "An object with exactly one member is wanted.", "此处须为恰有一个成员的对象。"))
    ((name, body),) = given.items()
    if body is None:
        raise refused(_missing((*path, printable(name))))
    return str(name), body


def _given(body: dict[str, Any], name: str, path: Path) -> Any:
    if body.get(name) is None:
        raise refused(_missing((*path, name)))
    return body[name]


def _missing(path: Path) -> Any:
    return issue(path, "This is required.", "此项必填。")
