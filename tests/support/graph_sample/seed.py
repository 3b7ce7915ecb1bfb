"""A small shop with awkward data: quotes, marks, ties, nulls, microseconds."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from tests.support.graph_sample.tables import Base

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = ["Ada", "Li Wei", 'O"Brien \\u0000', "王芳", "Zoë", "a_b%c"]
REGIONS = {"asia": ["CN", "JP"], "europe": ["DE", "FR"], "nowhere": []}
RULES: dict[str, Any] = {
    "Asian": {"region": "asia"},
    "Big": {"all": [{"spent": {"atLeast": "900", "window": "LAST_YEAR"}}, {"not": {"country": ["DE"]}}]},
    "Chinese": {"country": ["CN"]},
    "None": {"country": []},
}
Data = dict[str, list[dict[str, Any]]]


def data(customers: int = 24, seed: int = 1) -> Data:
    """Rows by table, as Python values."""
    dice = random.Random(seed)
    made: Data = {table.name: [] for table in Base.metadata.sorted_tables}
    for place in range(customers):
        made["customer"].append(_customer(dice, place))
        key = made["customer"][-1]["id"]
        for _ in range(dice.randrange(8)):
            made["order"].append(_order(dice, key, len(made["order"]) + 1))
            for _ in range(dice.randrange(3)):
                made["order_item"].append(_item(dice, made["order"][-1]["id"]))
        if dice.random() < 0.6:
            answer = {"id": _uuid(dice), "customer_id": key, "score": dice.randrange(11)}
            made["feedback"].append({**answer, "at": NOW - timedelta(days=dice.randrange(200))})
    made["segment"] = [{"id": _uuid(dice), "name": n, "version": 1, "rule": r} for n, r in RULES.items()]
    made["region"] = [{"name": n, "countries": c} for n, c in REGIONS.items()]
    made["dictionary"] = [{"id": 1, "version": 1}]
    return made


def _customer(dice: random.Random, place: int) -> dict[str, Any]:
    return {
        "id": _uuid(dice),
        "created_at": NOW - timedelta(days=dice.randrange(900), microseconds=dice.randrange(10**6)),
        "name": dice.choice([*NAMES, f"N{place}"]),
        "email": f"p{place}@example.test",
        "country": dice.choice(["CN", "DE", None]),
        "points": dice.randrange(1000),
        "tags": dice.sample(["vip", "new", 'a"b'], dice.randrange(3)),
        "traits": dice.choice([{}, {"size": 3, "list": [1, None, "\\u0000!NULL"]}, {"名": True}]),
        "born": dice.choice([None, date(1990, 2, 28)]),
        "visits": dice.choice([0, 2**53 + 1]),
    }


def _order(dice: random.Random, customer: UUID, number: int) -> dict[str, Any]:
    placed = NOW - timedelta(days=dice.randrange(500), seconds=dice.randrange(5))
    return {
        "id": _uuid(dice),
        "customer_id": customer,
        "number": number,
        "status": dice.choice(["PENDING", "PAID", "RETURNED"]),
        "total": Decimal(dice.randrange(10**5)).scaleb(-2),
        "placed_at": placed,
        "shipped_at": dice.choice([None, placed + timedelta(days=1)]),
    }


def _item(dice: random.Random, order: UUID) -> dict[str, Any]:
    price = Decimal(dice.randrange(999)).scaleb(-2)
    return {
        "id": _uuid(dice),
        "order_id": order,
        "sku": f"S{dice.randrange(9)}",
        "quantity": dice.randrange(1, 5),
        "price": price,
    }


def _uuid(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)


def ddl(schema: str) -> str:
    """Statements that make the tables in a schema of their own."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = [f"DROP SCHEMA IF EXISTS {schema} CASCADE", f"CREATE SCHEMA {schema}", f"SET search_path TO {schema}"]
    for table in Base.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return ";\n".join(made)


async def plant(connection: Any, schema: str, rows: Data) -> None:
    """Make the tables in ``schema`` and fill them."""
    await connection.execute(ddl(schema))
    for table, found in rows.items():
        for row in found:
            values = [json.dumps(v) if isinstance(v, dict) else v for v in row.values()]
            places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
            names = ", ".join(f'"{name}"' for name in row)
            await connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', *values)
    await connection.execute("RESET search_path")
