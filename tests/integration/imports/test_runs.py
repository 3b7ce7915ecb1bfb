"""How a run behaves around its rows: beside another run, broken off, and tidied up."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.imports.rows import Line, Record
from api.imports.run import Options, Source, run_import
from domain.base import new_id
from domain.imports.subjects import TABLES, ImportKind
from tests.support.imports import NOW, Shop, outcomes

STORED = {"orders": 200, "order_item": 600, "customer": 200, "product": 3}


def lines_of(order: str, count: int) -> list[dict[str, Any]]:
    """An order of so many lines."""
    placed = {"order": order, "customer": f"of {order}", "placed_at": "2024-03-01", "quantity": 1, "unit_price": 2}
    return [placed | {"sku": f"s{n}"} for n in range(count)]


async def test_two_imports_of_the_same_at_once_store_everything_once(shop: Shop) -> None:
    records = [line for n in range(200) for line in lines_of(f"o{n}", 3)]
    both = await asyncio.gather(*(shop.load(ImportKind.ORDERS, records) for _ in range(2)))
    counted = {table: await shop.one(f"SELECT count(*) FROM {table}") for table in STORED}
    assert counted == STORED
    assert sum(outcomes(one, "orders").get("created", 0) for one in both) == 200
    assert await shop.one("SELECT max(sequence) = count(*) FROM event") is True


async def test_customers_changed_by_two_imports_at_once_keep_every_change_in_their_history(shop: Shop) -> None:
    names = [f"c{n}" for n in range(300)]
    await shop.load(ImportKind.CUSTOMERS, [{"external_id": name, "city": "A", "region": "A"} for name in names])
    await asyncio.gather(
        shop.load(ImportKind.CUSTOMERS, [{"external_id": name, "city": "B"} for name in names]),
        shop.load(ImportKind.CUSTOMERS, [{"external_id": name, "region": "B"} for name in names]),
    )
    assert await shop.rows("SELECT city, region, version, count(*) AS n FROM customer GROUP BY 1, 2, 3") == [
        {"city": "B", "region": "B", "version": 3, "n": 300}
    ]
    assert await shop.one("SELECT count(*) FROM attribute_change") == 600


async def test_an_import_that_breaks_off_leaves_nothing_staged(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.imports.stage.BATCH", 2)

    def records() -> Iterator[Line]:
        for number in range(1, 6):
            yield Line(number, [Record({"external_id": str(number)})])
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        await run_import(
            shop.scope, shop.tenant, Source(ImportKind.CUSTOMERS, "shop", records(), "shop"), Options(now=NOW)
        )
    assert await shop.one("SELECT count(*) FROM import_row") == 0
    assert await shop.one("SELECT count(*) FROM customer") == 0


async def test_what_a_run_left_behind_that_was_killed_is_dropped_a_day_later(shop: Shop) -> None:
    await shop.run(
        "INSERT INTO import_row VALUES (:run, 'customers', 'k', 1, 0, 'READY', 1, gen_random_uuid(), '{}')",
        run=new_id(NOW - timedelta(hours=20)),
    )
    await shop.load(ImportKind.CUSTOMERS, [{"external_id": "1"}])
    assert await shop.one("SELECT count(*) FROM import_row") == 1
    await shop.load(ImportKind.CUSTOMERS, [{"external_id": "1"}], now=NOW + timedelta(hours=5))
    assert await shop.one("SELECT count(*) FROM import_row") == 0


@pytest.mark.parametrize("dry_run", [False, True])
async def test_the_tables_an_import_wrote_are_vacuumed_after_it_unless_it_was_dry(shop: Shop, dry_run: bool) -> None:
    vacuumed: list[str] = []

    async def vacuum(tables: Any) -> None:
        vacuumed.extend(tables)

    lines = [Line(1, [Record({"external_id": "1"})])]
    source = Source(ImportKind.CUSTOMERS, "shop", lines, "shop")
    await run_import(shop.scope, shop.tenant, source, Options(now=NOW, dry_run=dry_run, vacuum=vacuum))
    assert vacuumed == ([] if dry_run else [*TABLES[ImportKind.CUSTOMERS], "event", "import_row"])
