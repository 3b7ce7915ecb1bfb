"""What can be chosen of a template, and whether a choice can be used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from domain.refusal import FieldIssue, Invalid, ProblemCode, Refused
from domain.rules.issues import printable
from domain.rules.text.filled import Value
from domain.values import BadValue, text_of
from domain.words import Words

LONGEST, MOST = 80, 20  # characters of a text, texts in a list
_LARGEST = Decimal(10) ** 12


class ParameterType(StrEnum):
    """What a value of a parameter is."""

    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    TEXTS = "TEXTS"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One choice.  ``from_source``: the articles give its default; otherwise the number is ours."""

    key: str
    label: Words
    type: ParameterType
    default: Value | None = None
    least: Decimal = Decimal(1)
    most: Decimal = _LARGEST
    unit: str = ""
    from_source: bool = False

    def read(self, given: Any) -> Value:
        """The value of what came.  ``BadValue`` when it cannot be used."""
        return _texts(given) if self.type is ParameterType.TEXTS else self._number(given)

    def _number(self, given: Any) -> Value:
        whole = self.type is ParameterType.INTEGER
        number = _decimal(given)
        if number is None or (whole and number != number.to_integral_value()):
            kind = Words("a whole number", "整数") if whole else Words("a number", "数值")
            raise BadValue(ProblemCode.NOT_A_NUMBER, f"Here {kind.en} is wanted.", f"此处须为{kind.zh}。")
        if not self.least <= number <= self.most:
            low, high = f"{self.least:,f}", f"{self.most:,f}"
            raise BadValue(ProblemCode.OUT_OF_RANGE, f"{low} to {high}.", f"须在 {low} 至 {high} 之间。")
        return int(number) if whole else Decimal(f"{number.normalize():f}")


def whole(key: str, en: str, zh: str, default: int, least: int = 1, most: int = 10_000, **more: Any) -> Parameter:
    """A whole number."""
    return Parameter(key, Words(en, zh), ParameterType.INTEGER, default, Decimal(least), Decimal(most), **more)


def days(key: str, en: str, zh: str, default: int, **more: Any) -> Parameter:
    """So many days, at most twenty years."""
    return whole(key, en, zh, default, most=7_300, unit="days", **more)


def amount(key: str, en: str, zh: str, default: str, **more: Any) -> Parameter:
    """Money in the base currency."""
    return Parameter(key, Words(en, zh), ParameterType.DECIMAL, Decimal(default), Decimal(0), unit="money", **more)


def percent(key: str, en: str, zh: str, default: str, **more: Any) -> Parameter:
    """More than nothing, at most all."""
    least, most = Decimal("0.01"), Decimal(100)
    return Parameter(key, Words(en, zh), ParameterType.DECIMAL, Decimal(default), least, most, unit="%", **more)


def texts(key: str, en: str, zh: str) -> Parameter:
    """One or more texts, which must be given."""
    return Parameter(key, Words(en, zh), ParameterType.TEXTS)


def chosen(parameters: tuple[Parameter, ...], given: Any) -> dict[str, Value]:
    """All values by key, defaults too.  Refuses with ``Invalid``, which places each thing that is wrong."""
    if given is not None and not isinstance(given, Mapping):
        raise _invalid([_issue((), ProblemCode.VALIDATION, "An object is wanted.", "此处须为对象。")])
    known = {each.key: each for each in parameters}
    values: dict[str, Value] = {}
    issues = list(_unknown(given or {}, known))
    for key, parameter in known.items():
        came = (given or {}).get(key)
        try:
            if came is not None:
                values[key] = parameter.read(came)
            elif parameter.default is not None:
                values[key] = parameter.default
            else:
                issues.append(_issue((key,), ProblemCode.REQUIRED, "This is required.", "此项必填。"))
        except BadValue as bad:
            issues.append(_issue((key,), bad.code, *bad.text))
    if issues:
        raise _invalid(issues)
    return values


def plain(values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as JSON, equal ones alike: what an installation is known by."""
    return {key: _plain(value) for key, value in values.items()}


def shown(value: Value) -> str:
    """A value as names and sentences have it."""
    return ", ".join(value) if isinstance(value, tuple) else f"{value:,f}" if isinstance(value, Decimal) else str(value)


def _plain(value: Value) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return list(value) if isinstance(value, tuple) else value


def _decimal(given: Any) -> Decimal | None:
    """A number as JSON or a text has it."""
    if isinstance(given, bool) or not isinstance(given, int | float | str) or len(str(given)[:50]) > 40:
        return None
    if isinstance(given, float) and not math.isfinite(given):
        return None
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _texts(given: Any) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= MOST:
        raise BadValue(ProblemCode.BAD_TEXT, f"Give 1 to {MOST} texts.", f"请提供 1 至 {MOST} 个文本。")
    for each in listed:
        if not isinstance(each, str) or not each.strip():
            raise BadValue(ProblemCode.BAD_TEXT, "A text is wanted.", "此处须为文本。")
        if len(text_of(each)) > LONGEST:
            raise BadValue(ProblemCode.TOO_LONG, f"At most {LONGEST} characters.", f"最多 {LONGEST} 个字符。")
    return tuple(dict.fromkeys(listed))


def _unknown(given: Mapping[str, Any], known: Mapping[str, Parameter]) -> Iterator[FieldIssue]:
    for key in given:
        if key not in known:
            near = get_close_matches(key[:80], known, 1)
            hint = Words(f" Did you mean {near[0]!r}?", f"是否指“{near[0]}”？") if near else Words("", "")
            name = printable(key)
            en, zh = f"There is no parameter {name!r}.{hint.en}", f"不存在参数“{name}”。{hint.zh}"
            yield _issue((name,), ProblemCode.UNKNOWN_FIELD, en, zh)


def _issue(path: tuple[str, ...], code: ProblemCode, en: str, zh: str) -> FieldIssue:
    return FieldIssue(path=("params", *path), code=code, text=Words(en, zh))


def _invalid(issues: list[FieldIssue]) -> Refused:
    return Refused(Invalid(path=issues[0].path, fields=tuple(issues)))
