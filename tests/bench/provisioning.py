"""Measures, on the embedded server as the demo runs it: provisioning of a tenant, migration of 200 by one revision.

Prints a table and writes var/bench-provisioning.json.  ``python -m tests.bench.provisioning``.
"""

import asyncio
import json
import secrets
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from api.blueprint import blueprint
from migrations.compiled import FOLDER, Revisions
from tenancy.embedded import LOGIN, open_embedded
from tenancy.engine import create_engine
from tenancy.migrate import migrate_platform, migrate_tenants
from tenancy.provision import NewTenant, provision

TENANTS, MEDIAN_MS, MIGRATION_S = 200, 100.0, 5.0
NOW = datetime(2026, 1, 15, tzinfo=UTC)
NEXT = '''"""A revision as they are: a column, an index, a check."""

from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "bench", {head!r}, None, None


def upgrade():
    op.add_column("customer", sa.Column("nickname", sa.Text()))
    op.create_index("ix_customer_nickname", "customer", ["nickname"])
    op.create_check_constraint("ck_customer_nickname", "customer", "nickname <> ''")
'''


async def measure(owner_dsn: str, next_: Revisions) -> dict[str, Any]:
    """Milliseconds to provision (median, p95), seconds to migrate, milliseconds when nothing is left to do."""
    await migrate_platform(owner_dsn, LOGIN, secrets.token_hex(16))
    owner, made = create_engine(owner_dsn, pool_size=8), blueprint()
    took = []
    for number in range(TENANTS):
        begun = time.perf_counter()
        await provision(owner, made, NewTenant(slug=f"bench-{number}"), NOW)
        took.append((time.perf_counter() - begun) * 1000)
    begun = time.perf_counter()
    report = await migrate_tenants(owner, next_, NOW)
    migrated = time.perf_counter() - begun
    begun = time.perf_counter()
    await migrate_tenants(owner, next_, NOW)
    idle = (time.perf_counter() - begun) * 1000
    connection = await asyncpg.connect(owner_dsn)
    version = await connection.fetchval("SHOW server_version")
    await connection.close()
    await owner.dispose()
    assert len(report.done) == TENANTS, report
    return {
        "server_version": version,
        "provision_median_ms": round(statistics.median(took), 1),
        "provision_p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "tenants_migrated": TENANTS,
        "migrate_s": round(migrated, 2),
        "migrate_nothing_ms": round(idle, 1),
        "within_promise": statistics.median(took) < MEDIAN_MS and migrated < MIGRATION_S,
    }


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)
        shutil.copytree(FOLDER / "tenant", folder / "tenant")
        (folder / "tenant" / "versions" / "bench.py").write_text(NEXT.format(head=blueprint().revisions.head))
        with open_embedded(folder / "postgres") as server:
            found = asyncio.run(measure(server.owner_dsn, Revisions(folder / "tenant")))
    table = Table("measure", "value")
    for name, value in found.items():
        table.add_row(name, str(value))
    Console().print(table)
    written = Path("var") / "bench-provisioning.json"
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps(found, indent=2) + "\n")
    raise SystemExit(0 if found["within_promise"] else 1)


if __name__ == "__main__":
    main()
