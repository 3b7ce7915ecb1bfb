"""What a caller that reaches a part of the customers may not record: anything under a number that is another's."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.reach import reach_of, reached
from domain.refusal import ProblemCode
from domain.values import BadValue, required

if TYPE_CHECKING:
    from domain.recording.batch import Item

HIDDEN = BadValue(ProblemCode.NOT_FOUND, "There is no such thing that you reach.", "您的范围内没有该记录。")


async def refuse_hidden(session: AsyncSession, items: "Sequence[Item]", kept_in: Sequence[type[Any]]) -> None:
    """Say of items that theirs is the number of a row of a customer out of reach, or that they name no customer.

    ``kept_in``: the tables whose rows an item of this number may change.
    """
    if reach_of(session) is None or not kept_in:
        return
    by_number: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        if item.records[0].get("customer") is None:
            item.wrong(("by",), required("A name of the customer", "客户标识"))
        first = item.staged[0]
        by_number[item.system][first.data.get("external_id", first.key)] = item
    for system, named in by_number.items():
        for table in kept_in:
            rows = select(table.external_id, table.customer_id).where(
                table.system == system, table.external_id.in_(named)
            )
            found = (await session.execute(rows)).all()
            mine = await reached(session, {customer for _, customer in found if customer is not None})
            for number, customer in found:
                if customer not in mine:
                    named[number].wrong(("externalRef",), HIDDEN)
