"""Saving a segment and taking it out of use.

Rules refer to one another, so such changes happen one after another: each takes the dictionary's lock, and judges a
rule by what is stored then.  Each leaves a version behind.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.dictionary import raise_dictionary
from domain.events import EventTopic, announce
from domain.refusal import NameTaken, NotFound, Problem, ProblemCode, Refused, VersionConflict, invalid
from domain.rules.check import check
from domain.rules.codec import encode
from domain.rules.terms import Terms
from domain.rules.tree import Rule
from domain.segments.conditions.segment import InSegment
from domain.segments.inputs import SegmentInput, SegmentSnapshotInput, SegmentUpdate, check_kind
from domain.segments.lists import freeze, put
from domain.segments.segment import Segment, SegmentKind, SegmentStatus
from domain.segments.terms import referring, terms_of, terms_statement
from domain.segments.version import add_version, check_note
from domain.text import Names, check_key, check_names
from domain.time import Clock
from domain.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse(Problem):
    """Something still needs it."""

    code: ClassVar = ProblemCode.IN_USE
    text: ClassVar = Words("It is used by {users}.", "正被 {users} 使用。")
    segments: tuple[str, ...] = field(default=(), metadata={"doc": "Keys of segments whose rules name it."})
    strategies: tuple[str, ...] = field(default=(), metadata={"doc": "Keys of strategies that have not ended."})

    def message(self, locale: str = "en") -> str:
        """The sentence for people, in English or Chinese."""
        return self.text.of(locale).format(users=", ".join((*self.segments, *self.strategies)))


# Keys of what else uses a segment: whoever is above segments knows.
UsedBy = Callable[[AsyncSession, UUID], Awaitable[tuple[str, ...]]]


async def segment_create(
    session: AsyncSession,
    input: SegmentInput,
    *,
    now: datetime,
    terms: Terms,
    clock: Clock | None = None,
    actor: str = "system",
) -> Segment:
    """Store a segment.  Refuses with Invalid, RuleInvalid or NameTaken.

    The unique index decides between two creators.  A list is made of the customers named, or of those for whom the
    rule holds at this instant.
    """
    check_key(input.key)
    check_names(input.name)
    check_kind(input)
    note, current, id = check_note(input.note), await _current(session, terms), new_id(now)
    rule = None if input.rule is None else check(input.rule, current, id)
    segment = await _inserted(session, id, input.key, input.name, input.kind, rule, now)
    if input.member_ids is not None:
        await put(session, id, input.member_ids, ("input", "memberIds"), actor, now)
    elif rule is not None and input.kind is not SegmentKind.DYNAMIC:
        await freeze(session, id, rule, current, clock or Clock(now=now), actor, now)
    add_version(session, segment, actor, note, now)
    announce(session, EventTopic.SEGMENT_SAVED, segment.id, now)
    return segment


async def segment_snapshot(
    session: AsyncSession,
    id: UUID,
    input: SegmentSnapshotInput,
    *,
    now: datetime,
    terms: Terms,
    clock: Clock | None = None,
    actor: str = "system",
) -> Segment:
    """Keep who is in a segment, now or as of an instant, as a segment that never changes.

    By the rule of today and what was so then.  Refuses with NotFound, Invalid or NameTaken.
    """
    at = input.as_of or now
    if at > now:
        raise invalid(("input", "asOf"), "It is in the future.", "该时间在将来。", ProblemCode.OUT_OF_RANGE)
    current = await _current(session, terms)
    if id not in current.segments:
        raise Refused(NotFound(path=("id",)))
    made = SegmentInput(input.key, input.name, InSegment(id=id), SegmentKind.SNAPSHOT, None, input.note)
    then = replace(clock or Clock(now=now), now=at)
    return await segment_create(session, made, now=now, terms=current, clock=then, actor=actor)


async def segment_update(
    session: AsyncSession,
    id: UUID,
    input: SegmentUpdate,
    *,
    now: datetime,
    terms: Terms,
    actor: str = "system",
) -> Segment:
    """Change a segment's names or rule.  Refuses with NotFound, VersionConflict, Invalid or RuleInvalid."""
    if input.name is not None:
        check_names(input.name)
    note = check_note(input.note)
    # The dictionary's lock comes before the row's, as for every writer of rules.
    current = terms if input.rule is None else await _current(session, terms)
    segment = await _locked(session, id)
    if segment.status is not SegmentStatus.ACTIVE:
        raise invalid("id", "An archived segment cannot be changed.", "已归档的分群不可更改。", ProblemCode.IMMUTABLE)
    if input.if_version != segment.version:
        raise Refused(VersionConflict(path=("input", "ifVersion"), current=segment.version, yours=input.if_version))
    if input.name is not None:
        segment.name_en, segment.name_zh = input.name.en, input.name.zh
    if input.rule is not None:
        segment.rule = _new_rule(segment, input.rule, current)
    segment.version, segment.updated_at = segment.version + 1, now
    add_version(session, segment, actor, note, now)
    announce(session, EventTopic.SEGMENT_SAVED, id, now)
    return segment


