"""Where something stands in a text, and what is wrong there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from domain.refusal import ProblemCode
from domain.rules.issues import Path, RuleIssue, issue, printable
from domain.rules.text.lexer import Token
from domain.words import Words

MOST_EXPECTED = 8
Span = tuple[int, int]


class Unexpected(Exception):
    """A token that nothing goes on with; what would is known to the reader."""


class Wrong(Exception):
    """Something that is understood and cannot be."""

    def __init__(self, found: RuleIssue) -> None:
        super().__init__()
        self.issue = found


def placed(found: RuleIssue, text: str, span: Span) -> RuleIssue:
    """The issue with its place: lines and columns from 1, in characters."""
    start, end = (min(max(at, 0), len(text)) for at in span)
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return replace(found, offset=start, line=line, column=column, length=end - start)


def unexpected(token: Token, expected: Iterable[Words], path: Path = ()) -> RuleIssue:
    """A token where something else was expected."""
    wanted = list(dict.fromkeys(expected))
    near = _near(token, wanted)
    hint = Words(f" Did you mean '{near}'?", f"是否指“{near}”？") if near else Words("", "")
    en, zh = ((", ".join(_named(each[n]) for each in wanted[:MOST_EXPECTED])) for n in (0, 1))
    more = " …" if len(wanted) > MOST_EXPECTED else ""
    if token.kind == "bad" and token.wrong is not None:
        made = issue(path, f"{token.wrong.en}{hint.en}", f"{token.wrong.zh}{hint.zh}")
    elif token.kind == "end":
        made = issue(path, f"The text ends here; expected {en}{more}.", f"文本在此结束；此处应为 {zh}{more}。")
    else:
        shown = printable(token.raw, 40)
        made = issue(
            path,
            f"Unexpected '{shown}'; expected {en}{more}.{hint.en}",
            f"意外的“{shown}”；此处应为 {zh}{more}。{hint.zh}",
        )
    return replace(made, suggestion=near)


def _named(wanted: str) -> str:
    """Marks in quotes: they would be taken for those of the sentence."""
    return wanted if any(letter.isalnum() for letter in wanted) else f"'{wanted}'"


def _near(token: Token, wanted: list[Words]) -> str | None:
    """What is meant by a word that is not one of those wanted, or by letters that only look like one."""
    raw = token.raw[:80]
    if not raw or not (raw[0].isalpha() or raw[0] == "_" or (raw[0].isalnum() and not raw.isascii())):
        return None
    plain = unicodedata.normalize("NFKC", raw)
    if plain != raw and plain.isascii():
        return plain
    known = [each for words in wanted for each in words if each != plain.lower()]
    # Chinese words are short: one character of two makes half of them.
    return next(iter(get_close_matches(plain.lower(), known, 1, 0.5 if token.kind == "bad" else 0.75)), None)


def too_complex(en: str, zh: str) -> RuleIssue:
    """More than is read."""
    return issue((), en, zh, ProblemCode.TOO_COMPLEX)
