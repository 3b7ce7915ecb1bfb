"""A condition as an editor shows it: what is tested, how, and against what.  Read off its JSON."""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.rules.codec import encode
from domain.rules.tree import Connective, Never, Rule

_NAMES = ("key", "metric", "by", "field")
_TESTS = ("text", "number", "date", "time", "boolean", "set")
_INNER = ("test", "change", "share")
_LISTED = 20  # values that are shown


class Shown(NamedTuple):
    """Field, aggregate, operator and values; null where it has none."""

    field: str | None = None
    aggregate: str | None = None
    operator: str | None = None
    values: tuple[str, ...] = ()


def shown(rule: Rule) -> Shown:
    """The condition so; nothing of a connective."""
    if isinstance(rule, Connective | Never):
        return Shown()
    ((keyword, body),) = encode(rule).items()
    field = next((str(body[name]) for name in _NAMES if name in body), None)
    if "having" in body:
        return _of_aggregate(body["having"])
    if keyword == "segment":
        return Shown(None, None, "eq" if body.get("is", "MEMBER") == "MEMBER" else "ne", (body.get("id", ""),))
    test = body.get("test")
    if not isinstance(test, dict):
        return Shown(field)
    if len(test) == 1 and next(iter(test)) in _TESTS:
        (test,) = test.values()
    return Shown(field, None, *_tested(test))


def _of_aggregate(having: dict[str, Any]) -> Shown:
    ((aggregate, asked),) = having.items()
    if not isinstance(asked, dict):
        return Shown(None, aggregate, "eq", (_written(asked),))
    test = next((asked[name] for name in _INNER if name in asked), asked)
    function = asked.get("fn")
    return Shown(asked.get("field"), f"{aggregate} {function}" if function else aggregate, *_tested(test))


def _tested(test: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """The operators of a test, joined by ``&``, and their values in order."""
    values = [_written(each) for asked in test.values() for each in (asked if isinstance(asked, list) else [asked])]
    return " & ".join(test) or None, tuple(values[:_LISTED])


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return " ".join(f"{name} {_written(inner)}" for name, inner in value.items())
    return str(value)
