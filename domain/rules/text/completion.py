"""What may stand at a place in a text: what the parser would have gone on with, as an editor offers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated, Any

from domain.rules.aggregate import Fields
from domain.rules.shape import Column
from domain.rules.terms import Terms
from domain.rules.text.beginnings import Beginnings, of_conditions
from domain.rules.text.frame import Frame, part_of
from domain.rules.text.keywords import ALL, ANY, AT_LEAST, NONE, NOT, keywords
from domain.rules.text.lexer import Token, tokens
from domain.rules.text.noting import Noting, expected
from domain.rules.text.parser import CONDITION, END
from domain.rules.text.parts import Part
from domain.rules.text.phrase import Phrase, Said, Slot, pieces
from domain.rules.text.single import COLUMNS, PLACEHOLDERS, quoted
from domain.words import Says, Words

MOST, LONGEST = 200, 20_000  # completions; characters before the cursor
_QUOTES = {'"': '"', "“": "”", "`": "`"}


class CompletionKind(StrEnum):
    """What a completion is: words to be put in as they are, or what is to be written by hand."""

    KEYWORD = "KEYWORD"
    MARK = "MARK"
    FIELD = "FIELD"
    OPTION = "OPTION"
    SEGMENT = "SEGMENT"
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DAY = "DAY"
    INSTANT = "INSTANT"
    DURATION = "DURATION"


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand at the cursor."""

    insert: Annotated[str, Says(Words("text to put in", "插入的文本"), "Empty where a value is to be written by hand.")]
    label: Annotated[str, Says(Words("what people call it", "名称"))]
    kind: Annotated[CompletionKind, Says(Words("kind", "种类"))]
    detail: Annotated[str | None, Says(Words("more about it", "说明"), "Null where there is nothing to say.")]
    replaces: Annotated[int, Says(Words("characters replaced", "替换的字符数"), "So many right before the cursor.")]


def completions(text: str, cursor: int, terms: Terms, locale: str = "en") -> list[Completion]:
    """What may stand at the cursor, given what is before it; at most 200.  Words begun at the cursor are completed.

    Nothing is offered behind more than 20,000 characters.
    """
    head = text[: max(cursor, 0)]
    if len(head) > LONGEST:
        return []
    words = keywords(terms.vocabulary)
    *read, _ = tokens(head, words)
    last = read[-1] if read else None
    begun = last if last is not None and (last.kind == "bad" or _touches(last, len(head))) else None
    start = begun.start if begun else len(head)
    found = list(_offered(head[:start], head[start:], terms, locale))
    if begun is not None and begun.kind != "bad":
        # Marks need no space before them, nor does anything behind a Chinese word.
        loose = not begun.raw.isascii()
        found += (each for each in _offered(head, "", terms, locale) if loose or each.kind is CompletionKind.MARK)
    return list({(each.insert, each.label): each for each in reversed(found)}.values())[::-1][:MOST]


def _touches(token: Token, end: int) -> bool:
    return token.end == end and token.kind in ("word", "name")


def _offered(head: str, begun: str, terms: Terms, locale: str) -> Iterator[Completion]:
    reader = expected(head, terms)
    if reader is None:
        return
    typed = begun.lower()
    for each in _Offer(reader, terms, locale).all():
        if not begun or _goes_on(each, typed):
            yield Completion(each.insert, each.label, each.kind, each.detail, len(begun))


def _goes_on(offered: Completion, typed: str) -> bool:
    """Whether what is begun may become this: by how it is written, or by what people call it."""
    if offered.kind is CompletionKind.TEXT:
        return typed[0] in _QUOTES
    written, inner = offered.insert.lower(), typed
    if typed[0] in _QUOTES:
        if written[:1] not in _QUOTES:
            return False
        inner = typed[1:]
    written = written[1:] if written[:1] in _QUOTES else written
    said = (offered.detail or "").lower() if offered.kind is CompletionKind.FIELD else offered.label.lower()
    return bool(offered.insert) and (written.startswith(inner) or said.startswith(inner))


