"""The past of a customer's fields: any order of writes, of clocks and of backdated changes gives one story."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.base import new_id
from tests.integration.customers.conftest import Saving
from tests.support.imports import NOW

TICK = timedelta(microseconds=1)
FIELDS = {
    "city": ("Bonn", "Ulm", None),
    "intimacy": (1, 2, None),
    "tags": (["a"], ["a", "b"], []),
    "level": ("x", "y", None),
}
# Days that a write happens on, and that it speaks of: few, so that they meet; a clock may run behind another's.
WRITES = st.lists(
    st.tuples(
        st.sampled_from(sorted(FIELDS)), st.integers(0, 2), st.integers(3, 6), st.none() | st.integers(0, 6)
    ),
    max_size=9,
)  # fmt: skip


@dataclass
class Story:
    """What a field was, by when it became so: the judge."""

    first: Any
    told: list[tuple[datetime, Any]] = field(default_factory=list)

    def at(self, moment: datetime) -> Any:
        return next((value for since, value in reversed(self.told) if since <= moment), self.first)

    def tell(self, value: Any, now: datetime, since: datetime | None) -> bool:
        if since is None:
            since = max([now, *(last + TICK for last, _ in self.told)])
        if self.at(since) == value:
            return False
        self.told.append((since, value))
        self.told.sort(key=lambda one: one[0])
        return True


AS_OF = """
    SELECT coalesce(
        (SELECT jsonb_build_object('is', before) FROM attribute_change
         WHERE customer_id = :id AND field = :field AND valid_from > :moment ORDER BY valid_from, recorded_at LIMIT 1),
        (SELECT jsonb_build_object('is', (to_jsonb(c) || c.attributes) -> :field) FROM customer AS c WHERE id = :id)
    ) -> 'is'"""
CHANGES = """
    SELECT before, after FROM attribute_change WHERE customer_id = :id AND field = :field
    ORDER BY valid_from, recorded_at"""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES)
async def test_a_customer_is_the_fold_of_its_changes_and_every_past_is_what_was_said_of_it(
    shop: Saving, writes: list[tuple[str, int, int, int | None]]
) -> None:
    await shop.define("level", "TEXT")
    name = str(new_id(NOW))
    first = {name: values[0] for name, values in FIELDS.items()}
    customer, _ = await shop.save(name, **said(first))
    stories, version = {name: Story(value) for name, value in first.items()}, 1
    for which, choice, day, about in writes:
        value, now = FIELDS[which][choice], NOW + timedelta(days=day)
        since = None if about is None else min(now, NOW + timedelta(days=about))
        version += stories[which].tell(value, now, since)
        customer, _ = await shop.save(name, now=now, valid_from=since, **said({which: value}))
        assert customer.version == version
    for which, story in stories.items():
        await agrees(shop, customer.id, which, story)


def said(values: dict[str, Any]) -> dict[str, Any]:
    """The fields as a save takes them."""
    return {
        "own": {k: v for k, v in values.items() if k == "level"},
        **{k: v for k, v in values.items() if k != "level"},
    }


async def agrees(shop: Saving, id_: Any, which: str, story: Story) -> None:
    """The stored past is the judge's at, before and after every moment of change; so is the present."""
    moments = [NOW, *(since for since, _ in story.told)]
    for moment in {moment + tick for moment in moments for tick in (-TICK, 0 * TICK, TICK)}:
        assert await shop.one(AS_OF, id=id_, field=which, moment=moment) == story.at(moment), (which, moment)
    changes = await shop.rows(CHANGES, id=id_, field=which)
    assert len(changes) == len(story.told)
    assert [c["before"] for c in changes] == [story.first, *(c["after"] for c in changes)][: len(changes)]
    present = changes[-1]["after"] if changes else story.first
    assert present == await shop.one(
        "SELECT (to_jsonb(c) || c.attributes) -> :field FROM customer AS c WHERE id = :id", id=id_, field=which
    )
    assert present == story.at(datetime.max.replace(tzinfo=NOW.tzinfo))


async def test_a_backdated_change_corrects_its_successor_and_leaves_the_present_alone(shop: Saving) -> None:
    await shop.save("c1", city="Bonn")
    days = [NOW + timedelta(days=n) for n in range(10)]
    await shop.save("c1", now=days[5], city="Ulm")
    customer, _ = await shop.save("c1", now=days[9], city="Kiel", valid_from=days[2])
    assert (customer.city, customer.version) == ("Ulm", 3)
    assert await shop.history() == [("city", "Bonn", "Kiel"), ("city", "Kiel", "Ulm")]
    rows = await shop.rows("SELECT valid_from, recorded_at FROM attribute_change ORDER BY valid_from")
    assert [tuple(row.values()) for row in rows] == [(days[2], days[9]), (days[5], days[5])]
    assert (await shop.topics()).count("CUSTOMER_UPDATED") == 2
    before = await shop.everything()
    await shop.save("c1", now=days[9], city="Kiel", valid_from=days[3])
    assert await shop.everything() == before


async def test_a_writer_whose_clock_is_behind_still_has_the_last_word(shop: Saving) -> None:
    await shop.save("c1", city="Bonn")
    moments = [NOW + timedelta(seconds=seconds) for seconds in (9, 5, 5)]
    for town, now in zip(("Ulm", "Kiel", "Jena"), moments, strict=True):
        customer, _ = await shop.save("c1", now=now, city=town)
        assert customer.city == town
    assert await shop.history() == [("city", "Bonn", "Ulm"), ("city", "Ulm", "Kiel"), ("city", "Kiel", "Jena")]
    changes = await shop.rows("SELECT valid_from FROM attribute_change ORDER BY valid_from")
    assert all(one["valid_from"] < two["valid_from"] for one, two in pairwise(changes))


async def test_a_new_customer_is_known_from_the_moment_it_is_said_to_be(shop: Saving) -> None:
    since = NOW - timedelta(days=400)
    customer, _ = await shop.save("c1", city="Bonn", valid_from=since)
    assert (customer.registered_at, customer.created_at) == (since, NOW)
    assert await shop.history() == []
