"""Rule texts as tokens: texts in quotes, numbers, days, instants, names, keywords of both languages, marks.

Chinese keywords stand for English ones; what the parser sees is one language.  Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from domain.rules.issues import printable
from domain.rules.text.keywords import Keywords
from domain.words import Words

WIDE = str.maketrans("（），％＝＞＜．！＆", "(),%=><.!&")
_ESCAPES = {'"': '"', "\\": "\\", "`": "`", "”": "”", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\u3000\u00a0\ufeff]+)
    |(?P<text>"[^"\\]*(?:\\.[^"\\]*)*"|“[^”\\]*(?:\\.[^”\\]*)*”)
    |(?P<quoted>`[^`\\]*(?:\\.[^`\\]*)*`)
    |(?P<instant>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))
    |(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>[!<>！＜＞][=＝]|[()\[\],.%=<>&（），％＝＞＜．＆])""",
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(r"\w+")


class Token(NamedTuple):
    """A piece of text.  ``value`` is what it means: of a keyword the English one, in lower case.

    ``kind``: text, quoted, instant, day, number, name, word, mark, end, or bad, which nothing can be made of.
    """

    kind: str
    value: str
    start: int
    end: int
    raw: str = ""
    wrong: Words | None = None


def tokens(text: str, words: Keywords) -> list[Token]:
    """All tokens up to one that is bad, the last one of kind ``end``."""
    made: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        kind = found.lastgroup if found else None
        if found is None or kind is None or (kind == "word" and _runs_on(text, found.end(), words)):
            made += (spoken := list(_chinese(text, at, words)) or [_bad(text, at)])
            at = spoken[-1].end
            if spoken[-1].kind == "bad":
                break
            continue
        start, at = at, found.end()
        if kind != "space":
            made.append(_token(kind, found[0], start, at, words))
            if made[-1].kind == "bad":
                break
    end = len(text.rstrip())
    return [*made, Token("end", "", end, end)]


def _token(kind: str, raw: str, start: int, end: int, words: Keywords) -> Token:
    if kind in ("text", "quoted"):
        return _quoted(kind, raw, start, end)
    if kind == "mark":
        return Token(kind, raw.translate(WIDE), start, end, raw)
    if kind == "word":
        low = raw.lower()
        return Token("word", low, start, end, raw) if low in words.english else Token("name", raw, start, end, raw)
    return Token(kind, raw, start, end, raw)


def _chinese(text: str, at: int, words: Keywords) -> Iterator[Token]:
    found = words.pattern.match(text, at)
    for english in words.chinese[found[0]] if found else ():
        yield Token("word", english, at, found.end() if found else at, found[0] if found else "")


def _runs_on(text: str, end: int, words: Keywords) -> bool:
    """Whether a word goes on in letters that are neither ASCII nor a keyword: it looks like one that it is not."""
    return end < len(text) and text[end].isalnum() and not text[end].isascii() and not words.pattern.match(text, end)


def _quoted(kind: str, raw: str, start: int, end: int) -> Token:
    wrong: list[str] = []

    def meant(found: re.Match[str]) -> str:
        code, letter = found.groups()
        known = _ESCAPES.get(letter) if letter else _character(int(code, 16))
        if known is None:
            wrong.append(found[0])
        return known or ""

    value = _ESCAPE.sub(meant, raw[1:-1])
    if not wrong:
        return Token(kind, value, start, end, raw)
    shown = printable(wrong[0])
    return Token("bad", "", start, end, raw, Words(f"{shown} means nothing in a text.", f"文本中的 {shown} 没有意义。"))


def _character(code: int) -> str | None:
    return None if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def _bad(text: str, at: int) -> Token:
    """What no token begins with: a quote that is not closed, letters of another script, a character of no use."""
    if text[at] in '"“`':
        return Token("bad", "", at, len(text), text[at], Words("This quote is not closed.", "引号未闭合。"))
    run = _RUN.match(text, at)
    raw = run[0] if run else text[at]
    shown = printable(raw)
    return Token(
        "bad",
        "",
        at,
        at + len(raw),
        raw,
        Words(f"'{shown}' is not understood here.", f"此处无法理解“{shown}”。"),
    )
