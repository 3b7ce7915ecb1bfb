"""Which customers were merged into which, and all that is needed to undo it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored
from domain.customers.customer import Customer
from domain.customers.owned import GOES, STAYS


class CustomerMerge(Stored):
    """One customer merged into another.  Gone when it is undone: the event log remembers it.

    Kept here and not on what was moved, so that reading an order costs nothing more.
    """

    __tablename__ = "customer_merge"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    winner_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True, info=STAYS | GOES)
    loser_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), unique=True, info=STAYS | GOES)
    moved: Mapped[dict[str, Any]] = mapped_column(doc="Keys of the rows that were the loser's, by table.column.")
    changes: Mapped[list[Any]] = mapped_column(JSONB, doc="Ids of the winner's changes that came of it.")
    registered_before: Mapped[datetime] = mapped_column(doc="Since when the winner was known before.")
    merged_at: Mapped[datetime] = mapped_column(doc="When it was done.")
    actor: Mapped[str] = mapped_column(doc="Who did it.")


def merged_of(customer: type[Customer]) -> Select[Any]:
    """The customers that were merged into it and can be separated again, the latest first."""
    one = CustomerMerge
    found: Select[Any] = select(one.__table__.c.loser_id.label("id"), one.__table__.c.merged_at, one.__table__.c.actor)
    return found.where(one.winner_id == customer.id).order_by(one.merged_at.desc(), one.id.desc())
