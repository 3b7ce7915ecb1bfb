"""Which phrases may begin at a token: looked up by its word, so that reading does not try one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from domain.rules.text.parts import kinds, parts, phrases
from domain.rules.text.phrase import Phrase, opening

Known = tuple[Any, Phrase]  # a class or the name of a field, and one of its phrases


@dataclass(frozen=True, eq=False)
class Beginnings:
    """Phrases by the first word or mark of them, those that say more first; and those that begin with a slot."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], Known], ...]]
    slot_first: tuple[Known, ...]


@cache
def of_conditions(vocabulary: tuple[Any, ...]) -> Beginnings:
    """Those of all conditions."""
    return _made((of, phrase) for of in vocabulary for phrase in phrases(of))


@cache
def of_kinds(hint: Any) -> Beginnings | None:
    """Those of the classes of a type; null where only fields have phrases."""
    known = [(of, phrase) for of in kinds(hint) for phrase in phrases(of)]
    return _made(known) if known else None


@cache
def of_fields(of: Any, names: tuple[str, ...]) -> Beginnings:
    """Those of some fields of a class."""
    return _made((name, phrase) for name in names for phrase in parts(of)[name].phrases)


def _made(known: Iterable[Known]) -> Beginnings:
    by_first: dict[str, list[tuple[tuple[str, ...], Known]]] = {}
    slot_first = []
    for each in known:
        begin = opening(each[1].en)
        if begin:
            by_first.setdefault(begin[0], []).append((begin, each))
        else:
            slot_first.append(each)
    ordered = {word: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for word, found in by_first.items()}
    return Beginnings(ordered, tuple(slot_first))
