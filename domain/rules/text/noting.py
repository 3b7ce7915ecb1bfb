"""A reader of unfinished texts: it notes all that may stand at the end, whichever way it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.rules.terms import Terms
from domain.rules.text.beginnings import Beginnings, Known, of_fields
from domain.rules.text.frame import Frame, Path
from domain.rules.text.keywords import ALL, ANY, AT_LEAST, NONE, Keywords, keywords
from domain.rules.text.lexer import Token, tokens
from domain.rules.text.parser import Parser
from domain.rules.text.parts import Part
from domain.rules.text.phrase import OWN, Piece, Said, Slot
from domain.rules.text.reader import Reader
from domain.words import Words


class Noting(Reader):
    """``final``: words and beginnings that may stand at the end; ``slots``: values, with the object they are of."""

    def __init__(self, found: list[Token], words: Keywords, terms: Terms) -> None:
        super().__init__(found, words, terms)
        self.completes = True
        self.final: dict[Words | Beginnings, None] = {}
        self.slots: list[tuple[Any, Part, Frame, str]] = []
        self.named = OWN

    def note(self, *wanted: Words | Beginnings) -> None:
        """As it is; at the end it is kept, whatever is read next."""
        super().note(*wanted)
        if self.token.kind == "end":
            self.final |= dict.fromkeys(wanted)

    def note_condition(self, *wanted: Words) -> None:
        """Also the second word of lists, behind the first."""
        for words in (ALL, ANY, NONE, AT_LEAST):
            self._note_next(tuple(words.en.split()), least=1)
        super().note_condition(*wanted)

    def candidates(self, known: Beginnings) -> Sequence[Known]:
        """Something shorter may fit, and yet more be meant."""
        self.note_within(known)
        return super().candidates(known)

    def note_within(self, known: Beginnings) -> None:
        """Also behind the name of a field."""
        for first in dict.fromkeys((self.token.value, f":{self.token.raw}")):
            for begin, _ in known.by_first.get(first, ()):
                self._note_next(begin, least=1)

    def goes_on(self, frame: Frame, left: tuple[str, ...], mark: str) -> bool:
        """Also within the words of the next field."""
        if super().goes_on(frame, left, mark):
            return True
        if left and self.follows((mark,)):
            self.at += 1
            self.note_within(of_fields(frame.of, left))
            self.at -= 1
        return False

    def enters(self, inner: tuple[Piece, ...], frame: Frame, own: str) -> bool:
        """Also within the words that what may be left out begins with."""
        if isinstance(inner[0], Said) and inner[0].tokens:
            self._note_next(inner[0].tokens, least=1)
        return super().enters(inner, frame, own)

    def slot(self, slot: Slot, frame: Frame, own: str) -> None:
        """As it is; its name tells what its values are."""
        self.named = slot.names[0] or own
        super().slot(slot, frame, own)

    def value(self, hint: Any, part: Part, path: Path, owner: Frame, between: str = ",") -> Any:
        """As it is; at the end it is noted what value is wanted."""
        if self.token.kind == "end":
            self.slots.append((hint, part, owner, self.named))
        return super().value(hint, part, path, owner, between)

    def _note_next(self, wanted: tuple[str, ...], least: int) -> None:
        """The first of some tokens that is not here yet, if so many are."""
        said = 0
        while said < len(wanted) and self.follows(wanted[: said + 1]):
            said += 1
        if least <= said < len(wanted):
            self.at += said
            self.note(self.words.shown(wanted[said].lstrip(":")))
            self.at -= said


def expected(text: str, terms: Terms) -> Noting | None:
    """A reader that has noted what may stand at the end of a text; null where nothing can."""
    words = keywords(terms.vocabulary)
    found = tokens(text, words)
    if any(token.kind == "bad" for token in found[-2:]):
        return None
    reader = Noting(found, words, terms)
    Parser(reader).whole()
    return reader
