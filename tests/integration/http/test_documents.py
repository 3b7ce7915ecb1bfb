"""Every GraphQL document of the README and the docs is answered by the compiled path, without an error."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import OperationType, parse
from sqlalchemy import select

from api.answering import Answering
from api.graph.request import typed_id
from api.scopes import Scope as Permission
from domain.segments.segment import Segment
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, control_of
from tests.support.planted import plant
from tests.support.tenants import NOW, Tenants

ID_OF = re.compile(r"<id of (\w+)>")  # of the planted segment with this key
ROOT = Path(__file__).parents[3]
FENCED = re.compile(r"```graphql\n(.*?)```(?:\s*```json variables\n(.*?)```)?", re.DOTALL)
DOCUMENTS = [
    pytest.param(text, variables, id=f"{path.name}-{number}")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for number, (text, variables) in enumerate(FENCED.findall(path.read_text(encoding="utf-8")), 1)
]


@pytest.fixture(scope="module")
async def planted(api: Api, tenants: Tenants, scope: Scope) -> Tenant:
    """A tenant with a row of everything."""
    (tenant,) = await tenants()
    async with scope.write(tenant) as session:
        await plant(session)
    return tenant


@pytest.fixture(scope="module")
async def ids(planted: Tenant, scope: Scope) -> dict[str, str]:
    """Key of a planted segment → its id."""
    async with scope.write(planted) as session:
        return {key: typed_id("seg", id_) for id_, key in await session.execute(select(Segment.id, Segment.key))}


def filled(variables: str, ids: dict[str, str]) -> Any:
    """The variables of a document, with ids where the page says whose."""
    return orjson.loads(ID_OF.sub(lambda found: ids[found[1]], variables) or "{}")


def test_the_docs_have_documents() -> None:
    assert len(DOCUMENTS) >= 5


@pytest.mark.parametrize(("text", "variables"), DOCUMENTS)
async def test_a_document_of_the_docs_runs(
    api: Api, planted: Tenant, ids: dict[str, str], text: str, variables: str
) -> None:
    shop = await api.of(planted)
    answer = await shop.ask(text, filled(variables, ids))
    assert "errors" not in answer, answer
    assert '"problem":{' not in orjson.dumps(answer).decode(), answer


@pytest.mark.parametrize(("text", "variables"), DOCUMENTS)
async def test_a_query_of_the_docs_is_compiled(
    scope: Scope, planted: Tenant, ids: dict[str, str], text: str, variables: str
) -> None:
    if any(getattr(part, "operation", None) is not OperationType.QUERY for part in parse(text).definitions):
        return
    ran = await Answering(scope, control_of(scope), b"k" * 32).executor.run(
        text, filled(variables, ids), now=NOW, tenant=planted, scopes=frozenset(Permission)
    )
    assert ran.compiled
