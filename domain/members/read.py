"""What can be asked of members."""

from __future__ import annotations

from sqlalchemy import Select, select

from domain.customers.customer import Customer
from domain.members.member import Member, MemberRole

BY_NAME = (Member.name.collate("C").asc(), Member.id.asc())


def members(role: MemberRole | None = None) -> Select[Member]:
    """The merchant's staff, without those who left."""
    query = select(Member).where(Member.removed_at.is_(None))
    return query if role is None else query.where(Member.role == role)


def owned_by(customer: type[Customer]) -> Select[Member]:
    """The member whose code the customer's owner is; null when nobody's who is there."""
    return select(Member).where(Member.code == customer.owner, Member.removed_at.is_(None))