async def archive(session: AsyncSession, id: UUID, used_by: UsedBy, *, now: datetime, actor: str = "system") -> Segment:
    """Take a segment out of use; one that is out of use already stays as it is.  Refuses with NotFound or InUse."""
    await raise_dictionary(session)
    segment = await _locked(session, id)
    if segment.status is SegmentStatus.ARCHIVED:
        return segment
    segments = tuple(await session.scalars(referring(id)))
    strategies = await used_by(session, id)
    if segments or strategies:
        raise Refused(InUse(path=("id",), segments=segments, strategies=strategies))
    segment.status, segment.version, segment.updated_at = SegmentStatus.ARCHIVED, segment.version + 1, now
    add_version(session, segment, actor, None, now)
    announce(session, EventTopic.SEGMENT_SAVED, id, now, status=segment.status)
    return segment


async def _inserted(
    session: AsyncSession, id: UUID, key: str, name: Names, kind: SegmentKind, rule: Rule | None, now: datetime
) -> Segment:
    """The new row.  The rule of a list is to be on it."""
    dynamic = kind is SegmentKind.DYNAMIC
    row: dict[str, Any] = {
        "id": id,
        "key": key,
        "name_en": name.en,
        "name_zh": name.zh,
        "kind": kind,
        "rule": encode(rule if dynamic and rule is not None else InSegment(id=id)),
        "frozen_from": None if dynamic or rule is None else encode(rule),
        "created_at": now,
        "updated_at": now,
    }
    made = insert(Segment).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(Segment)
    segment = await session.scalar(made)
    if segment is None:
        raise Refused(NameTaken(path=("input", "key"), name=key))
    return segment


def _new_rule(segment: Segment, rule: Rule, terms: Terms) -> dict[str, Any]:
    if segment.kind is not SegmentKind.DYNAMIC:
        raise invalid(
            ("input", "rule"),
            "The members of a list do not come from a rule.",
            "名单型分群的成员不由规则决定。",
            ProblemCode.IMMUTABLE,
        )
    return encode(check(rule, terms, segment.id))


async def _current(session: AsyncSession, remembered: Terms) -> Terms:
    """The terms as they are under the dictionary's lock: those remembered, if nothing was saved since."""
    version = await raise_dictionary(session)
    return remembered if remembered.version == version - 1 else await _read(session, remembered)


async def _read(session: AsyncSession, remembered: Terms) -> Terms:
    return terms_of(await session.scalar(terms_statement()), remembered.vocabulary)


async def _locked(session: AsyncSession, id: UUID) -> Segment:
    segment = await session.scalar(select(Segment).where(Segment.id == id).with_for_update())
    if segment is None:
        raise Refused(NotFound(path=("id",)))
    return segment
