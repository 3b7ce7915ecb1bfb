"""Every connection of the schema, asked every way while rows come and go, against a model of what a page holds.

The connections are read from the schema: a new one is tried by itself.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.graph.request import typed_id
from api.views import view
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api
from tests.support.pages import Place, Shelf, cloned, places
from tests.support.planted import plant
from tests.support.tenants import Tenants

PLACES = list(places())
MOST, PAGE = 250, 50
SIZES = (None, -1, 0, 1, 2, MOST + 1, 2**31 - 1)
GARBAGE = ("", "x", "=", "é", "0" * 4000, "null", "../..", "' OR 1=1 --")
STEPS = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


@dataclass
class Trial:
    """A connection with its rows: ``cursors`` of all of them in their order, those of ``clones`` can be taken away."""

    place: Place
    api: Api
    tenant: Tenant
    scope: Scope
    parent: str | None = None
    edges: list[dict[str, Any]] = field(default_factory=list)
    at: dict[int, UUID] = field(default_factory=dict)  # position -> row that can be taken away
    foreign: list[str] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)  # of every known cursor

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.place.model)

    async def ask(self, **given: Any) -> Any:
        """The page, or the code of its error."""
        answer = await self.api.ask(self.place.query, {"parent": self.parent, **given} if self.parent else given)
        if "errors" in answer:
            (error,) = answer["errors"]
            return error["extensions"]["code"]
        return answer["data"]["at"] if self.parent is None else answer["data"]["node"]["at"]

    async def without(self, positions: set[int]) -> None:
        """Let just these rows be away."""
        async with self.scope.write(self.tenant) as session:
            await self.shelf.keep_away(session, {self.at[position] for position in positions})

    def due(self, away: set[int], given: dict[str, Any]) -> Any:
        """What the model says: the positions of the page and its two flags; or None, to be refused."""
        first, last = given.get("first"), given.get("last")
        size = next((n for n in (first, last) if n is not None), PAGE)
        if (first is not None and last is not None) or not 1 <= size <= MOST:
            return None
        bounds = {"after": -1, "before": len(self.edges)}
        for name in bounds:
            if given.get(name) is not None:
                if given[name] not in self.positions:
                    return None
                bounds[name] = self.positions[given[name]]
        between = [n for n in range(bounds["after"] + 1, bounds["before"]) if n not in away]
        page = between[-size:] if last is not None else between[:size]
        more, after, before = len(between) > size, given.get("after") is not None, given.get("before") is not None
        return page, *((before, more) if last is not None else (more, after))

    def learn(self, edges: list[dict[str, Any]]) -> None:
        """These cursors name rows; a later page's differ by the instant of its first page."""
        nodes = [edge["node"] for edge in self.edges]
        self.positions |= {edge["cursor"]: nodes.index(edge["node"]) for edge in edges}

    async def check(self, away: set[int], given: dict[str, Any]) -> Any:
        """The page, which must be what the model says."""
        found, due = await self.ask(**given), self.due(away, given)
        if due is None:
            assert found == "BAD_USER_INPUT", given
            return None
        page, has_next, has_previous = due
        assert found["nodes"] == [self.edges[n]["node"] for n in page], given
        assert [edge["node"] for edge in found["edges"]] == found["nodes"]
        assert found["totalCount"] == len(self.edges) - len(away)
        ends = [edge["cursor"] for edge in found["edges"][:1] + found["edges"][-1:]] or [None, None]
        assert found["pageInfo"] == {
            "hasNextPage": has_next, "hasPreviousPage": has_previous, "startCursor": ends[0], "endCursor": ends[-1]
        }, given  # fmt: skip
        self.learn(found["edges"])
        return found


@dataclass
class Stock:
    """Two tenants with the same rows, and in the first the clones of every type that a connection holds."""

    a: Api
    b: Api
    tenants: list[Tenant]
    clones: dict[str, list[UUID]]


@pytest.fixture(scope="module")
async def stock(api: Api, tenants: Tenants, scope: Scope) -> Stock:
    two = await tenants(2)
    for one in two:
        async with scope.write(one) as session:
            await plant(session)
    clones = {}
    async with scope.write(two[0]) as session:
        for name in sorted({place.stored for place in PLACES}):
            clones[name] = await cloned(session, view.model[name])
    return Stock(await api.of(two[0]), await api.of(two[1]), two, clones)


@pytest.fixture(scope="module", params=PLACES, ids=str)
async def trial(request: pytest.FixtureRequest, stock: Stock, scope: Scope) -> AsyncIterator[Trial]:
    made = Trial(request.param, stock.a, stock.tenants[0], scope)
    await _choose_parent(made)
    made.edges = (await made.ask(first=MOST))["edges"]
    made.learn(made.edges)
    for row in stock.clones[made.place.stored]:
        async with scope.write(made.tenant) as session:
            await made.shelf.keep_away(session, {row})
        left = [edge["node"] for edge in (await made.ask(first=MOST))["edges"]]
        gone = [number for number, edge in enumerate(made.edges) if edge["node"] not in left]
        assert len(gone) == 1, f"{made.place}: a row is not told from another, or is not of it"
        made.at[gone[0]] = row
    await made.without(set())
    made.foreign = await _foreign(made, stock)
    yield made
    await made.without(set())


