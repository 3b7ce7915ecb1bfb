"""What an import did: entities and lines by outcome, the rows it refused, and that it all adds up."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.imports.subjects import ImportKind
from domain.staging import Loaded, Outcome
from domain.words import Words

MOST_KEPT = 10_000


class Problem(NamedTuple):
    """Why a line was refused: where, what field, and what is wrong."""

    line: int
    column: str | None  # of the file
    field: str | None  # of the record
    code: str
    text: Words

    def as_json(self, locale: str = "en") -> dict[str, Any]:
        """For programs."""
        message = self.text.of(locale)
        return {"line": self.line, "column": self.column, "field": self.field, "code": self.code, "message": message}


@dataclass(slots=True)
class Summary:
    """Counts by subject.  ``read`` = created + updated + unchanged + skipped + failed, of entities and of lines."""

    kind: ImportKind
    dry_run: bool
    lines_read: int = 0
    subjects: dict[str, Loaded] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)  # label of the map's rule → records
    problems: list[Problem] = field(default_factory=list)  # the first so many
    problem_count: int = 0
    tell: Callable[[Problem], None] | None = None  # hears of every problem

    def of(self, subject: str) -> Loaded:
        """The counts of a subject."""
        return self.subjects.setdefault(subject, Loaded())

    def report(self, problems: Iterable[Problem]) -> None:
        """Remember why lines were refused."""
        for problem in problems:
            self.problem_count += 1
            if len(self.problems) < MOST_KEPT:
                self.problems.append(problem)
            if self.tell is not None:
                self.tell(problem)

    @property
    def entities(self) -> Counter[Outcome]:
        """All subjects' entities by outcome."""
        return sum((one.entities for one in self.subjects.values()), Counter())

    @property
    def lines(self) -> Counter[Outcome]:
        """All subjects' lines by outcome."""
        return sum((one.lines for one in self.subjects.values()), Counter())

    @property
    def besides(self) -> Counter[str]:
        """What was created because rows named it."""
        return sum((one.besides for one in self.subjects.values()), Counter())

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.entities[Outcome.CREATED] or self.entities[Outcome.UPDATED] or self.besides.total())

    def as_json(self, locale: str = "en") -> dict[str, Any]:
        """For programs."""
        return {
            "kind": self.kind,
            "dryRun": self.dry_run,
            "read": {"entities": self.entities.total(), "lines": self.lines_read},
            "subjects": {
                name: {"entities": _counted(one.entities), "lines": _counted(one.lines)}
                for name, one in self.subjects.items()
            },
            "createdBesides": dict(self.besides),
            "skippedBy": dict(self.skipped),
            "problems": [problem.as_json(locale) for problem in self.problems],
            "problemCount": self.problem_count,
        }


def _counted(counts: Counter[Outcome]) -> dict[str, int]:
    return {"read": counts.total(), **{outcome.value: counts[outcome] for outcome in Outcome}}
