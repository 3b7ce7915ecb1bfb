"""Erasing a person for good: what is left of the row is its id, and a receipt of what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, ForeignKey, Integer, Select, Text, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain import values
from domain.base import Stored, new_id
from domain.customers.check import Checking
from domain.customers.customer import WRITABLE, Customer
from domain.customers.fields import NEVER_NULL
from domain.customers.locked import lock_customers
from domain.customers.owned import ERASED, KEPT, STAYS
from domain.customers.reach import reach_of
from domain.customers.scrub import GROUP, scrubs
from domain.events import EventTopic, announce
from domain.refusal import Invalid, NotFound, ProblemCode, Refused, invalid
from domain.staging import statement
from domain.values import required
from domain.words import Says, Words

LONGEST_REASON = 500
CONSEQUENCE = Words(
    "Counts, lists and measures no longer include this person, at any moment of the past. Dates, products and amounts"
    " of the orders stay in the database without a name, and no answer counts them. Copies that were made before,"
    " such as backups and exports, are not reached from here.",
    "任何时点的计数、名单与指标都不再包含此人。订单的日期、商品与金额以无名方式留存于数据库，不计入任何结果。"
    "此前制作的副本（如备份与导出文件）不受此操作影响。",
)
_DEFAULTS = {"kind": "'PERSON'", "tags": "'{}'"}
assert _DEFAULTS.keys() == NEVER_NULL.keys()
_EMPTY = statement(f"""
    UPDATE customer AS t SET {", ".join(f"{name} = {_DEFAULTS.get(name, 'NULL')}" for name in WRITABLE)},
        attributes = '{{}}', registered_at = :now, created_at = :now, updated_at = :now, deleted_at = :now,
        erased_at = :now, version = t.version + 1
    WHERE t.id IN {GROUP}""")


class Erasure(Stored):
    """The receipt of an erasure: who asked for it, why, and what was done."""

    __tablename__ = "erasure"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer.id"), index=True, info=STAYS | {ERASED: KEPT}, doc="The id, which names nobody any more."
    )
    reason: Mapped[str] = mapped_column(doc="Why it was asked for.")
    actor: Mapped[str] = mapped_column(doc="Who asked for it.")
    erased_at: Mapped[datetime] = mapped_column(doc="When it was done.")
    rows: Mapped[dict[str, Any]] = mapped_column(doc="How many rows of each table were emptied or removed.")


NEWEST = (Erasure.erased_at.desc(), Erasure.id.desc())


async def customer_erase(
    session: AsyncSession,
    id: UUID,
    reason: Annotated[str, Says(Words("reason", "原因"), "1 to 500 characters; kept: it should name nobody.")],
    *,
    now: datetime,
    actor: str,
) -> Erasure:
    """Erase a person for good, deleted or not, with all that were merged into it.  There is no way back.

    Its fields, history, references and consents are removed; texts of orders, contacts and answers are emptied.  No
    answer shows it again, of any moment.  Erasing again answers the same receipt.  Refuses with Invalid or NotFound.
    """
    if reach_of(session) is not None:  # nor would it see the receipt: who is erased is of no owner
        words = "Who reaches a part of the customers cannot erase any.", "数据范围受限者不能抹除客户。"
        raise invalid("id", *words, ProblemCode.FORBIDDEN)
    checking = Checking()
    why = checking.value(("reason",), values.text(LONGEST_REASON), reason)
    if why is None and not checking.issues:
        checking.wrong(("reason",), required("A reason", "原因"))
    if checking.issues:
        raise Refused(Invalid(path=("reason",), fields=tuple(checking.issues)))
    found = (await lock_customers(session, [id], gone=True)).get(id)
    if found is None:
        return await _receipt_of(session, id)
    rows = {table: await _done(session, each, found.id) for table, each in scrubs().items()}
    rows["customer"] = await _done(session, _EMPTY, found.id, now=now)
    told = {table: count for table, count in sorted(rows.items()) if count}
    receipt = Erasure(id=new_id(now), customer_id=found.id, reason=why, actor=actor, erased_at=now, rows=told)
    session.add(receipt)
    await session.flush()
    announce(session, EventTopic.CUSTOMER_ERASED, receipt.customer_id, now, receipt=str(receipt.id))
    return receipt


async def _done(session: AsyncSession, each: Any, customer: UUID, **binds: Any) -> int:
    done: CursorResult[Any] = await session.execute(each, {"customer": customer, **binds})  # type: ignore[assignment]
    return done.rowcount


async def _receipt_of(session: AsyncSession, id_: UUID) -> Erasure:
    """The receipt, when it was erased before.  Refuses with NotFound."""
    winner = select(func.coalesce(Customer.merged_into, Customer.id)).where(Customer.id == id_).scalar_subquery()
    receipt = await session.scalar(select(Erasure).where(Erasure.customer_id == winner))
    if receipt is None:
        raise Refused(NotFound(path=("id",)))
    return receipt


def erasures() -> Select[Erasure]:
    """Receipts of erasures, the latest first."""
    return select(Erasure)


def rows_of(erasure: type[Erasure]) -> Select[Any]:
    """What was emptied or removed, by table."""
    each = func.jsonb_each_text(erasure.rows).table_valued("key", "value").render_derived()
    return select(each.c.key.label("table"), cast(each.c.value, Integer).label("count")).order_by(each.c.key)


def consequence_of(erasure: type[Erasure], locale: str | None = None, *, spoken: str) -> ColumnElement[str]:
    """What an erasure means for the answers of the past, and what it does not reach."""
    del erasure
    return literal(CONSEQUENCE.of(locale or spoken), Text())
