"""A rule written: as its canonical text, which is read back as the same tree, and as a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from domain.rules.shape import item_of
from domain.rules.terms import Terms
from domain.rules.text.keywords import ALL, AND, ANY, AT_LEAST, NONE, NOT, OF, OR
from domain.rules.text.parts import Part, is_rule, is_whole, kinds, parts, phrases, separator
from domain.rules.text.phrase import OWN, Optional, Phrase, Piece, Said, Slot, pieces
from domain.rules.text.single import said_single, written_single
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule
from domain.words import Words

_COMMA = ", "
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


class Shown:
    """An object being written, and what is around it."""

    __slots__ = ("outer", "value")

    def __init__(self, value: Any, outer: Shown | None = None) -> None:
        self.value, self.outer = value, outer

    def owner(self, name: str) -> Shown | None:
        """The nearest object with a field of this name, or with words of it."""
        root = name.partition(".")[0]
        if root in parts(type(self.value)) or isinstance(getattr(self.value, root, None), Words):
            return self
        return self.outer.owner(name) if self.outer else None

    def field(self, name: str) -> tuple[Any, Part]:
        """The value of a dotted name, and its field.  Null below null."""
        value, of = self.value, type(self.value)
        for each in name.split("."):
            part = parts(of)[each]
            value, of = getattr(value, each, None), part.member.hint
        return value, part

    def given(self, slot: Slot, own: str) -> bool:
        """Whether something stands in a slot that differs from what is meant without it."""
        for name in slot.names:
            owner = self.owner(name or own)
            if owner is not None:
                value, part = owner.field(name or own)
                if value is not None and value != part.member.default:
                    return True
        return False


class _Writing:
    """What text and sentence share: patterns, filled."""

    def __init__(self, terms: Terms, locale: str) -> None:
        self.terms, self.locale = terms, "zh" if locale.lower().startswith("zh") else "en"

    # ── what differs
    def rule(self, rule: Rule) -> str:
        """A rule."""
        raise NotImplementedError

    def pattern(self, phrase: Phrase) -> str:
        """The pattern of a phrase."""
        raise NotImplementedError

    def single(self, value: Any, part: Part) -> str:
        """One value."""
        raise NotImplementedError

    def joined(self, made: Iterable[str], mark: str) -> str:
        """Fields of one object; ``mark`` is what texts have between them."""
        raise NotImplementedError

    def listed(self, made: Iterable[str]) -> str:
        """Values of a list."""
        raise NotImplementedError

    # ── what is the same
    def condition(self, rule: Any) -> str:
        """A leaf."""
        shown = rule.shown(self.terms) if hasattr(rule, "shown") else rule
        return self.whole(shown, None)

    def whole(self, value: Any, outer: Shown | None) -> str:
        """An object of the language."""
        shown = Shown(value, outer)
        known = phrases(type(value))
        if not known:
            return self.fields(shown, tuple(parts(type(value))), separator(type(value)))
        fitting = next((phrase for phrase in known if _fits(phrase, value)), None)
        if fitting is None:
            raise ValueError(f"no phrase says {value!r}")
        return self.filled(pieces(self.pattern(fitting)), shown, OWN)

    def fields(self, shown: Shown, names: tuple[str, ...], mark: str) -> str:
        """The fields that are given, by their own phrases."""
        return self.joined(self._fields(shown, names), mark)

    def _fields(self, shown: Shown, names: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            value, part = shown.field(name)
            if value is None or value == part.member.default:
                continue
            phrase = next(each for each in part.phrases if _fits_field(each, value))
            yield self.filled(pieces(self.pattern(phrase)), shown, name)

    def filled(self, of: Iterable[Piece], shown: Shown, own: str) -> str:
        """A pattern with its slots filled."""
        out = ""
        for piece in of:
            match piece:
                case Said(text):
                    out += text.lstrip(" ") if not out or out[-1] == " " else text
                case Slot():
                    out += self.slot(piece, shown, own)
                case Optional(inner):
                    if any(shown.given(each, own) for each in inner if isinstance(each, Slot)):
                        made = self.filled(inner, shown, own)
                        out += f" {made}" if _spaced(inner) and out and out[-1] != " " else made
                        out += " " if _spaced_after(inner) else ""
        return out.strip(" ")

    def slot(self, slot: Slot, shown: Shown, own: str) -> str:
        """What stands in a slot."""
        name = slot.names[0] or own
        owner = shown.owner(name)
        assert owner is not None, name
        if len(slot.names) > 1:
            return self.fields(owner, slot.names, _COMMA)
        words = getattr(owner.value, name, None)
        if isinstance(words, Words) and name not in parts(type(owner.value)):
            return self.filled(pieces(words.of(self.locale)), owner, own)
        value, part = owner.field(name)
        if slot.only:
            (value,) = value
            return self.single(value, part)
        if item_of(part.member.hint) is not None:
            return self.listed(self.single(each, part) for each in value)
        if is_rule(part.member.hint):
            return self.rule(value)
        return self.whole(value, owner) if is_whole(part.member.hint) else self.single(value, part)


class _Text(_Writing):
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

    def listed(self, made: Iterable[str]) -> str:
        return ", ".join(made)


class _Sentence(_Writing):
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
        return (Words(", ", "，") if mark == _COMMA else Words(" and ", "且")).of(self.locale).join(made)

    def listed(self, made: Iterable[str]) -> str:
        return Words(", ", "、").of(self.locale).join(made)


def _fits(phrase: Phrase, value: Any) -> bool:
    """Whether a phrase says all of an object."""
    if any(Shown(value).field(name)[0] != fixed for name, fixed in phrase.fixed.items()):
        return False
    own = parts(type(value))
    named = {name for slot in _all_slots(phrase) for name in slot.names}
    for slot in _needed(phrase):
        for name in slot.names if len(slot.names) == 1 else ():
            if name.partition(".")[0] in own and Shown(value).field(name)[0] is None:
                return False
    return _covered(value, named | set(phrase.fixed) | set(_said_within(type(value), named)))


def _covered(value: Any, names: set[str]) -> bool:
    """Whether these names are all of an object that differs from the defaults."""
    for name, part in parts(type(value)).items():
        found = getattr(value, name)
        if found is None or found == part.member.default or name in names:
            continue
        below = {each.partition(".")[2] for each in names if each.startswith(f"{name}.")}
        if not below or not _covered(found, below):
            return False
    return True


def _said_within(of: Any, names: set[str]) -> Iterator[str]:
    """What the phrases of these fields say of the object around them."""
    for name in names & set(parts(of)):
        for kind in kinds(parts(of)[name].member.hint):
            for phrase in phrases(kind):
                yield from (each for slot in _all_slots(phrase) for each in slot.names)


def _fits_field(phrase: Phrase, value: Any) -> bool:
    if OWN in phrase.fixed:
        return bool(phrase.fixed[OWN] == value)
    return len(value) == 1 if any(slot.only for slot in _all_slots(phrase)) else True


def _needed(phrase: Phrase) -> Iterator[Slot]:
    return (piece for piece in pieces(phrase.en) if isinstance(piece, Slot))


def _all_slots(phrase: Phrase) -> Iterator[Slot]:
    waiting = list(pieces(phrase.en))
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, Slot):
            yield piece
        elif isinstance(piece, Optional):
            waiting += piece.pieces


def _spaced(of: tuple[Piece, ...]) -> bool:
    """Whether what may be left out begins with a space."""
    return isinstance(of[0], Said) and of[0].text.startswith(" ")


def _spaced_after(of: tuple[Piece, ...]) -> bool:
    return isinstance(of[-1], Said) and of[-1].text.endswith(" ")
