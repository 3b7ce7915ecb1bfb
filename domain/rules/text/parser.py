"""The text of a rule as its tree: connectives by precedence (not, and, or), conditions by their phrases.

Recursive descent without backtracking over connectives: time is linear, depth is capped, every mistake has a place.
After a condition that is wrong reading goes on at the next connective, so that one answer tells all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from domain.refusal import Refused
from domain.rules.check import MOST_ISSUES, MOST_NODES, check, too_many
from domain.rules.issues import Path, RuleIssue, refused, unknown
from domain.rules.terms import Terms
from domain.rules.text.beginnings import Known, of_conditions
from domain.rules.text.filled import Value, filled
from domain.rules.text.keywords import ALL, AND, ANY, AT_LEAST, NONE, NOT, OF, OR, keywords, openings
from domain.rules.text.lexer import Token, tokens
from domain.rules.text.parts import parts
from domain.rules.text.phrase import opening
from domain.rules.text.place import Span, Unexpected, Wrong, placed, too_complex, unexpected
from domain.rules.text.reader import Reader
from domain.rules.tree import All, AnyOf, AtLeast, Never, NoneOf, Not, Rule
from domain.rules.tree import parts as rules_below
from domain.words import Words

LONGEST, DEEPEST = 200_000, 40  # characters; parentheses and negations inside one another
CONDITION, END = Words("a condition", "条件"), Words("the end", "结尾")
_LISTS: tuple[tuple[Words, type[Any]], ...] = ((ALL, All), (ANY, AnyOf), (NONE, NoneOf))


class Node(NamedTuple):
    """A rule and where it stands: the places of what is in a condition, the nodes below a connective."""

    rule: Rule
    span: Span
    below: tuple[Node, ...] = ()
    places: dict[Path, Span] = {}  # noqa: RUF012  never written to


def parse(text: str, terms: Terms, values: Mapping[str, Value] | None = None) -> Rule:
    """The checked rule of a text in English, Chinese or both.  Refuses with ``RuleInvalid``; issues have places.

    ``values`` are those of its places, where it is a text of our own.
    """
    node = read(text, terms, values)
    try:
        return check(node.rule, terms)
    except Refused as error:
        found: Any = error.problem
        raise refused(*(placed(each, text, _where(node, each.path)) for each in found.issues)) from None


def read(text: str, terms: Terms, values: Mapping[str, Value] | None = None) -> Node:
    """The rule as written, not yet checked.  Refuses with ``RuleInvalid``."""
    if len(text) > LONGEST:
        issue = too_complex(f"A text has at most {LONGEST} characters.", f"文本最多 {LONGEST} 个字符。")
        raise refused(placed(issue, text, (LONGEST, len(text))))
    words = keywords(terms.vocabulary)
    made = tokens(text, words) if values is None else filled(text, values, words)
    parser = Parser(Reader(made, words, terms))
    node = parser.whole()
    if parser.issues:
        raise refused(*(placed(found, text, span) for found, span in parser.issues[:MOST_ISSUES]))
    return node


def _where(node: Node, path: Path) -> Span:
    """The place of a path: the nearest part around it that has one."""
    for (place, _), below in zip(rules_below(node.rule), node.below, strict=False):
        if path[: len(place)] == place:
            return _where(below, path[len(place) :])
    for n in range(len(path), 0, -1):
        if path[:n] in node.places:
            return node.places[path[:n]]
    return node.span


def _places(node: Node) -> Iterator[tuple[Path, Span]]:
    """All places in a rule."""
    yield (), node.span
    yield from node.places.items()
    for (place, _), below in zip(rules_below(node.rule), node.below, strict=False):
        yield from (((*place, *path), span) for path, span in _places(below))


class Parser:
    """Reads one text; ``issues`` are what is wrong with it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        reader.rule = self.rule_within
        self.conditions = of_conditions(reader.terms.vocabulary)
        self.issues: list[tuple[RuleIssue, Span]] = []
        self.depth = self.nodes = 0

    def whole(self) -> Node:
        """The rule up to the end of the text; a rule of nobody when there are issues."""
        reader = self.reader
        try:
            node = self.either()
            if reader.token.kind != "end":
                raise reader.fail(AND, OR, END)
            return node
        except Unexpected:
            self.note_unexpected()
        except Wrong as wrong:
            self.note(wrong.issue, reader.token)
        except _Enough:
            pass
        return Node(Never(), (0, 0))

    # ── connectives
    def either(self) -> Node:
        """Rules with ``or`` between them."""
        return self.joined(OR, AnyOf, self.both)

    def both(self) -> Node:
        """Rules with ``and`` between them."""
        return self.joined(AND, All, self.one)

    def joined(self, word: Words, of: type[Any], inner: Any) -> Node:
        """One rule, or a connective over as many as there are."""
        below: list[Node] = [inner()]
        while self.reader.follows((word.en,)):
            self.reader.at += 1
            below.append(inner())
        self.reader.note(word)
        if len(below) == 1:
            return below[0]
        return Node(of(tuple(each.rule for each in below)), (below[0].span[0], below[-1].span[1]), tuple(below))

    def one(self) -> Node:
        """A condition, something in parentheses, a negation or a list."""
        reader, start = self.reader, self.reader.at
        self.nodes += 1
        if self.nodes > MOST_NODES + DEEPEST:
            raise Wrong(too_many(()))
        if reader.follows(("(",)):
            return self.inside(start)
        found = reader.candidates(self.conditions)
        if found and opening(found[0][1].en):
            return self.condition(found)
        if reader.follows((NOT.en,)):
            reader.at += 1
            inner = self.deeper(self.one)
            return Node(Not(inner.rule), reader.span(start), (inner,))
        for words, of in _LISTS:
            if reader.follows(tuple(words.en.split())):
                reader.at += 2
                below = self.listed()
                return Node(of(tuple(each.rule for each in below)), reader.span(start), below)
        if reader.follows(tuple(AT_LEAST.en.split())):
            return self.at_least(start)
        if reader.token.kind in ("name", "quoted"):
            return self.condition(found)
        reader.note_condition(CONDITION, Words("(", "("), NOT)
        return self.skipped(start, Unexpected())

    def inside(self, start: int) -> Node:
        """What stands in parentheses."""
        self.reader.take("(")
        node = self.deeper(self.either)
        self.reader.take(")")
        return node._replace(span=self.reader.span(start))

    def listed(self) -> tuple[Node, ...]:
        """Rules in parentheses, with commas between them."""
        reader = self.reader
        reader.take("(")
        below = [self.deeper(self.either)]
        while reader.follows((",",)):
            reader.at += 1
            below.append(self.deeper(self.either))
        reader.note(reader.words.shown(","))
        reader.take(")")
        return tuple(below)

    def at_least(self, start: int) -> Node:
        """So many of some rules."""
        reader = self.reader
        reader.at += 2
        token = reader.token
        if token.kind != "number" or not token.value.isdigit() or len(token.value) > 9:
            raise reader.fail(Words("a whole number", "整数"))
        reader.at += 1
        reader.take(OF.en)
        below = self.listed()
        rule = AtLeast(int(token.value), tuple(each.rule for each in below))
        return Node(rule, reader.span(start), below, {("atLeast", "k"): (token.start, token.end)})

    def deeper(self, read: Any) -> Node:
        """One level further in.  Refuses what is too deep: Python's own stack is no limit to rely on."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.reader.at -= 1  # at what went too deep
            raise Wrong(
                too_complex(
                    f"At most {DEEPEST} parentheses and negations stand inside one another.",
                    f"括号与否定最多嵌套 {DEEPEST} 层。",
                )
            )
        node: Node = read()
        self.depth -= 1
        return node

    def rule_within(self, path: Path) -> Rule:
        """A rule that a condition holds; its places are below the path."""
        outer = self.reader.places
        node = self.deeper(self.either)
        self.reader.places = outer | {(*path, *place): span for place, span in _places(node)}
        return node.rule

    # ── conditions
    def condition(self, found: Sequence[Known]) -> Node:
        """A condition; one that is wrong is noted and skipped."""
        reader, start = self.reader, self.reader.at
        reader.places = {}
        try:
            rule = reader.first_of(found, (), None)
        except (Unexpected, Wrong) as error:
            return self.skipped(start, error)
        return Node(rule, reader.span(start), (), reader.places)

    def skipped(self, start: int, error: Unexpected | Wrong) -> Node:
        """Note what is wrong and go on behind the condition: at a connective, a comma or a closing parenthesis."""
        reader = self.reader
        if self.reader.completes and reader.furthest == len(reader.tokens) - 1:
            raise _Enough
        if isinstance(error, Wrong):
            token = reader.tokens[max(reader.at - 1, start)]
            self.note(error.issue, token)
            at = reader.at
        else:
            self.note_unexpected(reader.tokens[start])
            at = reader.furthest
        depth = 0
        for n, token in enumerate(reader.tokens[start:], start):
            opens, closes = token.value == "(" and token.kind == "mark", token.value == ")" and token.kind == "mark"
            if n >= at and depth <= 0 and (closes or token.kind in ("end", "bad") or token.value in (",", "and", "or")):
                break
            depth += opens - closes
        reader.at = min(n, len(reader.tokens) - 1)
        reader.furthest, reader.expected = max(reader.at, reader.furthest), {}
        if reader.token.kind == "bad":
            self.note(unexpected(reader.token, ()), reader.token)
        if len(self.issues) >= MOST_ISSUES or reader.token.kind == "bad":
            raise _Enough
        return Node(Never(), reader.span(start))

    def note_unexpected(self, begin: Token | None = None) -> None:
        """An issue at the furthest token that nothing went on with; at the beginning if that word is not known."""
        reader = self.reader
        if begin is not None and begin.kind == "name" and (found := self.misspelt(begin)):
            self.note(found, begin)
        else:
            token = reader.tokens[reader.furthest]
            self.note(unexpected(token, reader.wanted()), token)

    def note(self, found: RuleIssue, token: Token) -> None:
        """An issue at a token, the first one there."""
        span = (token.start, token.end)
        if all(span != noted for _, noted in self.issues):
            self.issues.append((found, span))

    def misspelt(self, token: Token) -> RuleIssue | None:
        """What is said of a name that nothing has and that is nearly a condition's first word."""
        known = {
            name
            for of in self.reader.terms.vocabulary
            for part in parts(of).values()
            if part.named and part.named.known
            for name in part.named.known(self.reader.terms)
        }
        if token.raw in known:
            return None
        found = unknown((), token.raw, sorted({*openings(self.reader.terms.vocabulary), *known}))
        return found if found.suggestion else None


class _Enough(Exception):
    """No more issues are looked for."""
