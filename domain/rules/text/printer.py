"""A rule written: as its canonical text, which is read back as the same tree, and as a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.rules.terms import Terms
from domain.rules.text.keywords import ALL, AND, ANY, AT_LEAST, NONE, NOT, OF, OR
from domain.rules.text.parts import Part, phrases
from domain.rules.text.phrase import Phrase
from domain.rules.text.single import said_single, written_single
from domain.rules.text.writing import COMMA, Writing
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule
from domain.words import Words

_LISTS = {All: ALL, AnyOf: ANY, NoneOf: NONE}
_BETWEEN = {All: AND, AnyOf: OR}
_JOINED = {All: Words(", and ", "，且"), AnyOf: Words(", or ", "，或")}
_HOLD = {
    All: Words("all of these hold", "以下全部成立"),
    AnyOf: Words("one of these holds", "以下任一成立"),
    NoneOf: Words("none of these holds", "以下均不成立"),
}


def text_of(rule: Rule, terms: Terms, locale: str = "en") -> str:
    """The canonical text: parsing it gives the rule.  Segments are named by their keys."""
    return _Text(terms, locale).rule(rule)


def description_of(rule: Rule, terms: Terms, locale: str = "en") -> str:
    """A sentence for people, without a full stop."""
    said = _Sentence(terms, locale).rule(rule)
    return said[:1].upper() + said[1:]


def said_test(test: Any, terms: Terms, locale: str = "en") -> str:
    """A test as sentences have it, without what is tested."""
    return _Sentence(terms, locale).whole(test, None)


def window_of(window: Any, terms: Terms, locale: str = "en") -> str:
    """A window as texts have it; empty of all time."""
    return _Text(terms, locale).whole(window, None) if phrases(type(window)) else ""


class _Text(Writing):
    def rule(self, rule: Rule) -> str:
        """A rule that stands alone, or between parentheses or commas."""
        match rule:
            case All(of) | AnyOf(of) if len(of) > 1:
                between = f" {_BETWEEN[type(rule)].of(self.locale)} "
                return between.join(self.below(each) for each in of)
            case All(of) | AnyOf(of) | NoneOf(of):
                return f"{_LISTS[type(rule)].of(self.locale)} ({', '.join(map(self.rule, of))})"
            case Not(inner):
                return f"{NOT.of(self.locale)} ({self.rule(inner)})"
            case AtLeast(k, of):
                below = ", ".join(map(self.rule, of))
                return f"{AT_LEAST.of(self.locale)} {k} {OF.of(self.locale)} ({below})"
            case Never():
                raise ValueError("such a rule is not written")
        return self.condition(rule)

    def below(self, rule: Rule) -> str:
        """A rule beside a connective."""
        made = self.rule(rule)
        return f"({made})" if isinstance(rule, All | AnyOf) and len(rule.of) > 1 else made

    def pattern(self, phrase: Phrase) -> str:
        return phrase.zh if self.locale == "zh" else phrase.en

    def single(self, value: Any, part: Part) -> str:
        return written_single(value, part, self.locale, self.terms)

    def joined(self, made: Iterable[str], mark: str) -> str:
        return mark.join(made)

    def listed(self, made: Iterable[str], between: str) -> str:
        return between.join(made)


class _Sentence(Writing):
    def rule(self, rule: Rule) -> str:
        """A rule as a clause."""
        match rule:
            case All(of) | AnyOf(of) if len(of) > 1:
                return _JOINED[type(rule)].of(self.locale).join(map(self.below, of))
            case All(of) | AnyOf(of) | NoneOf(of):
                return self.list(_HOLD[type(rule)], of)
            case Not(inner):
                said = self.rule(inner)
                return Words(f"it is not so that ({said})", f"并非（{said}）").of(self.locale)
            case AtLeast(k, of):
                return self.list(Words(f"at least {k} of these hold", f"以下至少 {k} 项成立"), of)
            case Never():
                return Words("nobody", "无人").of(self.locale)
        return self.condition(rule)

    def below(self, rule: Rule) -> str:
        """A clause beside others."""
        made = self.rule(rule)
        plain = not isinstance(rule, All | AnyOf | NoneOf | AtLeast)
        return made if plain else Words(f"({made})", f"（{made}）").of(self.locale)

    def list(self, head: Words, of: tuple[Rule, ...]) -> str:
        """Clauses after a colon."""
        en, zh = "; ".join(map(self.below, of)), "；".join(map(self.below, of))
        return Words(f"{head.en}: {en}", f"{head.zh}：{zh}").of(self.locale)

    def pattern(self, phrase: Phrase) -> str:
        return phrase.sentence.of(self.locale)

    def single(self, value: Any, part: Part) -> str:
        return said_single(value, part, self.locale, self.terms)

    def joined(self, made: Iterable[str], mark: str) -> str:
        return (Words(", ", "，") if mark == COMMA else Words(" and ", "且")).of(self.locale).join(made)

    def listed(self, made: Iterable[str], between: str) -> str:
        return (Words(COMMA, "、").of(self.locale) if between == COMMA else between).join(made)
