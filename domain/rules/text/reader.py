"""Reading the parts of a rule by their phrases: predictive, so that time is linear and errors are where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from domain.rules.shape import is_one_of, item_of
from domain.rules.terms import Terms
from domain.rules.text.beginnings import Beginnings, Known, of_fields, of_kinds
from domain.rules.text.frame import Frame, Path, part_of, place_of
from domain.rules.text.keywords import Keywords
from domain.rules.text.lexer import Token
from domain.rules.text.parts import Part, is_rule, is_whole, parts, separator
from domain.rules.text.phrase import OWN, Optional, Piece, Said, Slot, pieces
from domain.rules.text.place import Span, Unexpected
from domain.rules.text.single import begins, read_single
from domain.words import Words

_SPOKEN = frozenset(("word", "mark"))


class Reader:
    """Reads from tokens; ``expected`` is what would have gone on at the furthest token that did not."""

    def __init__(self, tokens: list[Token], words: Keywords, terms: Terms) -> None:
        self.tokens, self.words, self.terms = tokens, words, terms
        self.at = self.furthest = 0
        self.expected: dict[Words | Beginnings, None] = {}
        self.places: dict[Path, Span] = {}
        self.rule: Callable[[Path], Any] = _no_rule  # reads a rule that a condition holds
        self.completes = False  # whether only what may stand at the end is wanted

    # ── tokens
    @property
    def token(self) -> Token:
        """The next one."""
        return self.tokens[self.at]

    def wanted(self) -> list[Words]:
        """What would have gone on, word by word."""
        made: list[Words] = []
        for each in self.expected:
            if isinstance(each, Beginnings):
                made += (self.words.shown(word.lstrip(":")) for word in each.by_first)
            else:
                made.append(each)
        return made

    def fail(self, *wanted: Words) -> Unexpected:
        """What to raise: ``wanted`` would have gone on here."""
        self.note(*wanted)
        return Unexpected()

    def note(self, *wanted: Words | Beginnings) -> None:
        """``wanted`` would go on here."""
        if self.at > self.furthest:
            self.furthest, self.expected = self.at, {}
        if self.at == self.furthest:
            self.expected |= dict.fromkeys(wanted)

    def note_condition(self, *wanted: Words) -> None:
        """A condition would go on here, or what else begins a rule."""
        self.note(*wanted)

    def take(self, wanted: str) -> Token:
        """The next token, which must be this word, mark or field name."""
        token = self.token
        if not _is(token, wanted):
            raise self.fail(self.words.shown(wanted.lstrip(":")))
        self.at += 1
        return token

    def follows(self, wanted: tuple[str, ...], ahead: int = 0) -> bool:
        """Whether these are the next tokens."""
        at, end = self.at + ahead, len(self.tokens)
        for each in wanted:
            if at >= end or not _is(self.tokens[at], each):
                return False
            at += 1
        return True

    # ── objects
    def whole(self, hint: Any, path: Path, outer: Frame | None = None) -> Any:
        """An object of one of the classes of a hint."""
        known = of_kinds(hint)
        if known is None:
            return self.by_fields(Frame(hint, path, outer), tuple(parts(hint)), separator(hint).strip())
        return self.first_of(self.candidates(known), path, outer)

    def candidates(self, known: Beginnings) -> Sequence[Known]:
        """The phrases that begin like this: those with the longest beginning."""
        fitting = self.beginning(known)
        if not fitting:
            self.note(known)
            self.note_within(known)
        return fitting or known.slot_first

    def note_within(self, known: Beginnings) -> None:
        """What would go on behind the first words of a phrase, where it begins like this."""
        start = self.at
        for begin, _ in known.by_first.get(self.token.value if self.token.kind in _SPOKEN else "", ()):
            said = 1
            while said < len(begin) and self.follows(begin[: said + 1]):
                said += 1
            self.at = start + said
            self.note(self.words.shown(begin[said]))
            self.at = start

    def beginning(self, known: Beginnings, ahead: int = 0) -> list[Known]:
        """The phrases that say what follows, so many tokens ahead; those that say most of it."""
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        fitting: list[Known] = []
        longest = 0
        for word in (f":{token.raw}", token.value if token.kind in _SPOKEN else ""):
            for begin, each in known.by_first.get(word, ()):
                if len(begin) < longest:
                    break
                if self.follows(begin, ahead):
                    fitting.append(each)
                    longest = len(begin)
        return fitting

    def first_of(self, candidates: Sequence[Known], path: Path, outer: Frame | None) -> Any:
        """By the first phrase that can be read to its end."""
        start = self.at
        for of, phrase in candidates:
            self.at = start
            frame = Frame(of, (*path, of.keyword) if outer is None else path, outer)
            before = {} if outer is None else dict(outer.values)
            try:
                self.run(pieces(phrase.en), frame, OWN)
            except Unexpected:
                if outer is not None:
                    outer.values = before
                continue
            frame.values |= phrase.fixed
            return frame.made()
        raise Unexpected

    def by_fields(self, frame: Frame, names: tuple[str, ...], mark: str) -> Any:
        """An object by phrases of its fields, in any order; exactly one if it is one of them."""
        self.fields(frame, names, mark)
        return frame.made()

    def fields(self, frame: Frame, names: tuple[str, ...], mark: str) -> None:
        """Fields by their own phrases, each at most once."""
        left = self.meant(frame, names)
        while True:
            name = self.field(frame, left)
            left = tuple(each for each in left if each != name)
            if is_one_of(frame.of) or not self.goes_on(frame, left, mark):
                return
            self.take(mark)

    def goes_on(self, frame: Frame, left: tuple[str, ...], mark: str) -> bool:
        """Whether another field follows; notes what would."""
        if not left:
            return False
        if not self.follows((mark,)):
            self.note(self.words.shown(mark))
            return False
        known = of_fields(frame.of, left)
        if self.beginning(known, 1):
            return True
        self.at += 1
        self.note(known)
        self.at -= 1
        return False

    def meant(self, frame: Frame, names: tuple[str, ...]) -> tuple[str, ...]:
        """Of the fields of a choice, the one that what is around it tells."""
        tells = getattr(frame.outer.of, "meant", None) if frame.outer and is_one_of(frame.of) else None
        told = tells(frame.outer.values, self.terms) if tells and frame.outer else None
        return names if told is None else (told,)

    def field(self, frame: Frame, names: tuple[str, ...]) -> str:
        """One field by one of its phrases: its name."""
        start = self.at
        for name, phrase in self.candidates(of_fields(frame.of, names)):
            self.at = start
            try:
                self.run(pieces(phrase.en), frame, name)
            except Unexpected:
                continue
            if OWN in phrase.fixed:
                self.keep(frame, name, phrase.fixed[OWN], start)
            return str(name)
        raise Unexpected

    # ── patterns
    def run(self, of: Iterable[Piece], frame: Frame, own: str) -> None:
        """Read a pattern."""
        for piece in of:
            match piece:
                case Said(_, said):
                    for each in said:
                        self.take(each)
                case Slot():
                    self.slot(piece, frame, own)
                case Optional(inner):
                    if self.enters(inner, frame, own):
                        self.run(inner, frame, own)

    def enters(self, inner: tuple[Piece, ...], frame: Frame, own: str) -> bool:
        """Whether what may be left out is here."""
        first = inner[0]
        if isinstance(first, Said) and first.tokens:
            if not self.follows(first.tokens):
                self.note(self.words.shown(first.tokens[0]))
                return False
            return True
        slot = next(piece for piece in inner if isinstance(piece, Slot))
        name = slot.names[0] or own
        hint = part_of(frame.owner(name).of, name).member.hint
        if not is_whole(hint):
            return begins(hint, self.token)
        known = of_kinds(hint)
        return known is not None and bool(self.candidates(known))

    def slot(self, slot: Slot, frame: Frame, own: str) -> None:
        """Read what stands for one or more fields."""
        if len(slot.names) > 1:
            owner = frame.owner(slot.names[0])
            self.fields(owner, slot.names, ",")
            return
        name = slot.names[0] or own
        owner = frame.owner(name)
        part, start = part_of(owner.of, name), self.at
        path = (*owner.path, *place_of(owner.of, name))
        if slot.only:
            value: Any = (self.value(item_of(part.member.hint), part, (*path, "0"), owner),)
        else:
            value = self.value(part.member.hint, part, path, owner, slot.between.strip())
        self.keep(owner, name, value, start)

    def keep(self, frame: Frame, name: str, value: Any, start: int) -> None:
        """Remember a value and where it stands."""
        frame.values[name] = value
        self.places[(*frame.path, *place_of(frame.of, name))] = self.span(start)

    def value(self, hint: Any, part: Part, path: Path, owner: Frame, between: str = ",") -> Any:
        """A list, an object or a single value."""
        item = item_of(hint)
        if item is not None:
            return tuple(self.items(item, part, path, owner, between))
        if is_rule(hint):
            return self.rule(path)
        if is_whole(hint):
            return self.whole(hint, path, owner)
        start = self.at
        value = read_single(self, hint, part)
        self.places[path] = self.span(start)
        return value

    def items(self, item: Any, part: Part, path: Path, owner: Frame, between: str) -> Iterator[Any]:
        """The values of a list."""
        n = 0
        if item is str and not (part.named or part.choice):
            plain = self.texts(path)
            yield from plain
            n = len(plain)
            if plain and not self.follows((",",), -1):
                self.note(self.words.shown(","))
                return
        yield self.value(item, part, (*path, str(n)), owner)
        while self.follows((between,)):
            self.at += 1
            n += 1
            yield self.value(item, part, (*path, str(n)), owner)
        self.note(self.words.shown(between))

    def texts(self, path: Path) -> list[str]:
        """Texts between commas, up to what is none: the way of long lists."""
        made: list[str] = []
        tokens, at = self.tokens, self.at
        while tokens[at].kind == "text":
            self.places[(*path, str(len(made)))] = (tokens[at].start, tokens[at].end)
            made.append(tokens[at].value)
            at += 1
            if tokens[at].value != "," or tokens[at].kind != "mark":
                break
            at += 1
        self.at = at
        return made

    def span(self, start: int) -> Span:
        """From a token to the last one read."""
        return self.tokens[start].start, self.tokens[max(self.at - 1, start)].end


def _no_rule(path: Path) -> Any:
    raise TypeError(f"nobody reads the rule at {path}")


def _is(token: Token, wanted: str) -> bool:
    if wanted.startswith(":"):
        return token.raw == wanted[1:]
    return token.value == wanted and token.kind in ("word", "mark")
