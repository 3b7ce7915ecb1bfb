"""The benchmark's tenants: made by the product, filled by SQL, kept in ``var/bench`` until what makes them changes."""

import asyncio
import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import track
from sqlalchemy.ext.asyncio import AsyncEngine

from api.blueprint import blueprint
from migrations.compiled import platform_revisions
from tenancy.baseline import Blueprint
from tenancy.embedded import LOGIN, Embedded, open_embedded
from tenancy.engine import create_engine
from tenancy.keys import create_key
from tenancy.migrate import migrate_platform
from tenancy.provision import NewTenant, provision
from tests.bench import fill
from tests.support.http import opened as opened_api

HOME = Path("var") / "bench"
# Customers of one country and one label with six orders or more in a year: a fifth of a twentieth of all.
COUNTRY, TAG, ORDERS, DAYS = "DE", "vip", 6, 365
RULE = {
    "all": [
        {"attribute": {"key": "country", "test": {"text": {"eq": COUNTRY}}}},
        {"tag": {"test": {"hasAny": [TAG]}}},
        {"orders": {"having": {"count": {"gte": str(ORDERS)}}, "window": {"last": f"P{DAYS}D"}}},
    ]
}
SAVE = """
mutation($rule: RuleInput!) {
  segmentCreate(input: {key: "loyal", name: {en: "Loyal"}, rule: $rule}) { ... on SegmentSuccess { segment { id } } }
}
"""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A tenant, the key that a client sends, and how many customers it has."""

    schema: str
    token: str
    customers: int


@dataclass(frozen=True, slots=True)
class Merchants:
    """All of them: one large, many small; and the id of a segment of the large one."""

    large: Merchant
    small: list[Merchant]
    segment: str


@contextmanager
def opened(say: Console) -> Iterator[tuple[Embedded, Merchants]]:
    """The server with all tenants, made if they are not there.  It ends when nobody uses it any more."""
    now, kept = datetime.now(UTC), HOME / "merchants.json"
    print_ = _fingerprint(now)
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    fresh = found.get("fingerprint") != print_
    if fresh:
        kept.unlink(missing_ok=True)
        shutil.rmtree(HOME / "postgres", ignore_errors=True)
        _announce(say)
    with open_embedded(HOME / "postgres", say=say.print) as server:
        if fresh:
            made = asyncio.run(_make(server, now, say))
            kept.write_text(json.dumps({"fingerprint": print_, **asdict(made)}))
            found = json.loads(kept.read_text())
        small = [Merchant(**each) for each in found["small"]]
        yield server, Merchants(Merchant(**found["large"]), small, found["segment"])


def _fingerprint(now: datetime) -> str:
    """Of what the rows depend on: how they are made, the tables, and the month that they end with."""
    parts = (Path(fill.__file__).read_bytes(), all_tables(), str(RULE).encode(), now.strftime("%Y-%m").encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def all_tables() -> bytes:
    """The tables of a tenant and of the control plane."""
    tables = sorted(blueprint().script.splitlines())  # indexes come in any order
    return "\n".join((*tables, platform_revisions().sql(None))).encode()


def _announce(say: Console) -> None:
    need = fill.LARGE.bytes + fill.TENANTS * fill.SMALL.bytes + fill.SPARE_BYTES
    HOME.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(HOME).free
    say.print(f"The benchmark's data take about {need / 1e9:.1f} GB under {HOME}; {free / 1e9:.0f} GB are free.")
    if free < need:
        raise SystemExit(1)


async def _make(server: Embedded, now: datetime, say: Console) -> Merchants:
    await migrate_platform(server.owner_dsn, LOGIN, server.password(LOGIN))
    owner, made_of = create_engine(server.owner_dsn), blueprint()
    connection = await asyncpg.connect(server.owner_dsn)
    try:
        large = await _merchant(owner, made_of, connection, "bench-large", fill.LARGE, now)
        small = [
            await _merchant(owner, made_of, connection, f"bench-{number}", fill.SMALL, now)
            for number in track(range(fill.TENANTS), "Making tenants", console=say)
        ]
        segment = await _segment(server, owner, large)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
        await owner.dispose()
    return Merchants(large, small, segment)


async def _segment(server: Embedded, owner: AsyncEngine, large: Merchant) -> str:
    """A segment, saved as a client does."""
    async with opened_api(server.app_dsn, owner) as api:
        saved = await replace(api, token=large.token).data(SAVE, {"rule": RULE})
    return str(saved["segmentCreate"]["segment"]["id"])


async def _merchant(
    owner: AsyncEngine, made_of: Blueprint, connection: Any, slug: str, amount: fill.Amount, now: datetime
) -> Merchant:
    tenant = await provision(owner, made_of, NewTenant(slug=f"{slug}-{secrets.token_hex(4)}"), now)
    async with owner.begin() as control:
        _, token = await create_key(control, tenant, now)
    async with connection.transaction():
        # Rows that refer to numbers of the same series need no look at what they refer to.
        await connection.execute("SET LOCAL session_replication_role TO replica")
        await connection.execute(f"SET LOCAL search_path TO {tenant.schema}")
        await connection.execute(fill.CUSTOMERS, now, amount.customers)
        await connection.execute(fill.ORDERS, now, amount.orders, amount.customers)
        await connection.execute(fill.ANSWERS, now, amount.answers, amount.customers)
    return Merchant(tenant.schema, token, amount.customers)
