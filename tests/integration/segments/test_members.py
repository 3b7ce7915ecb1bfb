"""Rules at their limits get an answer, the same rule is the same SQL, and a rule that cannot be read is nobody's."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import Customer
from domain.rules.codec import decode, encode
from domain.rules.terms import Terms
from domain.rules.tree import Not
from domain.segments.conditions.segment import InSegment, SegmentRelation
from domain.segments.members import member_count, member_ids, members
from domain.segments.segment import Segment
from domain.segments.terms import terms_of, terms_statement
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from tests.support.rules.draw import Draw
from tests.support.rules.judge import BOUND
from tests.support.rules.segments import SEGMENTS
from tests.support.rules.shop import ATTRIBUTES
from tests.support.tenants import NOW

CLOCK = Clock(now=NOW, zone="Europe/Berlin")
ANY = {"tag": {"test": {"isEmpty": True}}}


def orders(having: Any, **more: Any) -> dict[str, Any]:
    return {"orders": {"having": having, **more}}


def exists(**more: Any) -> dict[str, Any]:
    return orders({"exists": True}, **more)


def between(start: str, end: str) -> dict[str, Any]:
    return exists(window={"between": {"from": start, "to": end}})


def attribute(key: str, **test: Any) -> dict[str, Any]:
    return {"attribute": {"key": key, "test": test}}


def amount(**test: Any) -> dict[str, Any]:
    return orders({"sum": {"field": "netTotal", "test": test}})


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = exists()
    for _ in range(depth - 1):
        rule = {"not": rule}
    return rule


LONGEST = ("P1000Y", "P12000M", "PT8765820H", "PT99999999M", "PT999999999S", "P365242D", "P500YT4382910H", "PT1S")
WIDEST = "9" * 16
LIMITS: dict[str, Any] = {
    **{f"the last {duration}": exists(window={"last": duration}) for duration in LONGEST},
    **{f"{duration} ago": orders({"recency": {"gte": duration}}) for duration in LONGEST},
    **{f"last {duration} ago": orders({"last": {"inLast": duration}}) for duration in LONGEST},
    "days a thousand years ago": attribute("birthDate", date={"inLast": "P1000Y"}),
    "a slice of a second": exists(window={"ago": {"from": "PT2S", "to": "PT1S"}}),
    "all of time": between("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    "the first day": attribute("birthDate", date={"onOrAfter": "0001-01-01"}),
    "the last day": attribute("birthDate", date={"before": "9999-12-31"}),
    "the last instant": attribute("registeredAt", time={"before": "9999-12-31T23:59:59.999999Z"}),
    "the widest number": amount(gt=f"-{WIDEST}", lt=f"{WIDEST}.9999"),
    "the widest whole number": orders({"count": {"lt": WIDEST}}),
    "a wide number of a narrow column": attribute("intimacy", number={"lt": WIDEST, "ne": "0.5"}),
    "a wide number of an attribute": attribute("children", number={"lt": WIDEST}),
    "ten thousand texts": attribute("city", text={"in": [f"c{n}" for n in range(10_000)]}),
    "ten thousand tags": {"tag": {"test": {"hasNone": [f"c{n}" for n in range(10_000)]}}},
    "texts with signs of SQL": attribute("city", text={"contains": "'; --%_\\", "startsWith": "$1:a"}),
    "texts beyond ASCII": attribute("city", text={"contains": "😀\n", "endsWith": "北京\u200d"}),
    "the empty text": attribute("city", text={"contains": "", "startsWith": "", "endsWith": "", "ne": ""}),
    "200 nodes": {"any": [exists(window={"last": f"P{n}D"}) for n in range(1, 200)]},
    "200 sums": {"all": [orders({"sum": {"field": "netTotal", "test": {"lt": n}}}, window={"last": f"P{n}D"})
                         for n in range(1, 200)]},
    "16 levels": nested(16),
    "all of 100, and one less": {"atLeast": {"k": 99, "of": [amount(gt=n) for n in range(100)]}},
    "one condition often": {"all": [{"any": [ANY] * 90}, {"atLeast": {"k": 90, "of": [ANY] * 100}}]},
}  # fmt: skip


async def current(session: AsyncSession) -> Terms:
    return terms_of(await session.scalar(terms_statement()), CONDITIONS)


async def count(session: AsyncSession, rule: Any, terms: Terms) -> int:
    return int(await session.scalar(member_count(rule, terms=terms, clock=CLOCK)) or 0)


@pytest.fixture
async def terms(session: AsyncSession) -> Terms:
    """Attributes of every type, three customers without anything."""
    rows: list[dict[str, Any]] = [
        {"id": new_id(NOW), "key": key, "label_en": key, "type": type_, "options": list(options), "created_at": NOW}
        for key, (type_, options) in ATTRIBUTES.items()
    ]
    await session.execute(insert(AttributeDefinition), rows)
    known: dict[str, Any] = {"registered_at": NOW - timedelta(days=1), "created_at": NOW, "updated_at": NOW}
    await session.execute(insert(Customer), [{"id": new_id(NOW), **known} for _ in range(3)])
    return await current(session)


@pytest.mark.parametrize("name", LIMITS)
async def test_a_rule_at_the_limits_gets_an_answer(session: AsyncSession, terms: Terms, name: str) -> None:
    rule = decode(LIMITS[name], terms=terms, vocabulary=CONDITIONS)
    assert await count(session, rule, terms) in (0, 3)


def test_the_same_rule_is_the_same_sql_with_the_same_key() -> None:
    known = Terms(vocabulary=CONDITIONS)
    for number in range(40):
        made = [
            each(Draw(f"same:{number}").rule(), terms=known, clock=BOUND)
            for each in (members, members, member_ids, member_ids, member_count, member_count)
        ]
        for one, two in zip(made[::2], made[1::2], strict=True):
            assert one._generate_cache_key() == two._generate_cache_key()
            texts = [str(each.compile(dialect=postgresql.dialect())) for each in (one, two)]
            assert texts[0] == texts[1]


async def segment(session: AsyncSession, key: str, rule: Any) -> Any:
    """Store a rule as no product code would."""
    id_ = new_id(NOW)
    row = {"id": id_, "key": key, "name_en": key, "rule": rule, "created_at": NOW, "updated_at": NOW}
    await session.execute(insert(Segment), [row])
    return id_


def refers(*ids: Any) -> dict[str, Any]:
    return {"any": [ANY, *({"segment": {"id": f"seg_{id_.hex}"}} for id_ in ids)]}


UNREADABLE: dict[str, Any] = {
    "of another release": {"moonPhase": {"is": "FULL"}},
    "empty": {},
    "of an attribute that is gone": attribute("gone", text={"eq": "x"}),
    "of an attribute of another type": attribute("children", text={"eq": "x"}),
    "of an option that is gone": attribute("tier", text={"eq": "tin"}),
    "of a segment that is gone": refers(new_id(NOW)),
    "too deep": {"any": [ANY, nested(30)]},
    "too long": {"any": [ANY] * 1000},
    "a list": [ANY],
    "null within": {"any": [ANY, None]},
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_a_stored_rule_that_cannot_be_read_is_nobodys(session: AsyncSession, terms: Terms, name: str) -> None:
    assert await count(session, None, terms) == 3
    broken = await segment(session, "broken", UNREADABLE[name])
    above = await segment(session, "above", refers(broken))
    known = await current(session)
    assert await count(session, known.rules[broken], known) == 0
    assert await count(session, InSegment(id=broken), known) == 0
    assert await count(session, InSegment(id=broken, is_=SegmentRelation.NOT_MEMBER), known) == 3
    assert await count(session, known.rules[above], known) == 3


async def test_stored_rules_in_a_circle_are_nobodys(session: AsyncSession, terms: Terms) -> None:
    ids = [await segment(session, key, ANY) for key in ("one", "two", "three")]
    for at, to in zip(ids, (*ids[1:], ids[0]), strict=True):
        found = await session.get_one(Segment, at)
        found.rule = refers(to)
    await session.flush()
    known = await current(session)
    for id_ in ids:
        for rule in (known.rules[id_], InSegment(id=id_), Not(Not(InSegment(id=id_)))):
            assert await count(session, rule, known) == 0


async def test_an_unknown_or_archived_segment_is_nobodys(session: AsyncSession, terms: Terms) -> None:
    for reference in (InSegment(id=new_id(NOW)), InSegment(key="unknown")):
        assert await count(session, reference, terms) == 0


async def test_the_terms_are_what_is_stored(session: AsyncSession, terms: Terms) -> None:
    for id_, (key, rule) in SEGMENTS.items():
        row = {"id": id_, "key": key, "name_en": key, "rule": encode(rule), "created_at": NOW, "updated_at": NOW}
        await session.execute(insert(Segment), [row])
    known = await current(session)
    assert {id_: (of.key, of.rule) for id_, of in known.segments.items()} == SEGMENTS
    assert {key: (of.type, of.options) for key, of in known.attributes.items()} == ATTRIBUTES
    assert known.by_key == {key: id_ for id_, (key, _) in SEGMENTS.items()}


OF_NOTHING: dict[str, Any] = {
    **{name: attribute("interests", set={name: ["tea"]}) for name in ("hasAny", "hasAll", "hasNone")},
    **{name: attribute("city", text={name: "Ulm"}) for name in ("eq", "ne", "contains", "startsWith")},
    **{name: attribute("city", text={name: ["Ulm"]}) for name in ("in", "notIn")},
    "number": attribute("children", number={"ne": 1}),
    "boolean": attribute("member_of_club", boolean={"eq": False}),
    "date": attribute("joined_on", date={"before": "2026-01-01"}),
}


@pytest.mark.parametrize("name", OF_NOTHING)
@pytest.mark.parametrize("negated", [False, True])
async def test_whoever_is_unknown_in_a_segment_is_outside(
    session: AsyncSession, terms: Terms, name: str, negated: bool
) -> None:
    rule = {"not": OF_NOTHING[name]} if negated else OF_NOTHING[name]
    of = await segment(session, "of_nothing", rule)
    known = await current(session)
    for outside in (InSegment(id=of, is_=SegmentRelation.NOT_MEMBER), Not(InSegment(id=of))):
        assert await count(session, outside, known) == 3
    assert await count(session, InSegment(id=of), known) == 0
