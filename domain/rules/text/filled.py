"""Texts of our own with places for values: ``orders.recency > $days days``.

A place becomes one token that holds the value, or several with commas between: whatever a value says, it cannot be
read as anything else.  Texts of users have no such places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from domain.rules.text.keywords import Keywords
from domain.rules.text.lexer import Token, tokens

Value = str | int | Decimal | tuple[str, ...]
PLACE = re.compile(r"\$([a-z_]+)", re.ASCII)


def filled(text: str, values: Mapping[str, Value], words: Keywords) -> list[Token]:
    """The tokens of a text with values in its places.  KeyError for a place without one."""
    made: list[Token] = []
    at = 0
    for place in PLACE.finditer(text):
        made += _between(text[at : place.start()], at, words)
        made += _of(values[place[1]], place.start(), place.end())
        at = place.end()
    return [*made, *_between(text[at:], at, words), Token("end", "", len(text), len(text))]


def _between(text: str, start: int, words: Keywords) -> Iterator[Token]:
    for token in tokens(text, words)[:-1]:
        yield token._replace(start=token.start + start, end=token.end + start)


def _of(value: Value, start: int, end: int) -> Iterator[Token]:
    if isinstance(value, tuple):
        for n, each in enumerate(value):
            if n:
                yield Token("mark", ",", start, end, ",")
            yield Token("text", each, start, end, each)
    elif isinstance(value, str):
        yield Token("text", value, start, end, value)
    else:
        yield Token("number", f"{value:f}" if isinstance(value, Decimal) else str(value), start, end, str(value))
