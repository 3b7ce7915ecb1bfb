"""The keywords of rule texts in English and Chinese: connectives, units, and the words of all phrases in one table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from domain.rules.text.parts import parts, phrases, reached
from domain.rules.text.phrase import opening, words_said
from domain.words import Words

English = tuple[str, ...]
AND, OR, NOT = Words("and", "且"), Words("or", "或"), Words("not", "非")
ALL, ANY, NONE = Words("all of", "全部满足"), Words("any of", "任一满足"), Words("none of", "均不满足")
AT_LEAST, OF = Words("at least", "至少满足"), Words("of", "项于")
TRUE, FALSE = Words("true", "是"), Words("false", "否")
_ALSO = (Words("and", "并且"), Words("or", "或者"), Words("not", "不是"))


class Unit(NamedTuple):
    """A part of a duration: its words, and what one of it is."""

    one: str
    many: str
    zh: str
    months: int
    seconds: int


UNITS = (
    Unit("year", "years", "年", 12, 0),
    Unit("month", "months", "个月", 1, 0),
    Unit("week", "weeks", "周", 0, 604_800),
    Unit("day", "days", "天", 0, 86_400),
    Unit("hour", "hours", "小时", 0, 3600),
    Unit("minute", "minutes", "分钟", 0, 60),
    Unit("second", "seconds", "秒", 0, 1),
)
UNIT_OF = {word: unit for unit in UNITS for word in (unit.one, unit.many)}


@dataclass(frozen=True)
class Keywords:
    """The words of one vocabulary.  ``chinese``: a Chinese word → the English words it stands for."""

    english: frozenset[str]
    chinese: Mapping[str, English]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Any Chinese keyword, the longest first: they need no spaces between them."""
        return re.compile("|".join(map(re.escape, sorted(self.chinese, key=len, reverse=True))))

    @cached_property
    def by_english(self) -> Mapping[English, str]:
        """English words → the Chinese for them."""
        return {english: chinese for chinese, english in reversed(list(self.chinese.items()))}

    def shown(self, english: str) -> Words:
        """A word or mark in both languages."""
        return Words(english, self.by_english.get((english,), english))


@cache
def keywords(vocabulary: tuple[Any, ...]) -> Keywords:
    """The keywords of the conditions and all they hold.  ValueError if one Chinese word means two things."""
    english: set[str] = set(UNIT_OF)
    chinese: dict[str, English] = {unit.zh: (unit.one,) for unit in UNITS}

    def add(en: English, zh: str) -> None:
        english.update(en)
        if chinese.setdefault(zh, en) != en:
            raise ValueError(f"{zh} stands for {' '.join(chinese[zh])} and for {' '.join(en)}")

    for words in (AND, OR, NOT, ALL, ANY, NONE, AT_LEAST, OF, TRUE, FALSE, *_ALSO):
        add(tuple(words.en.split()), words.zh)
    for of in reached(vocabulary):
        own = parts(of).values()
        for phrase in (*phrases(of), *(each for part in own for each in part.phrases)):
            for en, (zh,) in words_said(phrase):
                add(en, zh)
        for part in own:
            for words in part.choice.words.values() if part.choice else ():
                add((words.en,), words.zh)
    return Keywords(frozenset(english), chinese)


@cache
def openings(vocabulary: tuple[Any, ...]) -> frozenset[str]:
    """The words that conditions begin with."""
    return frozenset(
        begin[0] for of in vocabulary for phrase in phrases(of) if (begin := opening(phrase.en)) and begin[0].isalpha()
    )
