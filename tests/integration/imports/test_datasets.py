"""The maps that ship, on the public files they are for: the published figures, and a repeat changes nothing."""

import csv
import gzip
from collections import defaultdict
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from domain.imports.subjects import ImportKind
from tests.support.datasets import FILES, dataset, import_dataset, shipped
from tests.support.figures import assert_figures
from tests.support.http import Api
from tests.support.imports import Shop, faults, lines, outcomes
from tests.support.rfm import assert_rfm


@pytest.mark.parametrize("currency", ["GBP"])
async def test_online_retail_gives_its_published_figures_and_again_nothing_new(shop: Shop, api: Api) -> None:
    customers = await import_dataset(shop, "online_retail_customers")
    assert outcomes(customers, "customers") == {"created": 4_372, "skipped": 135_080}
    done = await import_dataset(shop, "online_retail_orders")
    assert outcomes(done, "orders") == {"created": 18_532, "skipped": 3_532}
    assert lines(done, "orders") == {"created": 397_884, "skipped": 134_737}
    assert outcomes(done, "returns") == {"created": 3_654, "skipped": 182}
    assert lines(done, "returns") == {"created": 8_905, "skipped": 383}
    assert done.entities.total() == 25_900
    assert dict(done.skipped) == {"no customer": 135_077, "bad debt adjustment": 3, "price not above zero": 40}
    assert dict(done.besides) == {"products": 3_684}
    assert await shop.rows("SELECT count(DISTINCT customer_id) AS customers, sum(base_net) AS revenue FROM orders") == [
        {"customers": 4_338, "revenue": Decimal("8911407.90")}
    ]
    per_customer = """SELECT count(*) AS orders, sum(base_net) AS spent FROM orders
        JOIN customer_external_ref AS r USING (customer_id) WHERE r.value = :customer"""
    assert (await shop.rows(per_customer, customer="12748"))[0]["orders"] == 209
    assert (await shop.rows(per_customer, customer="14646"))[0]["spent"] == Decimal("280206.02")
    assert await shop.rows(per_customer, customer="12347") == [{"orders": 7, "spent": Decimal("4310.00")}]
    await assert_figures(api, shop.tenant, "online_retail")
    await assert_rfm(shop)
    before = await shop.everything()
    again = await import_dataset(shop, "online_retail_orders")
    assert outcomes(again, "orders") == {"unchanged": 18_532, "skipped": 3_532}
    assert outcomes(again, "returns") == {"unchanged": 3_654, "skipped": 182}
    assert outcomes(await import_dataset(shop, "online_retail_customers"), "customers")["unchanged"] == 4_372
    assert await shop.everything() == before


@pytest.mark.parametrize("currency", ["BRL"])
async def test_olist_gives_its_published_figures_and_again_nothing_new(shop: Shop, api: Api) -> None:
    dry = await import_dataset(shop, "olist_orders", dry_run=True)
    assert dict(dry.besides) == {"customers": 36_211, "products": 17_362}
    assert outcomes(await import_dataset(shop, "olist_customers"), "customers") == {"created": 36_211}
    assert outcomes(await import_dataset(shop, "olist_products"), "products") == {"created": 32_951}
    assert outcomes(await import_dataset(shop, "olist_orders"), "orders") == {"created": 36_725}
    assert outcomes(await import_dataset(shop, "olist_feedback"), "feedback") == {"created": 36_648}
    assert await shop.rows("""SELECT (SELECT count(*) FROM customer) AS customers,
        (SELECT count(*) FROM order_item) AS items,
        (SELECT count(*) FROM orders WHERE NOT EXISTS (SELECT FROM order_item WHERE order_id = orders.id)) AS bare,
        (SELECT count(*) FROM feedback WHERE order_id IS NULL) AS unlinked,
        (SELECT count(*) FROM feedback WHERE kind = 'CSAT' AND score >= 4) AS satisfied""") == [
        {"customers": 36_211, "items": 41_587, "bare": 280, "unlinked": 0, "satisfied": 28_199}
    ]
    await assert_figures(api, shop.tenant, "olist")
    before = await shop.everything()
    for name, subject in (
        ("customers", "customers"),
        ("products", "products"),
        ("orders", "orders"),
        ("feedback", "feedback"),
    ):
        done = await import_dataset(shop, f"olist_{name}")
        assert set(outcomes(done, subject)) == {"unchanged"}
    assert await shop.everything() == before


async def test_the_garden_survey_gives_its_published_figures_and_again_nothing_new(shop: Shop, api: Api) -> None:
    for key, type_ in (("visits", "INTEGER"), ("average_ticket", "DECIMAL"), ("period", "INTEGER")):
        await shop.run(
            "INSERT INTO attribute_definition (id, key, type, created_at)"
            " VALUES (gen_random_uuid(), :key, :type, now())",
            key=key, type=type_,
        )  # fmt: skip
    assert outcomes(await import_dataset(shop, "garden_customers"), "customers") == {"created": 13_954}
    done = await import_dataset(shop, "garden_feedback")
    assert outcomes(done, "feedback") == {"created": 41_277, "skipped": 585}
    assert lines(done, "feedback") == {"created": 13_950, "skipped": 4}
    assert await shop.rows("""SELECT count(*) FILTER (WHERE score >= 9) AS promoters,
        count(*) FILTER (WHERE score BETWEEN 7 AND 8) AS passives, count(*) FILTER (WHERE score <= 6) AS detractors
        FROM feedback WHERE kind = 'NPS'""") == [{"promoters": 8_465, "passives": 3_953, "detractors": 1_194}]
    await assert_figures(api, shop.tenant, "garden")
    before = await shop.everything()
    assert outcomes(await import_dataset(shop, "garden_feedback"), "feedback") == {"unchanged": 41_277, "skipped": 585}
    assert await shop.everything() == before


@pytest.mark.parametrize("currency", ["GBP"])
async def test_online_retail_with_every_tenth_row_broken_loads_the_rest(shop: Shop, tmp_path: Path) -> None:
    with gzip.open(dataset(FILES["online_retail_orders"][1]), "rt", newline="") as file:
        header, *rows = islice(csv.reader(file), 20_001)
    price, quantity = header.index("UnitPrice"), header.index("Quantity")
    broken, kept = [], defaultdict(int)
    for number, row in enumerate(rows, 2):
        loaded = row[6] and float(row[price]) > 0 and int(row[quantity]) > 0 and not row[0].startswith("C")
        if number % 10 == 0 and loaded:
            row[price] = "1e999"
            broken.append((number, row[0]))
        elif loaded:
            kept[row[0]] += 1
    path = tmp_path / "broken.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    done = await shop.import_file(path, shipped("online_retail_orders"))
    assert faults(done) == [(number, "unit_price", "OUT_OF_RANGE") for number, _ in broken]
    refused = {order for _, order in broken}
    whole = {order: n for order, n in kept.items() if order not in refused}
    assert outcomes(done, "orders")["created"] == len(whole)
    assert outcomes(done, "orders")["failed"] == len(refused)
    assert lines(done, "orders")["created"] == sum(whole.values())
    assert await shop.one("SELECT count(*) FROM order_item") == sum(whole.values())


@pytest.mark.parametrize("name", FILES)
def test_every_map_that_ships_is_one(name: str) -> None:
    assert shipped(name).kind in ImportKind
