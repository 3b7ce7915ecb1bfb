"""Filling the patterns of phrases with the values of a rule: what its text and its sentence share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from domain.rules.shape import item_of
from domain.rules.terms import Terms
from domain.rules.text.parts import Part, is_rule, is_whole, kinds, parts, phrases, separator
from domain.rules.text.phrase import OWN, Optional, Phrase, Piece, Said, Slot, pieces
from domain.rules.tree import Rule
from domain.words import Words

COMMA = ", "


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


class Writing(ABC):
    """What text and sentence share: patterns, filled."""

    def __init__(self, terms: Terms, locale: str) -> None:
        self.terms, self.locale = terms, "zh" if locale.lower().startswith("zh") else "en"

    # ── what differs
    @abstractmethod
    def rule(self, rule: Rule) -> str:
        """A rule."""

    @abstractmethod
    def pattern(self, phrase: Phrase) -> str:
        """The pattern of a phrase."""

    @abstractmethod
    def single(self, value: Any, part: Part) -> str:
        """One value."""

    @abstractmethod
    def joined(self, made: Iterable[str], mark: str) -> str:
        """Fields of one object; ``mark`` is what texts have between them."""

    @abstractmethod
    def listed(self, made: Iterable[str], between: str) -> str:
        """Values of a list; ``between`` is what the pattern has between them."""

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
            return self.fields(owner, slot.names, COMMA)
        words = getattr(owner.value, name, None)
        if isinstance(words, Words) and name not in parts(type(owner.value)):
            return self.filled(pieces(words.of(self.locale)), owner, own)
        value, part = owner.field(name)
        if slot.only:
            (value,) = value
            return self.single(value, part)
        if item_of(part.member.hint) is not None:
            whole = is_whole(item_of(part.member.hint))
            made = (self.whole(each, owner) if whole else self.single(each, part) for each in value)
            return self.listed(made, slot.between)
        if is_rule(part.member.hint):
            return self.rule(value)
        return self.whole(value, owner) if is_whole(part.member.hint) else self.single(value, part)


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
