"""Saving segments in tests: short ways to do it, always judged by what is stored."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.conditions.tag import Tag
from domain.rules.terms import Terms
from domain.rules.tests import SetTest
from domain.segments.inputs import SegmentInput, SegmentUpdate
from domain.segments.save import segment_create, segment_update
from domain.segments.segment import Segment
from domain.segments.terms import terms_of, terms_statement
from domain.text import Names
from domain.vocabulary import CONDITIONS
from tests.support.tenants import NOW

LATER = NOW + timedelta(hours=1)
VIP = Tag(SetTest(has_any=("vip",)))
STALE = Terms(version=-1, vocabulary=CONDITIONS)


async def remembered(session: AsyncSession) -> Terms:
    return terms_of(await session.scalar(terms_statement()), CONDITIONS)


async def create(session: AsyncSession, key: str, rule: Any = VIP) -> Segment:
    made = SegmentInput(key, Names(en=key.title()), rule)
    return await segment_create(session, made, now=NOW, terms=STALE)


async def change(session: AsyncSession, segment: Segment, **changes: Any) -> Segment:
    changed = SegmentUpdate(**{"if_version": segment.version, **changes})
    return await segment_update(session, segment.id, changed, now=LATER, terms=STALE)
