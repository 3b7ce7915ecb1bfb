"""What is kept of a watched segment: how far it has been followed, who is in it, and every change."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import GROWING, Stored
from domain.customers.owned import ERASED, KEPT, STAYS
from domain.past import happened
from domain.segments.change import ChangeCause, ChangeKind

RUNNING = text("ended_at IS NULL")


class SegmentWatch(Stored):
    """A segment is watched from one instant on: the event log tells who enters and who leaves."""

    # Whoever follows it holds the row's lock until all is written.  While ``scan_at`` is set, everybody is looked at as
    # of that instant, those after ``scan_after`` still.
    __tablename__ = "segment_watch"
    __table_args__ = (
        Index("uq_segment_watch_running", "segment_id", unique=True, postgresql_where=RUNNING),
        CheckConstraint("every_s BETWEEN 60 AND 86400", name="every"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segment.id"))
    since: Mapped[datetime] = mapped_column(doc="Changes after this instant are told.")
    every_s: Mapped[int] = mapped_column(doc="How often a rule that compares customers with one another is asked.")
    ended_at: Mapped[datetime | None] = mapped_column(doc="Until when; null while it runs.")
    position: Mapped[int] = mapped_column(BigInteger, doc="The last event of the log that was looked at.")
    compares: Mapped[bool] = mapped_column(doc="Whether its rule compares customers with one another.")
    basis: Mapped[str] = mapped_column(doc="A digest of the rule, of all it refers to, and of how days are counted.")
    evaluated_at: Mapped[datetime] = mapped_column(doc="Everything up to this instant is told.")
    scan_at: Mapped[datetime | None] = mapped_column(doc="As of when everybody is looked at.")
    scan_after: Mapped[UUID | None] = mapped_column(doc="The last customer who was.")
    scan_cause: Mapped[ChangeCause | None] = mapped_column(doc="Why.")


class WatchedCustomer(Stored):
    """How a customer stands to a watched segment: as of ``changed_at``, and unless something happens until ``next_at``.

    Of whoever is no member, never was, and never will be by time alone, there is no row.
    """

    __tablename__ = "watched_customer"
    __table_args__ = (
        Index("ix_watched_customer_next_at", "watch_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        GROWING,
    )

    # No foreign keys: checking them would take longer than to find and write a million.
    watch_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    member: Mapped[bool] = mapped_column(doc="Whether the customer is in.")
    changes: Mapped[int] = mapped_column(doc="How many changes were told.")
    changed_at: Mapped[datetime | None] = mapped_column(doc="When the last of them happened.")
    next_at: Mapped[datetime | None] = mapped_column(doc="When to look again, should nothing happen before.")


class MembershipChange(Stored):
    """A customer entered or left a watched segment.

    ``number`` counts those of one customer from 1, so that none can be written twice.
    """

    __tablename__ = "membership_change"
    __table_args__ = (
        UniqueConstraint("watch_id", "customer_id", "number"),
        Index("ix_membership_change_watch_at", "watch_id", "at", "id"),
        GROWING,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    watch_id: Mapped[UUID] = mapped_column(ForeignKey("segment_watch.id"))
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.id"),
        index=True,
        info=STAYS | {ERASED: KEPT},
        doc="The id, which may name nobody any more.",
    )
    number: Mapped[int] = mapped_column(doc="The so-manieth of this customer's.")
    change: Mapped[ChangeKind] = mapped_column(doc="Which way.")
    at: Mapped[datetime] = mapped_column(doc="The instant at which it happened.")
    cause: Mapped[ChangeCause] = mapped_column(doc="Why.")
    rule_version: Mapped[int] = mapped_column(doc="The segment's version that was asked.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When it was found.")


happened(MembershipChange, "at")