class _Offer:
    """What was noted at the end of a text, as completions."""

    def __init__(self, reader: Noting, terms: Terms, locale: str) -> None:
        self.reader, self.terms = reader, terms
        self.locale = "zh" if locale.lower().startswith("zh") else "en"

    def all(self) -> Iterator[Completion]:
        """Values first, then words."""
        for hint, part, owner, name in self.reader.slots:
            yield from self.values(hint, part, owner, name)
        for wanted in self.reader.final:
            if isinstance(wanted, Beginnings):
                yield from self.beginnings(wanted)
            elif wanted == CONDITION:
                yield from self.beginnings(of_conditions(self.terms.vocabulary))
                yield from (one for each in (ALL, ANY, NONE, AT_LEAST, NOT) for one in self.word(each))
            elif wanted in PLACEHOLDERS or wanted == END:
                kind = PLACEHOLDERS.get(wanted)
                if kind:
                    yield Completion("", wanted.of(self.locale), CompletionKind[kind], None, 0)
            else:
                yield from self.word(wanted)

    def word(self, words: Words) -> Iterator[Completion]:
        """A keyword, a mark, or the name of a filter.  An English word may be several Chinese ones, or begin one."""
        chinese = self.reader.words.chinese if self.locale == "zh" else {}
        same = [zh for zh, english in chinese.items() if english == (words.en,)]
        more = [zh for zh, english in chinese.items() if english[0] == words.en]
        for said in dict.fromkeys((words.of(self.locale), *(same or more))):
            kind = CompletionKind.FIELD
            if not said[:1].isalpha():
                kind = CompletionKind.MARK
            elif words.en.split()[0] in self.reader.words.english:
                kind = CompletionKind.KEYWORD
            yield Completion(said, said, kind, None, 0)

    def beginnings(self, known: Beginnings) -> Iterator[Completion]:
        """The words that phrases begin with, and the names."""
        for found in known.by_first.values():
            for _, (_, phrase) in found:
                yield from self.opening(phrase)
        for of, phrase in known.slot_first:
            first = next((piece for piece in pieces(phrase.en) if isinstance(piece, Slot)), None)
            if first is not None and not isinstance(of, str) and len(first.names) == 1 and first.names[0]:
                part = part_of(of, first.names[0])
                if part.named:
                    yield from self.names(part.member.hint, part)

    def opening(self, phrase: Phrase) -> Iterator[Completion]:
        """What a phrase begins with, up to its first slot or option."""
        first = pieces(phrase.zh if self.locale == "zh" else phrase.en)[0]
        if not isinstance(first, Said):
            return
        said = first.text.strip()
        if any(token.startswith(":") for token in first.tokens):
            name = first.tokens[0].lstrip(":")
            yield Completion(name, name, CompletionKind.FIELD, None, 0)
        elif said[:1].isalpha():
            yield Completion(said.split("(")[0].strip(), said, CompletionKind.KEYWORD, None, 0)
        else:
            yield Completion(first.tokens[0], said, CompletionKind.MARK, None, 0)

    def values(self, hint: Any, part: Part, owner: Frame, name: str) -> Iterator[Completion]:
        """What may stand for a value of a field."""
        if part.choice:
            yield from (one for each in part.choice.words.values() for one in self.word(each))
        elif part.named:
            yield from self.names(hint, part)
        elif part.member.of is Column:
            yield from self.columns(owner, name)
        elif isinstance(hint, type) and issubclass(hint, Enum):
            for each in hint:
                yield self.option(each.name.lower(), None)
        elif hint is str:
            yield from self.suggested(part, owner)

    def names(self, hint: Any, part: Part) -> Iterator[Completion]:
        """Names that stand without quotes, with what people call them."""
        named: Any = part.named
        if isinstance(hint, type) and issubclass(hint, Enum):
            for each in hint:
                label = named.label(each, self.terms).of(self.locale) if named.label else None
                yield Completion(each.name.lower(), each.name.lower(), CompletionKind.OPTION, label, 0)
            return
        english = self.reader.words.english
        for word in named.known(self.terms) if named.known else ():
            key = named.read(word)
            if named.write(key) == word:
                label = named.label(key, self.terms).of(self.locale) if named.label else None
                written = quoted(word, "`") if word.lower() in english else word
                yield Completion(written, word, CompletionKind.FIELD, label, 0)

    def columns(self, owner: Frame, field: str) -> Iterator[Completion]:
        """The fields of the events that a condition asks about."""
        frame: Frame | None = owner
        while frame is not None and not hasattr(frame.of, "measured"):
            frame = frame.outer
        known = frame.of.measured if frame else Fields()
        for name in known.distinct if field.startswith("distinct") else known.numbers:
            label = COLUMNS.get(name, Words(name, name)).of(self.locale)
            yield Completion(name, name, CompletionKind.FIELD, label, 0)

    def suggested(self, part: Part, owner: Frame) -> Iterator[Completion]:
        """Texts that are known: options of a field, keys of segments."""
        frame: Frame | None = owner
        while frame is not None:
            suggests = getattr(frame.of, "suggests", None)
            if suggests:
                of_segments, known = suggests(part.member.name, frame.values, self.terms)
                for each in known:
                    kind = CompletionKind.SEGMENT if of_segments else CompletionKind.OPTION
                    yield Completion(quoted(each), each, kind, None, 0)
                return
            frame = frame.outer

    def option(self, name: str, detail: str | None) -> Completion:
        """One of a closed list."""
        return Completion(quoted(name), name, CompletionKind.OPTION, detail, 0)
