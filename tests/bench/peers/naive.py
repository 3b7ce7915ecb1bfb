"""The usual service: Strawberry resolvers, SQLAlchemy's ORM and a DataLoader, as its documentation teaches.

Documents are parsed and validated once; a request has one session, in which its tenant is named; a loader asks for the
orders of all customers at once.
"""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache

from domain.customers import customer as rows
from domain.feedback.feedback import Feedback, FeedbackKind
from domain.orders.order import Order as OrderRow
from domain.orders.order import OrderStatus
from tests.bench.merchants import COUNTRY, DAYS, ORDERS, TAG
from tests.bench.peers.frame import read_schemas

SCHEMAS = read_schemas()
NAMING = text("SELECT set_config('role', :role, true), set_config('search_path', :path, true)")
engine = create_async_engine(
    os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=20,
    max_overflow=0,
    connect_args={"server_settings": {"timezone": "UTC", "jit": "off", "statement_timeout": "10s"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
CustomerKind = strawberry.enum(rows.CustomerKind)


@strawberry.type
class Order:
    """One purchase."""

    id: strawberry.ID
    external_id: str
    status: str
    net_total: Decimal
    placed_at: datetime


@strawberry.type
class Customer:
    """Somebody who buys."""

    key: strawberry.Private[UUID]
    id: strawberry.ID
    kind: CustomerKind
    display_name: str | None
    email: str | None
    phone: str | None
    country: str | None
    city: str | None
    tags: list[str]
    registered_at: datetime
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: rows.Customer) -> "Customer":
        """The type of a row."""
        return cls(
            key=row.id,
            id=strawberry.ID(f"cus_{row.id.hex}"),
            kind=row.kind,
            display_name=row.display_name,
            email=row.email,
            phone=row.phone,
            country=row.country,
            city=row.city,
            tags=row.tags,
            registered_at=row.registered_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field
    async def orders(self, info: strawberry.Info, first: int = 5) -> list[Order]:
        """The latest."""
        loaders: dict[int, DataLoader[UUID, list[Order]]] = info.context["orders"]
        if first not in loaders:
            loaders[first] = latest_orders(info.context["session"], first)
        return await loaders[first].load(self.key)


def latest_orders(session: AsyncSession, first: int) -> DataLoader[UUID, list[Order]]:
    """Loads the latest orders of many customers by one statement."""

    async def load(keys: list[UUID]) -> Sequence[list[Order]]:
        newest = (OrderRow.placed_at.desc(), OrderRow.id.desc())
        place = func.row_number().over(partition_by=OrderRow.customer_id, order_by=newest)
        ranked = select(OrderRow, place.label("place")).where(OrderRow.customer_id.in_(keys)).subquery()
        latest = aliased(OrderRow, ranked)
        query = select(latest).where(ranked.c.place <= first).order_by(ranked.c.place)
        found: dict[UUID, list[Order]] = {key: [] for key in keys}
        for row in await session.scalars(query):
            found[row.customer_id].append(
                Order(
                    id=strawberry.ID(f"ord_{row.id.hex}"),
                    external_id=row.external_id,
                    status=row.status,
                    net_total=row.net_total,
                    placed_at=row.placed_at,
                )
            )
        return [found[key] for key in keys]

    return DataLoader(load)


@strawberry.type
class Count:
    """How many."""

    value: int


@strawberry.type
class Segment:
    """A group of customers."""

    @strawberry.field
    async def count(self, info: strawberry.Info) -> Count:
        """Its members."""
        now = datetime.now(UTC)
        year = (OrderRow.placed_at > now - timedelta(days=DAYS), OrderRow.placed_at <= now)
        orders = select(func.count()).where(
            OrderRow.customer_id == rows.Customer.id, OrderRow.status != OrderStatus.CANCELLED, *year
        )
        query = select(func.count(rows.Customer.id)).where(
            rows.Customer.country == COUNTRY,
            rows.Customer.tags.any(TAG),
            *known(),
            orders.scalar_subquery() >= ORDERS,
        )
        return Count(value=await info.context["session"].scalar(query))


@strawberry.type
class Nps:
    """Net promoter score."""

    score: Decimal


@strawberry.type
class Month:
    """The answers of a month."""

    period: date
    n: int
    nps: Nps | None


def known() -> tuple[ColumnElement[bool], ...]:
    """Customers that count."""
    row = rows.Customer
    there = row.deleted_at.is_(None), row.erased_at.is_(None)
    return row.registered_at <= func.now(), row.merged_into.is_(None), *there


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def customer(self, info: strawberry.Info, id: strawberry.ID) -> Customer | None:
        """A customer by id."""
        session = info.context["session"]
        row = await session.get(rows.Customer, UUID(id.removeprefix("cus_")))
        if row is not None and row.merged_into:
            row = await session.get(rows.Customer, row.merged_into)
        return None if row is None or row.deleted_at or row.erased_at else Customer.of(row)

    @strawberry.field
    async def customers(self, info: strawberry.Info, country: str, first: int = 50) -> list[Customer]:
        """Customers of a country, the newest first."""
        query = (
            select(rows.Customer)
            .where(rows.Customer.country == country, *known())
            .order_by(rows.Customer.registered_at.desc(), rows.Customer.id.desc())
            .limit(first)
        )
        return [Customer.of(row) for row in await info.context["session"].scalars(query)]

    @strawberry.field
    async def segment(self, id: strawberry.ID) -> Segment:
        """The segment; its rule is known."""
        return Segment()

    @strawberry.field
    async def nps_by_month(self, info: strawberry.Info, periods: int) -> list[Month]:
        """The answers of the last months, grouped by month."""
        month = func.date_trunc("month", Feedback.submitted_at)
        n, now = func.count(), func.now()
        up, down = n.filter(Feedback.score >= 9), n.filter(Feedback.score <= 6)
        query = (
            select(month.label("month"), n.label("n"), (100.0 * (up - down) / n).label("score"))
            .where(
                Feedback.kind == FeedbackKind.NPS,
                Feedback.score.is_not(None),
                Feedback.submitted_at >= func.date_trunc("month", now) - func.make_interval(0, periods - 1),
                Feedback.submitted_at <= now,
            )
            .group_by(month)
            .order_by(month)
        )
        return [
            Month(period=row.month.date(), n=row.n, nps=Nps(score=round(Decimal(row.score), 1)))
            for row in await info.context["session"].execute(query)
        ]


class OneSession(SchemaExtension):
    """A session for the operation, in the caller's tenant."""

    async def on_execute(self) -> AsyncIterator[None]:  # type: ignore[override]
        """Open it, name the tenant, close it."""
        context = self.execution_context.context
        schema_name = SCHEMAS[context["request"].headers["authorization"]]
        async with sessions() as session, session.begin():
            await session.execute(NAMING, {"role": schema_name, "path": f"{schema_name}, pg_temp"})
            context |= {"session": session, "orders": {}}
            yield


schema = strawberry.Schema(Query, extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100), OneSession])
app = Starlette(routes=[Route("/graphql", GraphQL(schema))])
