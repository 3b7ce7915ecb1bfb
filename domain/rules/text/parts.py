"""What the classes of the language say of their text, read off their annotations once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from domain.rules.scalars import SCALARS
from domain.rules.shape import Member, item_of, members
from domain.rules.text.phrase import Choice, Named, Phrase
from domain.rules.tree import All
from domain.rules.window import PLACES


class Part(NamedTuple):
    """One field of a class: its phrases, and how its value is written if not as its type is."""

    member: Member
    phrases: tuple[Phrase, ...]
    named: Named | None
    choice: Choice | None


def parts(of: Any) -> dict[str, Part]:
    """The fields of a dataclass by name, in order."""
    return _parts(of)


@cache
def _parts(of: Any) -> dict[str, Part]:
    hints = get_type_hints(of, include_extras=True)
    return {member.name: _part(member, hints[member.name]) for member in members(of)}


def phrases(of: Any) -> tuple[Phrase, ...]:
    """The wordings of a whole: none where its fields have their own."""
    found: tuple[Phrase, ...] = getattr(of, "phrases", ())
    return found


def separator(of: Any) -> str:
    """What stands between the fields' phrases."""
    return str(getattr(of, "joined", " & "))


def kinds(hint: Any) -> tuple[Any, ...]:
    """The classes of a union, or the one class."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def is_rule(hint: Any) -> bool:
    """Whether values are rules themselves."""
    return All in kinds(hint)


def is_whole(hint: Any) -> bool:
    """Whether values are objects of the language, not single values."""
    return item_of(hint) is None and all(is_dataclass(kind) and kind not in SCALARS for kind in kinds(hint))


def places(of: Any) -> dict[str, tuple[str, ...]]:
    """Where each field stands in JSON."""
    known = PLACES.get(of)
    own = members(of)
    return {m.name: known[n] if known and len(known) == len(own) else (m.json,) for n, m in enumerate(own)}


def reached(vocabulary: Sequence[Any]) -> Iterator[Any]:
    """The conditions and all classes they hold, each once."""
    waiting, seen = list(vocabulary), set[Any]()
    while waiting:
        of = waiting.pop(0)
        if of in seen or not is_dataclass(of) or of in SCALARS:
            continue
        seen.add(of)
        yield of
        for part in parts(of).values():
            waiting += kinds(item_of(part.member.hint) or part.member.hint)


def _part(member: Member, hint: Any) -> Part:
    said = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return Part(
        member,
        tuple(each for each in said if isinstance(each, Phrase)),
        next((each for each in said if isinstance(each, Named)), None),
        next((each for each in said if isinstance(each, Choice)), None),
    )
