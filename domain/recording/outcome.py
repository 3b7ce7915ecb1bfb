"""What became of one item of a list."""

from dataclasses import dataclass
from uuid import UUID

from domain.refusal import Invalid


@dataclass(frozen=True, slots=True)
class Recorded:
    """The row it is stored in, or why it is not."""

    id: UUID | None = None
    problem: Invalid | None = None