async def _choose_parent(made: Trial) -> None:
    """The parent with the most rows."""
    if made.place.parent == "Query":
        return
    parent = "Segment" if made.place.parent in ("SegmentDiff", "SetResult") else made.place.parent
    assert parent in view.prefix, f"{made.place}: say here how its parent is reached"
    async with made.scope.write(made.tenant) as session:
        keys = (await session.scalars(select(view.model[parent].id))).all()
    most = -1
    for key in keys:
        before, made.parent = made.parent, typed_id(view.prefix[parent], key)
        total = (await made.ask(first=MOST))["totalCount"]
        if total > most:
            most = total
        else:
            made.parent = before


async def _foreign(made: Trial, stock: Stock) -> list[str]:
    """Cursors that are good elsewhere: in another connection, another order, another tenant."""
    others = [Trial(place, stock.a, stock.tenants[0], made.scope) for place in PLACES if place.parent == "Query"]
    others = [other for other in others if other.place != made.place]
    if made.place.parent == "Query":
        others.insert(0, Trial(made.place, stock.b, stock.tenants[1], made.scope))
    return [(await other.ask(first=1))["edges"][0]["cursor"] for other in others]


async def test_the_model_has_rows_to_lose(trial: Trial) -> None:
    assert len(trial.edges) > len(trial.at) >= 9 or trial.place.parent != "Query"
    assert len({edge["cursor"] for edge in trial.edges}) == len(trial.edges)


async def test_every_combination_of_arguments_answers_as_the_model_says(trial: Trial) -> None:
    inner, gone = sorted(trial.at)[2], sorted(trial.at)[-3]
    good, deleted = trial.edges[inner]["cursor"], trial.edges[gone]["cursor"]
    await trial.without({gone})
    cursors = (None, good, deleted, GARBAGE[1], trial.foreign[0])
    for first, last, after, before in product(SIZES, SIZES, cursors, cursors):
        await trial.check({gone}, {"first": first, "last": last, "after": after, "before": before})


async def test_no_cursor_but_its_own_is_taken(trial: Trial) -> None:
    good = trial.edges[0]["cursor"]
    forged = [
        good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :] for place in (0, 8, len(good) // 2)
    ]
    for bad in (*GARBAGE, *trial.foreign, *forged, good[:-1], good + "=", good + "A", good[1:], good.lower()):
        for which in ("after", "before"):
            assert await trial.ask(**{which: bad}) == "BAD_USER_INPUT", (which, bad)


@STEPS
@given(st.data())
async def test_pages_hold_what_lies_there_while_rows_come_and_go(trial: Trial, data: st.DataObject) -> None:
    """Steps from page to page, each by a cursor of the page before or of any row, there or not."""
    sizes, rows = st.integers(1, 4), st.sets(st.sampled_from(sorted(trial.at)))
    known = st.sampled_from([edge["cursor"] for edge in trial.edges])
    page: Any = None
    for _ in range(data.draw(st.integers(2, 6))):
        away = data.draw(rows)
        await trial.without(away)
        forward = data.draw(st.booleans())
        ways = ["start", "known", "between"] + (["on", "back"] if page and page["nodes"] else [])
        match data.draw(st.sampled_from(ways)):
            case "start":
                bounds: dict[str, Any] = {}
            case "known":
                bounds = {data.draw(st.sampled_from(["after", "before"])): data.draw(known)}
            case "between":
                bounds = {"after": data.draw(known), "before": data.draw(known)}
            case "on":
                forward, bounds = True, {"after": page["pageInfo"]["endCursor"]}
            case _:
                forward, bounds = False, {"before": page["pageInfo"]["startCursor"]}
        given = {"first" if forward else "last": data.draw(sizes), **bounds}
        page = await trial.check(away, given)


@STEPS
@given(st.data())
async def test_walking_sees_every_row_that_stayed_once_and_in_order(trial: Trial, data: st.DataObject) -> None:
    size, forward = data.draw(st.integers(1, 5)), data.draw(st.booleans())
    rows = st.sets(st.sampled_from(sorted(trial.at)), max_size=2)
    names = (
        ("first", "after", "endCursor", "hasNextPage")
        if forward
        else ("last", "before", "startCursor", "hasPreviousPage")
    )
    seen: list[Any] = []
    stayed = set(range(len(trial.edges)))
    cursor = None
    for _ in range(len(trial.edges) + 1):
        away = data.draw(rows)
        await trial.without(away)
        stayed -= away
        page = await trial.ask(**{names[0]: size, names[1]: cursor})
        seen = seen + page["nodes"] if forward else page["nodes"] + seen
        if not page["pageInfo"][names[3]]:
            break
        cursor = page["pageInfo"][names[2]]
    else:
        pytest.fail("the walk does not end")
    order = [next(n for n, edge in enumerate(trial.edges) if edge["node"] == node) for node in seen]
    assert order == sorted(set(order))
    assert stayed <= set(order)
