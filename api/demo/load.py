"""A demo merchant's records into its tables, through the product's own definitions and import."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from api.demo.generate import SYSTEM, Drawn
from api.demo.merchants import Merchant
from api.imports.run import Options, Vacuum, load_records
from domain.customers.attribute import AttributeDefinition, AttributeType
from domain.customers.define import AttributeDefinitionInput, attribute_define
from domain.events import write_events
from domain.imports.subjects import ImportKind
from domain.text import Names
from tenancy.scope import Scope
from tenancy.tenant import Tenant

# Customers and products first: the others name them.
KINDS = (
    ImportKind.CUSTOMERS, ImportKind.PRODUCTS, ImportKind.ORDERS, ImportKind.INTERACTIONS, ImportKind.FEEDBACK,
)  # fmt: skip
# The kind being loaded, how many steps are done, and of how many: a record is read, then loaded.
Progress = Callable[[str, int, int], None]


async def define_attributes(scope: Scope, tenant: Tenant, merchant: Merchant, now: datetime) -> None:
    """Define the merchant's own attributes of customers; again, it changes nothing."""
    defined = (
        AttributeDefinitionInput(
            "level", Names(en="Membership level", zh="会员等级"), AttributeType.ENUM, list(merchant.levels)
        ),
        AttributeDefinitionInput(
            "interests", Names(en="Interests", zh="兴趣"), AttributeType.MULTI_ENUM, list(merchant.interests)
        ),
    )
    async with scope.write(tenant, before_commit=write_events) as session:
        known = {one.key: one.options for one in await session.scalars(select(AttributeDefinition))}
        for one in defined:
            if known.get(one.key) != one.options:
                await attribute_define(session, one, now=now)


async def load_drawn(
    scope: Scope,
    tenant: Tenant,
    drawn: Drawn,
    now: datetime,
    *,
    vacuum: Vacuum | None = None,
    progress: Progress = lambda kind, done, of: None,
) -> None:
    """Import all that was drawn.  Broken off, it is completed by doing it again.  ValueError if a record is refused."""
    records = {kind: getattr(drawn, kind.value) for kind in KINDS}
    steps, before = 2 * sum(map(len, records.values())), 0
    for kind, drawn_of in records.items():

        def told(stage: str, done: int, _: int | None, kind: ImportKind = kind, before: int = before) -> None:
            progress(kind.value, before + done + (len(records[kind]) if stage == "load" else 0), steps)

        options = Options(now, progress=told, vacuum=vacuum)
        summary = await load_records(scope, tenant, kind, drawn_of, options, system=SYSTEM)
        if summary.problem_count:
            raise ValueError(f"the demo's {kind} are refused: {summary.problems[0]}")
        before += 2 * len(drawn_of)
