"""Machines whose clocks differ: what one has written under a key, the other does not write again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.answering import Answering
from api.scopes import Scope as Word
from domain.idempotency import KEPT
from tenancy.control import Control
from tenancy.scope import Scope
from tests.support.tenants import Tenants

SAVE = """mutation { customerUpsert(input: {displayName: "Kim"}) {
    ... on CustomerSuccess { created customer { id version createdAt } } } }"""
TOTAL = "{ customers { totalCount } }"
PROMISED = timedelta(hours=24)


@pytest.mark.parametrize(
    "skew", [timedelta(hours=-23), timedelta(seconds=-5), timedelta(seconds=5), timedelta(hours=23)]
)
async def test_a_key_is_applied_once_by_machines_whose_clocks_differ(
    scope: Scope, owner: AsyncEngine, tenants: Tenants, skew: timedelta
) -> None:
    (tenant,) = await tenants()
    executor = Answering(scope, Control(owner), b"k" * 32).executor
    now = datetime.now(UTC)

    async def ask(document: str, when: datetime, key: str | None = None) -> Any:
        who = {"tenant": tenant, "scopes": frozenset(Word), "actor": "key:skewed", "idempotency_key": key}
        answer = await executor.run(document, now=when, **who)
        assert answer.codes == ()
        return orjson.loads(answer.body)["data"]

    first = await ask(SAVE, now, "once")
    assert await ask(SAVE, now + skew, "once") == first
    assert await ask(SAVE, now + PROMISED, "once") == first
    assert (await ask(TOTAL, now + timedelta(days=2)))["customers"]["totalCount"] == 1
    assert abs(skew) + PROMISED <= KEPT
