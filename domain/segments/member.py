"""Who is on a list: members of static segments and of snapshots, with the time they were on it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored
from domain.customers.owned import STAYS
from domain.past import happened, not_yet


class SegmentMember(Stored):
    """A customer was on a list from one instant until before another.  Rows are closed, never taken away."""

    __tablename__ = "segment_member"
    __table_args__ = (
        CheckConstraint("removed_at >= added_at", name="added_before_removed"),
        Index(
            "uq_segment_member_open",
            "segment_id",
            "customer_id",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        GROWING,
    )

    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segment.id"), primary_key=True)
    # Whoever was listed by an identity that was merged is listed by the winner's: see ``Listed``.
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True, index=True, info=STAYS)
    added_at: Mapped[datetime] = mapped_column(primary_key=True, doc="From when on.")
    removed_at: Mapped[datetime | None] = mapped_column(doc="Until before when; null while on the list.")
    added_by: Mapped[str] = mapped_column(doc="Who added: key:<prefix>, import, system.")
    removed_by: Mapped[str | None] = mapped_column(doc="Who removed, if anybody did.")


happened(SegmentMember, "added_at", removed_at=not_yet("removed_at"))
