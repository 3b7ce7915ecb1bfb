"""Saving segments: versions, names, circles, and what is in use."""

from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.attribute import AttributeType
from domain.customers.conditions.attribute import AttributeIs
from domain.customers.define import AttributeDefinitionInput, attribute_define
from domain.dictionary import Dictionary
from domain.events import Event, EventTopic, write_events
from domain.refusal import Invalid, NameTaken, NotFound, ProblemCode, Refused, VersionConflict
from domain.rules.codec import decode
from domain.rules.terms import Terms
from domain.rules.tests import TextTest, ValueTest
from domain.rules.tree import All, AnyOf, Not
from domain.segments.conditions.segment import InSegment
from domain.segments.inputs import SegmentInput, SegmentUpdate
from domain.segments.save import InUse, segment_create, segment_update
from domain.segments.segment import Segment, SegmentStatus
from domain.strategies.audience import segment_archive
from domain.strategies.strategy import GoalDirection, GoalMetric, Strategy, StrategyStatus
from domain.text import Names
from domain.vocabulary import CONDITIONS
from tests.support.saving import LATER, STALE, VIP, change, create, remembered
from tests.support.tenants import NOW


async def version_of(session: AsyncSession) -> int:
    return int(await session.scalar(select(Dictionary.version)) or 0)


async def test_a_segment_is_stored_with_its_rule_as_the_json_that_was_posted(session: AsyncSession) -> None:
    posted = {"all": [{"tag": {"test": {"hasAny": ["vip"]}}}, {"not": {"tag": {"test": {"isEmpty": True}}}}]}
    segment = await create(session, "good", decode(posted, terms=Terms(), vocabulary=CONDITIONS))
    await session.refresh(segment)
    assert (segment.key, segment.name_en, segment.name_zh, segment.version) == ("good", "Good", None, 1)
    assert (segment.status, segment.rule, segment.created_at) == (SegmentStatus.ACTIVE, posted, NOW)


async def test_what_is_stored_is_what_the_terms_then_say(session: AsyncSession) -> None:
    one = await create(session, "one")
    two = await create(session, "two", Not(InSegment(id=one.id)))
    terms = await remembered(session)
    assert {id_: (of.key, of.rule) for id_, of in terms.segments.items()} == {
        one.id: ("one", VIP),
        two.id: ("two", Not(InSegment(id=one.id))),
    }
    assert terms.version == await version_of(session) == 2


async def test_a_reference_by_key_is_stored_by_id(session: AsyncSession) -> None:
    one = await create(session, "one")
    two = await create(session, "two", InSegment(key="one"))
    assert two.rule == {"segment": {"id": f"seg_{one.id.hex}"}}


async def test_terms_that_are_remembered_and_still_hold_are_not_read_again(session: AsyncSession) -> None:
    one = await create(session, "one")
    terms = await remembered(session)
    # Behind the dictionary's back, as nothing in the product does it.
    await session.execute(update(Segment).where(Segment.id == one.id).values(key="renamed"))
    made = SegmentInput("two", Names(en="Two"), InSegment(key="one"))
    assert (await segment_create(session, made, now=NOW, terms=terms)).key == "two"
    again = SegmentInput("three", Names(en="Three"), InSegment(key="one"))
    with pytest.raises(Refused):
        await segment_create(session, again, now=NOW, terms=terms)


@pytest.mark.parametrize("key", ["", "Good", "1st", "a-b", "a" * 64, "a\n"])
async def test_a_key_that_is_none_is_refused(session: AsyncSession, key: str) -> None:
    with pytest.raises(Refused) as no:
        await create(session, key)
    assert isinstance(no.value.problem, Invalid)


async def test_a_segment_has_a_name(session: AsyncSession) -> None:
    with pytest.raises(Refused) as no:
        await segment_create(session, SegmentInput("good", Names(), VIP), now=NOW, terms=STALE)
    assert isinstance(no.value.problem, Invalid)


