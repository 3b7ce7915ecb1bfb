"""What is wrong with a rule, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import ClassVar

from domain.refusal import FieldIssue, Problem, ProblemCode, Refused
from domain.words import Words

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIssue(FieldIssue):
    """One thing wrong with a rule: INVALID_RULE, UNKNOWN_FIELD, TYPE_MISMATCH, CYCLE or TOO_COMPLEX."""

    suggestion: str | None = field(default=None, metadata={"doc": "The nearest name that there is."})
    offset: int | None = field(default=None, metadata={"doc": "In a text: characters before it."})
    line: int | None = field(default=None, metadata={"doc": "In a text: its line, from 1."})
    column: int | None = field(default=None, metadata={"doc": "In a text: its first character in the line, from 1."})
    length: int | None = field(default=None, metadata={"doc": "In a text: how many characters."})

    def below(self, path: Path) -> RuleIssue:
        """The same, seen from further out."""
        return replace(self, path=(*path, *self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInvalid(Problem):
    """The rule cannot be used; every issue names its place."""

    code: ClassVar = ProblemCode.INVALID_RULE
    text: ClassVar = Words("The rule is not valid.", "规则无效。")
    issues: tuple[RuleIssue, ...] = field(default=(), metadata={"doc": "Each thing that is wrong."})


def issue(path: Path | str, en: str, zh: str, code: ProblemCode = ProblemCode.INVALID_RULE) -> RuleIssue:
    """One thing wrong at a place."""
    return RuleIssue(path=(path,) if isinstance(path, str) else path, code=code, text=Words(en, zh))


def unknown(path: Path | str, name: str, known: Iterable[str]) -> RuleIssue:
    """A name that is none of those known, with the nearest of them."""
    near = get_close_matches(name[:80], list(known), 1)
    hint = Words(f" Did you mean {near[0]!r}?", f"是否指“{near[0]}”？") if near else Words("", "")
    found = issue(path, f"There is no {printable(name)!r}.{hint.en}", f"不存在“{printable(name)}”。{hint.zh}", _UNKNOWN)
    return replace(found, suggestion=near[0] if near else None)


def refused(*issues: RuleIssue) -> Refused:
    """The refusal of a rule.  Its path is that of the first issue."""
    return Refused(RuleInvalid(path=issues[0].path, issues=issues))


def printable(name: object, longest: int = 60) -> str:
    """A name as it came, short, and such that it can be sent and shown."""
    text = str(name)
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


_UNKNOWN = ProblemCode.UNKNOWN_FIELD
