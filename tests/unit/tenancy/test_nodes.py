"""Which node serves a tenant: the configured DSN, or the same on another host."""

import uuid
from dataclasses import replace

import pytest

from tenancy.engine import Engines, with_host
from tenancy.tenant import Tenant

DSN = "postgresql://regulars_app:p%40ss@db.example:6432/regulars?sslmode=require"


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        (None, None, DSN),
        ("two.example", None, DSN.replace("db.example", "two.example")),
        (None, 7777, DSN.replace("6432", "7777")),
        ("10.0.0.2", 7777, DSN.replace("db.example:6432", "10.0.0.2:7777")),
    ],
)
def test_another_node_is_the_same_dsn_on_another_host(host: str | None, port: int | None, expected: str) -> None:
    assert with_host(DSN, host, port) == expected


async def test_each_tenant_is_led_to_the_node_that_its_row_names() -> None:
    here = Tenant(uuid.uuid4(), "lantern")
    there = replace(here, node="two")
    async with Engines(DSN, nodes={"two": ("two.example", None)}) as engines:
        assert engines.engine_for(here) is engines.engine_for(here) is engines.node()
        assert engines.engine_for(there) is engines.node("two")
        assert engines.engine_for(there) is not engines.engine_for(here)
        with pytest.raises(KeyError):
            engines.engine_for(replace(here, node="three"))