async def test_a_key_is_taken_once_even_by_an_archived_segment(session: AsyncSession) -> None:
    segment = await create(session, "good")
    for _ in range(2):
        with pytest.raises(Refused) as no:
            await create(session, "good")
        assert no.value.problem == NameTaken(path=("input", "key"), name="good")
        await segment_archive(session, segment.id, now=LATER)


async def test_a_change_says_which_version_it_is_of(session: AsyncSession) -> None:
    segment = await create(session, "good")
    await change(session, segment, name=Names(zh="好"))
    assert (segment.version, segment.name_en, segment.name_zh, segment.updated_at) == (2, None, "好", LATER)
    with pytest.raises(Refused) as no:
        await change(session, segment, if_version=1, rule=Not(VIP))
    assert no.value.problem == VersionConflict(path=("input", "ifVersion"), current=2, yours=1)


async def test_a_name_alone_changes_nothing_that_rules_refer_to(session: AsyncSession) -> None:
    segment = await create(session, "good")
    before = await version_of(session)
    await change(session, segment, name=Names(en="Better"))
    assert (await version_of(session), segment.rule) == (before, {"tag": {"test": {"hasAny": ["vip"]}}})
    await change(session, segment, rule=Not(VIP))
    assert (await version_of(session), segment.name_en) == (before + 1, "Better")
    await segment_archive(session, segment.id, now=LATER)
    assert await version_of(session) == before + 2


async def test_an_archived_segment_stays_as_it_is(session: AsyncSession) -> None:
    segment = await segment_archive(session, (await create(session, "good")).id, now=LATER)
    assert (segment.status, segment.version, segment.updated_at) == (SegmentStatus.ARCHIVED, 2, LATER)
    with pytest.raises(Refused) as no:
        await change(session, segment, rule=Not(VIP))
    assert no.value.problem.fields[0].code is ProblemCode.IMMUTABLE
    again = await segment_archive(session, segment.id, now=LATER)
    assert again.version == 2


async def test_what_does_not_exist_is_not_found(session: AsyncSession) -> None:
    for attempt in (
        segment_update(session, new_id(NOW), SegmentUpdate(1, rule=VIP), now=NOW, terms=STALE),
        segment_archive(session, new_id(NOW), now=NOW),
    ):
        with pytest.raises(Refused) as no:
            await attempt
        assert no.value.problem == NotFound(path=("id",))


async def test_a_rule_is_judged_by_what_is_stored(session: AsyncSession) -> None:
    red = AttributeIs("colour", ValueTest(text=TextTest(eq="red")))
    with pytest.raises(Refused) as no:
        await create(session, "red", red)
    assert no.value.problem.issues[0].code is ProblemCode.UNKNOWN_FIELD
    colour = AttributeDefinitionInput("colour", Names(en="Colour"), AttributeType.TEXT)
    await attribute_define(session, colour, now=NOW)
    assert (await create(session, "red", red)).rule == {"attribute": {"key": "colour", "test": {"text": {"eq": "red"}}}}


async def test_an_archived_segment_cannot_be_referred_to(session: AsyncSession) -> None:
    gone = await create(session, "gone")
    await segment_archive(session, gone.id, now=NOW)
    for reference in (InSegment(id=gone.id), InSegment(key="gone")):
        with pytest.raises(Refused) as no:
            await create(session, "late", All((VIP, reference)))
        (issue,) = no.value.problem.issues
        assert (issue.code, issue.path[:3]) == (ProblemCode.UNKNOWN_FIELD, ("all", "1", "segment"))


async def test_a_segment_refers_to_itself_neither_directly_nor_by_way_of_others(session: AsyncSession) -> None:
    one = await create(session, "one")
    two = await create(session, "two", Not(InSegment(id=one.id)))
    three = await create(session, "three", AnyOf((VIP, InSegment(id=two.id))))
    for target in (one, two, three):
        for reference in (InSegment(id=target.id), InSegment(key=target.key)):
            with pytest.raises(Refused) as no:
                await change(session, one, rule=All((VIP, Not(reference))))
            (issue,) = no.value.problem.issues
            assert (issue.code, issue.path[:4]) == (ProblemCode.CYCLE, ("all", "1", "not", "segment"))
    assert (await change(session, three, rule=InSegment(id=one.id))).version == 2
    assert (await change(session, one, rule=Not(VIP))).version == 2


