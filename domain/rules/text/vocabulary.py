"""What a rule can be made of, for those who build an editor: conditions and their fields, read off the language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, get_args, get_type_hints
from uuid import UUID

from domain.rules.shape import item_of
from domain.rules.terms import Terms
from domain.rules.text.keywords import keywords
from domain.rules.text.parser import parse
from domain.rules.text.parts import Part, is_rule, is_whole, kinds, parts, phrases
from domain.rules.text.phrase import Phrase, opening
from domain.rules.text.printer import text_of
from domain.time import Duration
from domain.words import Says, Words


class EntryKind(StrEnum):
    """What an entry of the vocabulary is."""

    CONDITION = "CONDITION"
    FIELD = "FIELD"
    CUSTOMER_FIELD = "CUSTOMER_FIELD"


_TYPES = {
    str: "text",
    Decimal: "number",
    int: "number",
    bool: "boolean",
    date: "date",
    datetime: "time",
    Duration: "duration",
    UUID: "id",
}
_MOST_DEEP = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A condition, a field of it, or a field of the customer."""

    key: Annotated[str, Says(Words("key", "键"), "A condition, its fields behind dots, or a field as texts name it.")]
    kind: Annotated[EntryKind, Says(Words("kind", "种类"))]
    type: Annotated[
        str,
        Says(
            Words("type", "类型"),
            "condition, object, rule, enum, text, number, date, time, boolean, set, id, duration.",
        ),
    ]
    unit: Annotated[str, Says(Words("unit", "单位"), "Empty when its values have none.")]
    required: Annotated[bool, Says(Words("whether a rule must give it", "是否必填"))]
    options: Annotated[tuple[str, ...], Says(Words("options", "选项"), "All its values, where the list is closed.")]
    words: Words
    asked: tuple[Phrase, ...]
    example_text: str | None
    terms: Terms
    coverage: Annotated[
        Decimal | None,
        Says(Words("share of customers who have a value", "有值的客户占比"), "Of fields of customers; of a sample."),
    ] = None
    examples: Annotated[
        tuple[str, ...], Says(Words("commonest values", "常见值"), "At most five; none of sets and of hidden data.")
    ] = ()

    def label(self, locale: str = "en") -> str:
        """What people call it."""
        return self.words.of(locale)

    def operators(self, locale: str = "en") -> list[str]:
        """How a text goes on behind it."""
        made = [opening(Words(phrase.en, phrase.zh).of(locale)) for phrase in self.asked]
        said = [" ".join(each for each in begin if each != "(") for begin in made if begin and begin[0][0] != ":"]
        return list(dict.fromkeys(said))

    def example(self, locale: str = "en") -> str | None:
        """A rule that asks it; null when there is none."""
        return None if self.example_text is None else text_of(parse(self.example_text, self.terms), self.terms, locale)


def vocabulary(terms: Terms, prefix: str = "") -> Iterator[Entry]:
    """All entries whose keys begin so: each condition, then its fields, then the fields of the customer."""
    return (entry for entry in _all(terms) if entry.key.startswith(prefix))


def _all(terms: Terms) -> Iterator[Entry]:
    for of in terms.vocabulary:
        yield _condition(of, terms)
        yield from _fields(of, of.keyword, terms, 0)
    for of in terms.vocabulary:
        for key, type_, options, words, test in getattr(of, "named", _nothing)(terms):
            asked = tuple(phrase for part in parts(test).values() for phrase in part.phrases)
            yield Entry(key, EntryKind.CUSTOMER_FIELD, type_, "", False, options, words, asked, None, terms)


def _nothing(terms: Terms) -> tuple[()]:
    del terms
    return ()


def _condition(of: Any, terms: Terms) -> Entry:
    words = getattr(of, "label", None) or _first_words(of, terms)
    example = getattr(of, "example", None)
    return Entry(of.keyword, EntryKind.CONDITION, "condition", "", False, (), words, phrases(of), example, terms)


def _first_words(of: Any, terms: Terms) -> Words:
    """The words that its last phrase begins with."""
    begin = next((begin for phrase in reversed(phrases(of)) if (begin := opening(phrase.en))), (of.keyword,))
    return keywords(terms.vocabulary).shown(next(each for each in begin if each[0].isalpha()))


def _fields(of: Any, above: str, terms: Terms, depth: int) -> Iterator[Entry]:
    hints = get_type_hints(of, include_extras=True)
    for name, part in parts(of).items():
        says = next((each for each in get_args(hints[name]) if isinstance(each, Says)), Says(Words(name, name)))
        inner = item_of(part.member.hint) or part.member.hint
        key = f"{above}.{part.member.json}"
        yield Entry(
            key,
            EntryKind.FIELD,
            _type(part, inner),
            says.unit,
            part.member.required,
            _options(part, inner),
            says.label,
            tuple(_asked(part, inner)),
            None,
            terms,
        )
        tests = getattr(inner, "asks", False) and not hasattr(inner, "joined")
        if depth < _MOST_DEEP and is_whole(inner) and not is_rule(inner) and not tests and len(kinds(inner)) == 1:
            yield from _fields(inner, key, terms, depth + 1)


def _type(part: Part, inner: Any) -> str:
    if inner in _TYPES:
        return _TYPES[inner]
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "enum"
    return "rule" if is_rule(inner) else "object"


def _options(part: Part, inner: Any) -> tuple[str, ...]:
    if part.choice:
        return tuple(words.en for words in part.choice.words.values())
    closed = isinstance(inner, type) and issubclass(inner, Enum)
    return tuple(each.name.lower() for each in inner) if closed else ()


def _asked(part: Part, inner: Any) -> Iterator[Phrase]:
    """The phrases of what stands behind a field."""
    if is_whole(inner) and not is_rule(inner):
        for kind in kinds(inner):
            yield from phrases(kind) or (phrase for each in parts(kind).values() for phrase in each.phrases)
