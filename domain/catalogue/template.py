"""A template of a segment: a rule with places for values, and what it says of itself in both languages.

    SegmentTemplate(
        "dormant_once", Words("Ordered once, silent for {days} days", "仅购一次，沉默 {days} 天"), Words("…", "…"),
        source="003", passage="休眠客户",
        rule="orders.count = 1 and orders.recency >= $days days",
        parameters=(days("days", "days without an order", "未下单天数", 180),),
    )

A rule may name the segment of another template as ``in segment $its_key``: ``needs`` says with which of its own
parameters that one is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.catalogue.parameter import Parameter, shown
from domain.rules.text.filled import Value
from domain.words import Words

Values = Mapping[str, Value]


@dataclass(frozen=True)
class SegmentTemplate:
    """A segment to install.  ``derived``: values that its rule takes from those chosen."""

    key: str
    name: Words
    doc: Words
    source: str
    passage: str
    rule: str
    parameters: tuple[Parameter, ...] = ()
    derived: Mapping[str, Callable[[Mapping[str, Any]], Value]] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """The values of parameters that have a default."""
        return {each.key: each.default for each in self.parameters if each.default is not None}

    def named(self, values: Values) -> Words:
        """Its name with these values."""
        return _with(self.name, values)

    def described(self, values: Values) -> Words:
        """What it is for, with these values."""
        return _with(self.doc, values)

    def filling(self, values: Values, segments: Mapping[str, str]) -> dict[str, Value]:
        """The values of all places of the rule: those chosen, what derives from them, and keys of segments."""
        return {**values, **{name: made(values) for name, made in self.derived.items()}, **segments}


def _with(words: Words, values: Values) -> Words:
    """The words with values in their places; "…" where there is none."""
    return Words(*(pattern.format_map(_Shown(values)) for pattern in words))


class _Shown(dict[str, str]):
    def __init__(self, values: Values) -> None:
        super().__init__({key: shown(value) for key, value in values.items()})

    def __missing__(self, key: str) -> str:
        return "…"