async def test_a_new_segment_cannot_refer_to_its_own_key(session: AsyncSession) -> None:
    with pytest.raises(Refused) as no:
        await create(session, "one", InSegment(key="one"))
    assert no.value.problem.issues[0].code is ProblemCode.UNKNOWN_FIELD


async def test_references_do_not_multiply_without_end(session: AsyncSession) -> None:
    async def pile_up() -> None:
        below = await create(session, "s0", All((VIP,) * 20))
        for level in range(1, 9):
            below = await create(session, f"s{level}", All((InSegment(id=below.id), Not(InSegment(id=below.id)))))

    with pytest.raises(Refused) as no:
        await pile_up()
    assert no.value.problem.issues[0].code is ProblemCode.TOO_COMPLEX


async def test_a_change_below_cannot_make_those_above_too_large(session: AsyncSession) -> None:
    below = await create(session, "below")
    await create(session, "above", All(tuple([InSegment(id=below.id), Not(InSegment(id=below.id))] * 30)))
    with pytest.raises(Refused) as no:
        await change(session, below, rule=All((VIP,) * 100))
    assert no.value.problem.issues[0].code is ProblemCode.TOO_COMPLEX


async def strategy(session: AsyncSession, segment: UUID, status: StrategyStatus) -> str:
    key = f"for_{status.value.lower()}"
    session.add(
        Strategy(
            id=new_id(NOW), key=key, name_en=key, status=status, segment_id=segment, created_at=NOW, updated_at=NOW,
            goal_metric=GoalMetric.NPS, goal_direction=GoalDirection.UP, goal_within="P30D",
        )
    )  # fmt: skip
    await session.flush()
    return key


async def archiving(session: AsyncSession, id: UUID) -> InUse:
    with pytest.raises(Refused) as no:
        await segment_archive(session, id, now=LATER)
    assert isinstance(no.value.problem, InUse)
    return no.value.problem


async def test_what_another_segment_refers_to_is_not_archived(session: AsyncSession) -> None:
    used = await create(session, "used")
    user = await create(session, "user", All((VIP, Not(InSegment(id=used.id)))))
    assert await archiving(session, used.id) == InUse(path=("id",), segments=("user",))
    await segment_archive(session, user.id, now=LATER)
    assert (await segment_archive(session, used.id, now=LATER)).status is SegmentStatus.ARCHIVED


async def test_the_audience_of_a_strategy_is_not_archived_before_it_is_over(session: AsyncSession) -> None:
    used = await create(session, "used")
    keys = {await strategy(session, used.id, status) for status in StrategyStatus}
    over = {"for_finished", "for_cancelled"}
    problem = await archiving(session, used.id)
    assert problem == InUse(path=("id",), strategies=tuple(sorted(keys - over)))
    assert problem.message("en") == "It is used by for_draft, for_paused, for_running, for_scheduled."
    await session.execute(delete(Strategy).where(Strategy.key.not_in(over)))
    assert (await segment_archive(session, used.id, now=LATER)).status is SegmentStatus.ARCHIVED


async def test_every_saving_is_told_and_no_refusal(session: AsyncSession) -> None:
    segment = await create(session, "good")
    await change(session, segment, rule=Not(VIP))
    for refused in (create(session, "good"), change(session, segment, if_version=1, rule=VIP)):
        with pytest.raises(Refused):
            await refused
    await segment_archive(session, segment.id, now=LATER)
    await segment_archive(session, segment.id, now=LATER)
    await write_events(session)
    told = (await session.execute(select(Event.topic, Event.subject_id, Event.payload).order_by(Event.sequence))).all()
    assert [tuple(one) for one in told] == [
        (EventTopic.SEGMENT_SAVED, segment.id, payload) for payload in ({}, {}, {"status": "ARCHIVED"})
    ]
