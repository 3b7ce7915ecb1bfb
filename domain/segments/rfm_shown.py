"""The labels of a way to score, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from domain.rules.terms import Terms
from domain.segments.inspect import Fetch
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class RfmLabel:
    """What customers with some scores are called."""

    key: Annotated[str, Says(Words("key", "键"), "As rules name it.")]
    words: Words

    def name(self, locale: str = "en") -> str:
        """For people."""
        return self.words.of(locale)


async def labels_of(fetch: Fetch, ids: list[UUID], *, terms: Terms) -> list[list[RfmLabel]]:
    """What its scores are called; of labels that fit the first is given."""
    del fetch
    return [
        [
            RfmLabel(each.key, Words(each.en or each.zh or "", each.zh or each.en or ""))
            for each in (terms.rfm[id_].scoring.labels if id_ in terms.rfm else None) or ()
        ]
        for id_ in ids
    ]
