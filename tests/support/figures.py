"""The page docs/figures.md: what GraphQL answers of public datasets."""

import re
from pathlib import Path

import orjson

from tenancy.tenant import Tenant
from tests.support.http import Api

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"
FENCED = re.compile(r"```graphql\n# (\w+)\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)
PRINTED = FENCED.findall(PAGE.read_text(encoding="utf-8"))  # dataset, document, answer


async def assert_figures(api: Api, tenant: Tenant, dataset: str) -> None:
    """The tenant, which holds a dataset, answers the page's documents as printed."""
    shop = await api.of(tenant)
    asked = [(document, answer) for name, document, answer in PRINTED if name == dataset]
    assert asked
    for document, answer in asked:
        assert await shop.data(document) == orjson.loads(answer)
