"""Drafts a migration of tenants: compares the models with the sum of the migrations.  Read what it wrote.

``python -m migrations.draft "why"`` adds one; ``python -m migrations.draft --first`` rewrites the first.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from alembic.config import Config

from domain.models import FIRST_ROWS
from migrations.compiled import FOLDER, tenant_revisions
from tenancy.baseline import rows
from tenancy.embedded import open_embedded

FIRST = "0001"


async def current(dsn: str, first: bool) -> None:
    """Make schema ``draft`` with what the migrations make."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE SCHEMA draft; SET search_path TO draft")
    if not first:
        await connection.execute(tenant_revisions().sql(None))
    await connection.close()


def main(arguments: list[str]) -> None:
    """Write the draft."""
    first = arguments == ["--first"]
    if len(arguments) != 1 or not arguments[0].strip():
        raise SystemExit(__doc__)
    versions = FOLDER / "tenant" / "versions"
    if first:
        for old in versions.glob(f"{FIRST}_*.py"):
            old.unlink()
    message = "The tables of a tenant" if first else arguments[0]
    number = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o711)
        with open_embedded(Path(made) / "postgres", durable=False) as server:
            asyncio.run(current(server.owner_dsn, first))
            config = Config(str(FOLDER.parent / "alembic.ini"), ini_section="tenant")
            config.cmd_opts = type("Options", (), {"x": [f"dsn={server.owner_dsn}", "schema=draft"]})()
            command.revision(config, message, autogenerate=True, rev_id=number)
    if first:
        (written,) = versions.glob(f"{FIRST}_*.py")
        inserts = "".join(f"    op.execute({json.dumps(statement)})\n" for statement in rows(FIRST_ROWS))
        written.write_text(written.read_text() + inserts)


if __name__ == "__main__":
    main(sys.argv[1:])
