"""Two rules as the lines of their canonical texts, with what goes and what comes."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from domain.rules.terms import Terms
from domain.rules.text.keywords import keywords
from domain.rules.text.lexer import tokens
from domain.rules.text.printer import text_of
from domain.rules.tree import Never, Rule

_CONNECTIVES = frozenset(("and", "or"))


def changes(old: Rule, new: Rule, terms: Terms, locale: str) -> str:
    """The lines of both, each after two blanks, or "- " if only the old rule has it, "+ " if only the new one.

    The lines of the new rule are a text that parses to it.  A rule that can no longer be read has no lines.
    """
    before, after = (tuple(lines(rule, terms, locale)) for rule in (old, new))
    out: list[str] = []
    for what, i, to_i, j, to_j in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            out += (f"  {line}" for line in before[i:to_i])
        else:
            out += (f"- {line}" for line in before[i:to_i])
            out += (f"+ {line}" for line in after[j:to_j])
    return "\n".join(out)


def lines(rule: Rule, terms: Terms, locale: str) -> Iterator[str]:
    """The canonical text, with a new line before each ``and`` and ``or``, indented as deep as it stands."""
    if isinstance(rule, Never):
        return
    text = text_of(rule, terms, locale)
    words = keywords(terms.vocabulary)
    begin, depth, indent = 0, 0, 0
    for token in tokens(text, words):
        if token.kind == "mark" and token.value in "()":
            depth += 1 if token.value == "(" else -1
        elif token.kind == "word" and token.value in _CONNECTIVES:
            yield "  " * indent + text[begin : token.start].strip()
            begin, indent = token.start, depth
    yield "  " * indent + text[begin:].strip()
