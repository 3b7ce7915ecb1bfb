"""What is offered at a place in a text holds what really follows there: of random rules, in both languages."""

import os
from collections import Counter

import pytest

from domain.rules.text.completion import Completion, CompletionKind, completions
from domain.rules.text.keywords import keywords
from domain.rules.text.lexer import Token, tokens
from domain.rules.text.printer import text_of
from tests.property.conftest import SEED
from tests.support.rules.draw import Draw
from tests.support.rules.texts import TERMS

RULES = int(os.environ.get("REGULARS_RULES", "300")) // 2
BY_HAND = {"text": "TEXT", "number": "NUMBER", "day": "DAY", "instant": "INSTANT"}


def offers(found: list[Completion], token: Token) -> bool:
    """Whether a token is among what is offered: the words themselves, or values of its kind."""
    kinds = {each.kind.value for each in found}
    written = [each.insert for each in found]
    if token.kind in BY_HAND:
        by_hand = BY_HAND[token.kind]
        return by_hand in kinds or token.raw in written or (token.kind == "number" and "DURATION" in kinds)
    return any(each.startswith(token.raw) for each in written if each)


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_what_follows_is_offered(locale: str) -> None:
    seen: Counter[CompletionKind] = Counter()
    words = keywords(TERMS.vocabulary)
    for number in range(RULES):
        text = text_of(Draw(f"{SEED}:complete:{number}", sorted(TERMS.segments)).rule(number % 3), TERMS, locale)
        read, starts = tokens(text, words), set[int]()
        for token in read[:-1]:
            if token.start in starts:
                continue  # one Chinese word for several English ones
            starts.add(token.start)
            found = completions(text[: token.start], token.start, TERMS, locale)
            assert offers(found, token), f"{text[: token.start]!r} then {token.raw!r}: {[f.insert for f in found]}"
            seen.update(each.kind for each in found)
    assert all(seen[kind] for kind in CompletionKind), seen


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_word_that_is_begun_is_completed(locale: str) -> None:
    words = keywords(TERMS.vocabulary)
    for number in range(RULES // 3):
        text = text_of(Draw(f"{SEED}:begun:{number}", sorted(TERMS.segments)).rule(1), TERMS, locale)
        for token in tokens(text, words)[:-1]:
            if token.kind in ("word", "name") and token.raw.isascii() and token.end - token.start > 1:
                cut = token.start + 1
                found = completions(text, cut, TERMS, locale)
                fitting = [each for each in found if each.insert.startswith(token.raw) and each.replaces == 1]
                assert fitting, f"{text[:cut]!r}: {token.raw!r}"
