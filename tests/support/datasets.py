"""Public datasets that some tests read where they lie: never part of the project."""

import os
from pathlib import Path

import pytest

from api.imports.mapping import Map, read_map
from api.imports.summary import Summary
from domain.imports.subjects import ImportKind
from tests.support.imports import MAPS, NOW, Shop

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("REGULARS_DATA", ROOT.parent / "shared" / "data"))
# map → kind, file
FILES = {
    "online_retail_customers": (ImportKind.CUSTOMERS, "online_retail/online_retail_2010_2011.csv.gz"),
    "online_retail_orders": (ImportKind.ORDERS, "online_retail/online_retail_2010_2011.csv.gz"),
    "olist_customers": (ImportKind.CUSTOMERS, "olist/olist_customers.csv.gz"),
    "olist_products": (ImportKind.PRODUCTS, "olist/olist_products.csv.gz"),
    "olist_orders": (ImportKind.ORDERS, "olist/olist_orders.csv.gz"),
    "olist_feedback": (ImportKind.FEEDBACK, "olist/olist_order_reviews.csv.gz"),
    "garden_customers": (ImportKind.CUSTOMERS, "nps_garden/nps_garden_retail.csv.gz"),
    "garden_feedback": (ImportKind.FEEDBACK, "nps_garden/nps_garden_retail.csv.gz"),
}


def dataset(file: str) -> Path:
    """A file of the datasets; without it the test is skipped, saying what is needed."""
    path = FOLDER / file
    if not path.is_file():
        pytest.skip(f"needs {file}: set REGULARS_DATA to the folder that holds it")
    return path


def shipped(name: str) -> Map:
    """A map that ships with the project."""
    return read_map(MAPS / f"{name}.toml", FILES[name][0])


async def import_dataset(shop: Shop, name: str, *, dry_run: bool = False) -> Summary:
    """Import a dataset by the map of that name; its sums are checked."""
    return await shop.import_file(dataset(FILES[name][1]), shipped(name), now=NOW, dry_run=dry_run)
