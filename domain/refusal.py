"""How the domain says no.

A ``Problem`` is a value: a code for programs, a place and fields for the client to act on.  It travels
inside one exception, ``Refused``.  It is not itself an exception: graphql-core raises any exception a
resolver returns, so an exception can never be a member of a union.  Anything that is not ``Refused`` is
a defect and is masked at the edge.
"""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

from domain.words import Words


class ProblemCode(StrEnum):
    """What went wrong, for programs.  Codes are never changed."""

    INVALID_RULE = "INVALID_RULE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    CYCLE = "CYCLE"
    TOO_COMPLEX = "TOO_COMPLEX"
    NAME_TAKEN = "NAME_TAKEN"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IN_USE = "IN_USE"
    FORBIDDEN = "FORBIDDEN"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    IMMUTABLE = "IMMUTABLE"
    DUPLICATE = "DUPLICATE"
    VALIDATION = "VALIDATION"
    # Of one value or one row of a file.
    REQUIRED = "REQUIRED"
    BAD_TEXT = "BAD_TEXT"
    TOO_LONG = "TOO_LONG"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    BAD_DATE = "BAD_DATE"
    NOT_AN_OPTION = "NOT_AN_OPTION"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    NO_EXCHANGE_RATE = "NO_EXCHANGE_RATE"
    UNKNOWN_ATTRIBUTE = "UNKNOWN_ATTRIBUTE"
    BAD_EMAIL = "BAD_EMAIL"
    BAD_PHONE = "BAD_PHONE"
    BAD_SCALE = "BAD_SCALE"
    BROKEN_ROW = "BROKEN_ROW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An expected failure, as data."""

    code: ClassVar[ProblemCode]
    text: ClassVar[Words]  # with {field} places
    error: ClassVar[str] = "BAD_USER_INPUT"  # extensions.code where it is answered as an error
    path: tuple[str, ...] = field(default=(), metadata={"doc": "Where in the input, outermost first."})

    def message(self, locale: str = "en") -> str:
        """The sentence for people, in English or Chinese."""
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        return self.text.of(locale).format(**values)


class Refused(Exception):
    """Carries a problem out of the domain; the edge returns it as data."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message())
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Problem):
    """There is no such thing for this caller."""

    code: ClassVar = ProblemCode.NOT_FOUND
    text: ClassVar = Words("Not found.", "未找到。")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionConflict(Problem):
    """It was changed since you read it."""

    code: ClassVar = ProblemCode.VERSION_CONFLICT
    text: ClassVar = Words(
        "It is now at version {current}; you sent {yours}. Read it again.",
        "当前版本为 {current}，您提交的是 {yours}。请重新读取。",
    )
    current: int = field(metadata={"doc": "The version it has."})
    yours: int = field(metadata={"doc": "The version you sent."})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTaken(Problem):
    """Another of the same kind has this key or name."""

    code: ClassVar = ProblemCode.NAME_TAKEN
    text: ClassVar = Words("{name!r} is taken already.", "“{name}”已被使用。")
    name: str = field(metadata={"doc": "The key or name."})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldIssue:
    """One thing wrong with one field of the input."""

    path: tuple[str, ...] = field(metadata={"doc": "Where in the input, outermost first."})
    code: ProblemCode = field(metadata={"doc": "What is wrong with it."})
    text: Words

    def message(self, locale: str = "en") -> str:
        """The sentence for people, in English or Chinese."""
        return self.text.of(locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid(Problem):
    """The input is wrong; every issue names its place."""

    code: ClassVar = ProblemCode.VALIDATION
    text: ClassVar = Words("The input is not valid.", "输入无效。")
    fields: tuple[FieldIssue, ...] = field(default=(), metadata={"doc": "Each thing that is wrong."})


def invalid(path: tuple[str, ...] | str, en: str, zh: str, code: ProblemCode = ProblemCode.VALIDATION) -> Refused:
    """A refusal for one wrong field."""
    where = (path,) if isinstance(path, str) else path
    return Refused(Invalid(path=where, fields=(FieldIssue(path=where, code=code, text=Words(en, zh)),)))
