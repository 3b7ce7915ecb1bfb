"""Saving and removing members: an e-mail and a code are of one member at a time, and an OWNER always stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.reach import reach_of
from domain.events import EventTopic, announce
from domain.members.input import LastOwner, MemberInput, columns
from domain.members.member import Member, MemberRole
from domain.refusal import NameTaken, NotFound, ProblemCode, Refused, VersionConflict, invalid
from domain.staging import statement

# Whoever saves members takes turns: which of them have an e-mail, a code or the role OWNER is then plain to read.
_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.member', 0))")


async def member_save(
    session: AsyncSession, id: UUID | None, input: MemberInput, if_version: int | None = None, *, now: datetime
) -> Member:
    """Save a member: a new one without ``id``, else the whole of it anew.

    Refuses with Invalid, NameTaken (another has the e-mail or the code), NotFound, VersionConflict or LastOwner.
    """
    _check_reaches_all(session)
    said = columns(input)
    await session.execute(_TURN)
    await _check_free(session, id, said)
    if id is None:
        row = {"id": new_id(now), "created_at": now, "updated_at": now, **said}
        member = (await session.scalars(insert(Member).values(row).returning(Member))).one()
    else:
        member = await _locked(session, id, if_version)
        if said["role"] is not MemberRole.OWNER:
            await _check_owner_stays(session, member)
        if all(getattr(member, name) == value for name, value in said.items()):
            return member
        for name, value in said.items():
            setattr(member, name, value)
        member.version, member.updated_at = member.version + 1, now
    announce(session, EventTopic.MEMBER_SAVED, member.id, now)
    return member


async def member_remove(session: AsyncSession, id: UUID, if_version: int | None = None, *, now: datetime) -> Member:
    """Remove a member; keys made for the member then open nothing.  Customers keep naming the code as their owner.

    Refuses with NotFound, VersionConflict, LastOwner or Invalid.
    """
    _check_reaches_all(session)
    await session.execute(_TURN)
    member = await _locked(session, id, if_version)
    await _check_owner_stays(session, member)
    member.removed_at, member.updated_at, member.version = now, now, member.version + 1
    announce(session, EventTopic.MEMBER_REMOVED, id, now)
    return member


def _check_reaches_all(session: AsyncSession) -> None:
    """Whose reach follows from a member's row could widen it there."""
    if reach_of(session) is not None:
        words = "Who reaches a part of the customers cannot change members.", "数据范围受限者不能更改成员。"
        raise invalid("id", *words, ProblemCode.FORBIDDEN)


async def _check_free(session: AsyncSession, id: UUID | None, said: Mapping[str, Any]) -> None:
    same = or_(Member.email == said["email"], Member.code == said["code"])
    for other in await session.scalars(select(Member).where(same, Member.removed_at.is_(None))):
        if other.id != id:
            name = "email" if other.email == said["email"] else "code"
            raise Refused(NameTaken(path=("input", name), name=said[name]))


async def _check_owner_stays(session: AsyncSession, leaving: Member) -> None:
    if leaving.role is not MemberRole.OWNER:
        return
    others = select(Member.id).where(
        Member.role == MemberRole.OWNER, Member.removed_at.is_(None), Member.id != leaving.id
    )
    if await session.scalar(others.limit(1)) is None:
        raise Refused(LastOwner(path=("id",)))


async def _locked(session: AsyncSession, id: UUID, if_version: int | None) -> Member:
    found = select(Member).where(Member.id == id, Member.removed_at.is_(None)).with_for_update()
    member = await session.scalar(found)
    if member is None:
        raise Refused(NotFound(path=("id",)))
    if if_version is not None and if_version != member.version:
        raise Refused(VersionConflict(path=("ifVersion",), current=member.version, yours=if_version))
    return member
