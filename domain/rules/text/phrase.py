"""Phrases: how a part of a rule is worded, declared where it is defined and read in both directions.

A phrase is a pattern in English and the same one in Chinese:

    Phrase("orders[({where})] [{window}]", "订单[({where})] [{window}]")

``{name}`` is a member, read and written by its type; ``{sum.field}`` a member of a member; ``{0}`` the only value of a
list, ``{steps  then }`` a list with other words than commas between; ``{}`` the member's own value, where the phrase
rides on a member; ``{types, name}`` several members, each by its own phrase, separated by commas.  A name that
the class does not have is looked for in what stands around it.
``[...]`` is left out for defaults, and read if it begins so.  ``:word`` is a field's name: the same in both languages,
and not a keyword.  Everything else is said as it stands; words are keywords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from domain.words import Words

_PIECE = re.compile(r"\{([^}]*)\}|(\[)|(\])|([^{}\[\]]+)")
_TOKEN = re.compile(r":?\w+|[<>!]=|[^\s\w]")
_BETWEEN = re.compile(r"([\w.]+) (.+)")
_FIELD = re.compile(r":(?=\w)")
OWN, ONLY = "", "0"


@dataclass(frozen=True, eq=False)
class Phrase:
    """One wording.  ``fixed`` is what it says of members without a slot; ``says`` the same in a sentence for people."""

    en: str
    zh: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    says: Words | None = None

    @property
    def sentence(self) -> Words:
        """Patterns of the sentence; those of the text when there is none."""
        return self.says or Words(self.en, self.zh)


@dataclass(frozen=True, slots=True)
class Named:
    """Rides in ``Annotated[...]`` of a name that texts write without quotes: a field, a metric.

    ``read`` makes the name of a word; ``write`` the word of a name, null when only backquotes will do; ``known`` lists
    the words there are and ``label`` says what a name is called, both given the tenant's terms.
    """

    read: Callable[[str], str] = str
    write: Callable[[str], str | None] = str
    known: Callable[[Any], Iterable[str]] | None = None
    label: Callable[[str, Any], Words] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Rides in ``Annotated[...]`` of an enum: the words of its members, which are keywords."""

    words: Mapping[Any, Words]


@dataclass(frozen=True, slots=True)
class Said:
    """What a pattern says as it stands; ``tokens`` are its words and marks."""

    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where members stand, by dotted names; ``only``: the one value of a list; what stands between its values."""

    names: tuple[str, ...]
    only: bool = False
    between: str = ", "


@dataclass(frozen=True, slots=True)
class Optional:
    """What is left out for defaults."""

    pieces: tuple[Piece, ...]


Piece = Said | Slot | Optional


@cache
def pieces(pattern: str) -> tuple[Piece, ...]:
    """A pattern taken apart."""
    stack: list[list[Piece]] = [[]]
    for slot, opens, closes, text in _PIECE.findall(pattern):
        if opens:
            stack.append([])
        elif closes:
            done = stack.pop()
            stack[-1].append(Optional(tuple(done)))
        elif text:
            stack[-1].append(Said(_FIELD.sub("", text), tuple(_TOKEN.findall(text))))
        else:
            stack[-1].append(_slot(slot))
    (made,) = stack
    return tuple(made)


def opening(pattern: str) -> tuple[str, ...]:
    """The words and marks a pattern begins with, up to its first slot or option."""
    first = next((piece for piece in pieces(pattern) if not isinstance(piece, Said) or piece.tokens), None)
    return first.tokens if isinstance(first, Said) else ()


def slots(pattern: str) -> Iterator[Slot]:
    """All its slots, those of options too."""
    waiting = list(pieces(pattern))
    while waiting:
        match waiting.pop(0):
            case Slot() as slot:
                yield slot
            case Optional(inner):
                waiting[:0] = inner


def words_said(phrase: Phrase) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What is said between slots and marks: English words, and the Chinese for them.  ValueError if they differ."""
    for en, zh in zip(_said(pieces(phrase.en)), _said(pieces(phrase.zh)), strict=True):
        yield from _paired(en, zh, phrase)
    for of, other in zip(slots(phrase.en), slots(phrase.zh), strict=True):
        yield from _paired(tuple(of.between.split()), tuple(other.between.split()), phrase)


def _slot(name: str) -> Slot:
    if between := _BETWEEN.fullmatch(name):
        return Slot((between[1],), between=between[2])
    if name.endswith(ONLY):
        return Slot((name.removesuffix(ONLY).removesuffix("."),), only=True)
    return Slot(tuple(part.strip() for part in name.split(",")))


def _said(of: tuple[Piece, ...]) -> Iterator[tuple[str, ...]]:
    """The tokens between slots and brackets, in order; nothing said is an empty tuple."""
    tokens: tuple[str, ...] = ()
    for piece in of:
        if isinstance(piece, Said):
            tokens = piece.tokens
            continue
        yield tokens
        tokens = ()
        if isinstance(piece, Optional):
            yield from _said(piece.pieces)
    yield tokens


def _paired(
    en: tuple[str, ...], zh: tuple[str, ...], phrase: Phrase
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for english, chinese in zip(_runs(en), _runs(zh), strict=True):
        if len(english) == len(chinese):
            yield from (((one,), (other,)) for one, other in zip(english, chinese, strict=True))
        elif len(chinese) == 1:
            yield english, chinese
        else:
            raise ValueError(f"{phrase.en!r} and {phrase.zh!r} do not say the same")


def _runs(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words between marks and field names."""
    run: tuple[str, ...] = ()
    for token in tokens:
        if token[-1].isalnum() and not token.startswith(":"):
            run += (token,)
        elif run:
            yield run
            run = ()
    if run:
        yield run


def tested(name: str, zh: str) -> Phrase:
    """A field that a test follows."""
    return Phrase(f":{name} {{}}", f":{name} {{}}", says=Words(f"{_plain(name)} {{}}", f"{zh}{{}}"))


def equal(name: str, zh: str) -> Phrase:
    """A field with one value."""
    return Phrase(f":{name} = {{}}", f":{name} = {{}}", says=Words(f"{_plain(name)} is {{}}", f"{zh}为{{}}"))


def listed(name: str, zh: str) -> tuple[Phrase, Phrase]:
    """A field with one of some values."""
    return (
        Phrase(f":{name} = {{0}}", f":{name} = {{0}}", says=Words(f"{_plain(name)} is {{0}}", f"{zh}为{{0}}")),
        Phrase(
            f":{name} in ({{}})", f":{name} 为 ({{}})", says=Words(f"{_plain(name)} is one of {{}}", f"{zh}为{{}}之一")
        ),
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")
