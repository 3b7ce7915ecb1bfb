"""The version of all that rules refer to by name: segments and attribute definitions.

Raised in the same transaction as any such change, so that a process knows, in the snapshot of its question,
whether what it remembers of them still holds.
"""

from sqlalchemy import CheckConstraint, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class Dictionary(Stored):
    """The version; one row."""

    __tablename__ = "dictionary"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


async def raise_dictionary(session: AsyncSession) -> int:
    """Raise the version and hold its lock until the transaction ends: such changes happen one after another."""
    raised = update(Dictionary).values(version=Dictionary.version + 1).returning(Dictionary.version)
    return (await session.execute(raised)).scalar_one()
