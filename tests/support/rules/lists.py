"""The made-up shop's lists: customers come on them and go at the very instants of questions; some were merged since."""

import random
from typing import Any
from uuid import UUID

from domain.rules.tree import All, AnyOf, Not
from domain.segments.conditions.segment import InSegment
from tests.support.rules.instants import DAY, NOWS
from tests.support.rules.segments import ALONE, SPENT
from tests.support.rules.shop import Row, Shop, id_of

STATIC, SNAPSHOT, MIXED = (id_of(8, number) for number in (11, 12, 13))
LISTS: dict[UUID, tuple[str, str]] = {STATIC: ("kept", "STATIC"), SNAPSHOT: ("frozen", "SNAPSHOT")}
# A rule over lists and rules: whoever is off a list is outside, never UNKNOWN.
OVER_LISTS: dict[UUID, tuple[str, Any]] = {
    MIXED: (
        "mixed",
        AnyOf((All((InSegment(id=STATIC), Not(InSegment(id=SNAPSHOT)), SPENT)), InSegment(id=ALONE))),
    ),
}


def lines(shop: Shop, seed: object) -> list[Row]:
    """Who was on which list from when until when: nobody twice at once, and the winner of mergers on none."""
    chance = random.Random(f"{seed}:lists")
    instants = sorted({now + moved for now in NOWS for moved in (-DAY, DAY * 0, DAY)})
    made: list[Row] = []
    for segment, person in ((id_, person) for id_ in LISTS for person in shop.people[1:]):
        if chance.random() < 0.5:
            turns = sorted(chance.sample(instants, chance.choice((1, 1, 2, 3))))
            for added, removed in zip(turns[::2], (*turns[1::2], None), strict=False):
                made.append({
                    "segment_id": segment, "customer_id": person.row["id"], "added_at": added, "removed_at": removed,
                    "added_by": "test", "removed_by": removed and "test",
                })  # fmt: skip
    return made


def listed(shop: Shop, segment: UUID, customer: UUID, now: Any) -> bool:
    """Whether a customer is on a list: by a line of its own, or of one that was merged into it."""
    ids = {customer, *(person.row["id"] for person in shop.people if person.row["merged_into"] == customer)}
    return any(
        line["segment_id"] == segment
        and line["customer_id"] in ids
        and line["added_at"] <= now
        and not (line["removed_at"] is not None and line["removed_at"] <= now)
        for line in shop.lines
    )
