"""Every GraphQL document of the README and the docs is answered by the compiled path, without an error."""

import re
from pathlib import Path

import orjson
import pytest
from graphql import OperationType, parse

from api.answering import Answering
from api.scopes import Scope as Permission
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import Api, control_of
from tests.support.planted import plant
from tests.support.tenants import NOW, Tenants

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


def test_the_docs_have_documents() -> None:
    assert len(DOCUMENTS) >= 5


@pytest.mark.parametrize(("text", "variables"), DOCUMENTS)
async def test_a_document_of_the_docs_runs(api: Api, planted: Tenant, text: str, variables: str) -> None:
    shop = await api.of(planted)
    answer = await shop.ask(text, orjson.loads(variables or "{}"))
    assert "errors" not in answer, answer
    assert '"problem":{' not in orjson.dumps(answer).decode(), answer


@pytest.mark.parametrize(("text", "variables"), DOCUMENTS)
async def test_a_query_of_the_docs_is_compiled(scope: Scope, planted: Tenant, text: str, variables: str) -> None:
    if any(getattr(part, "operation", None) is not OperationType.QUERY for part in parse(text).definitions):
        return
    ran = await Answering(scope, control_of(scope), b"k" * 32).executor.run(
        text, orjson.loads(variables or "{}"), now=NOW, tenant=planted, scopes=frozenset(Permission)
    )
    assert ran.compiled
