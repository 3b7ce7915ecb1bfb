"""The member: one person of the merchant's staff."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored

HERE = text("removed_at IS NULL")


class MemberRole(StrEnum):
    """What a member is there for."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MARKETER = "MARKETER"
    SALES = "SALES"
    SUPPORT = "SUPPORT"
    ANALYST = "ANALYST"
    INTEGRATION = "INTEGRATION"
    READ_ONLY = "READ_ONLY"


class Member(Stored):
    """One person of the merchant's staff.  The row of one who left stays: histories and customers name it."""

    __tablename__ = "member"
    __table_args__ = (
        Index("uq_member_email", "email", unique=True, postgresql_where=HERE),
        Index("uq_member_code", "code", unique=True, postgresql_where=HERE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(doc="Rises by one with every change.", server_default="1")
    name: Mapped[str] = mapped_column(doc="Name to show.")
    email: Mapped[str] = mapped_column(doc="Normalised, lower case; of one member at a time.")
    code: Mapped[str] = mapped_column(
        doc="What `owner` of this member's customers says, e.g. a staff number; of one member at a time."
    )
    role: Mapped[MemberRole] = mapped_column(doc="What the member is there for.")
    department: Mapped[str | None] = mapped_column(doc="As customers' `department` says it.")
    store: Mapped[str | None] = mapped_column(doc="As customers' `store` says it.")
    created_at: Mapped[datetime] = mapped_column(doc="When the member was first saved.")
    updated_at: Mapped[datetime] = mapped_column(doc="When the row last changed.")
    removed_at: Mapped[datetime | None] = mapped_column(doc="When the member left, if ever.")
