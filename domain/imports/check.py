"""From a record's raw fields to what is staged: each value checked, each kind's own rules applied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from domain.customers.fields import unknown_attribute
from domain.imports.kinds import BUILD, check_of, field_checks
from domain.imports.records import ATTRIBUTES
from domain.imports.subjects import ImportKind
from domain.imports.terms import BadRecord, Fault, Staged, Terms
from domain.refusal import ProblemCode
from domain.values import BadValue, shown, text_of

MOST_REMEMBERED = 10_000  # by field
_UNSEEN = object()


class Checker:
    """Checks records of one kind under one tenant's terms.

    Files repeat themselves, so what a text became is remembered by field.
    """

    def __init__(self, kind: ImportKind, terms: Terms) -> None:
        self._kind = kind
        self._build = BUILD[kind](terms)
        self._checks = field_checks(kind, terms)
        self._remembered: dict[str, dict[str, Any]] = defaultdict(dict)

    def check(self, record: Mapping[str, Any]) -> Staged:
        """What to stage.  Raises ``BadRecord`` with every fault of the record."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, raw in record.items():
            value = self._remembered[name].get(raw, _UNSEEN) if type(raw) is str else _UNSEEN
            if value is not _UNSEEN:
                values[name] = value
                continue
            try:
                values[name] = None if raw is None else self._value(name, raw)
            except BadValue as problem:
                faults.append(Fault(name, problem))
        if not faults:
            try:
                return self._build.staged(values)
            except BadRecord as bad:
                faults = bad.faults
        raise BadRecord(faults, *self._build.place(values))

    def place(self, record: Mapping[str, Any]) -> tuple[str, str | None]:
        """Subject and key of a record that is not to be loaded, as far as they can be read."""
        values = {}
        for name in self._build.naming:
            try:
                raw = record.get(name)
                values[name] = None if raw is None else self._value(name, raw)
            except BadValue:
                continue
        return self._build.place(values)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Raises ``BadRecord`` naming each field the kind does not have."""
        unknown = [name for name in names if check_of(self._kind, self._checks, name) is None]
        if unknown:
            raise BadRecord([Fault(name, unknown_field(name)) for name in unknown])

    def _value(self, name: str, raw: Any) -> Any:
        if type(raw) is not str:
            return self._checked(name, raw)
        remembered = self._remembered[name]
        value = remembered.get(raw, _UNSEEN)
        if value is _UNSEEN:
            stripped = raw.strip()
            value = self._checked(name, text_of(stripped)) if stripped else None
            if len(remembered) >= MOST_REMEMBERED:
                remembered.clear()
            remembered[raw] = value
        return value

    def _checked(self, name: str, raw: Any) -> Any:
        check = check_of(self._kind, self._checks, name)
        if check is None:
            raise unknown_field(name)
        return check(raw)


def unknown_field(name: str) -> BadValue:
    """There is no field of that name."""
    if name.startswith(ATTRIBUTES):
        return unknown_attribute(name.removeprefix(ATTRIBUTES))
    return BadValue(ProblemCode.NOT_AN_OPTION, f"There is no field {shown(name)}.", f"没有字段 {shown(name)}。")
