"""The disk is full: writes are refused with a code and leave nothing, reads go on; with room again, all is well."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults.conftest import Shop
from tests.support.victim import Victim

SAVE = "mutation($name: String!) { customerUpsert(input: {displayName: $name}) { ... on Problem { code } } }"
TOTAL = "{ customers { totalCount } }"
MOST = 2000  # customers, until a page of four megabytes is missing


@pytest.fixture
def small(victim: Victim) -> Iterator[Path]:
    """A file system of four megabytes that PostgreSQL may write to."""
    place = victim.place.data.parent / "small"
    place.mkdir(mode=0o711)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        place.rmdir()
        pytest.skip("needs a small file system: run the tests as root, where root may mount")
    try:
        space = place / "space"
        space.mkdir(mode=0o700)
        if account := victim.place.account:
            shutil.chown(space, account.uid, account.gid)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # a backend may hold a file of it still
        place.rmdir()


async def test_writes_are_refused_and_reads_go_on(shop: Shop, small: Path) -> None:
    run, table = shop.victim.run, f"{shop.tenant.schema}.customer"
    await run(f"CREATE TABLESPACE small LOCATION '{small}/space'")
    await run(f"ALTER TABLE {table} SET TABLESPACE small")
    try:
        with (small / "filler").open("wb") as filler:
            filler.write(b"\0" * (shutil.disk_usage(small).free - 16 * 8192))
        acknowledged = await shop.count("customer")
        for number in range(MOST):
            response = await shop.api.post(SAVE, {"name": f"Ida {number}" * 100})
            if "errors" in response.json():
                break
            acknowledged += 1
        (error,) = response.json()["errors"]
        assert (error["extensions"]["code"], response.headers["retry-after"]) == ("SERVICE_UNAVAILABLE", "1")
        assert "disk" not in response.text.lower().replace("service", "")
        assert await shop.api.data(TOTAL) == {"customers": {"totalCount": acknowledged}}
        (small / "filler").unlink()
        await shop.api.data(SAVE, {"name": "Ida at last"})
        assert await shop.api.data(TOTAL) == {"customers": {"totalCount": acknowledged + 1}}
    finally:
        await run(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        await run("CHECKPOINT")
        await run("DROP TABLESPACE small")
