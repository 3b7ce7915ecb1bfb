"""``demo.json``: where the demo answers, and a key for each merchant.  For its owner's eyes only."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from api.demo.prepare import DemoTenant


def known_tokens(path: Path) -> dict[str, str]:
    """The tokens that an earlier run has written, by slug; none from a file that is missing or spoilt."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return {one["slug"]: str(one["apiKey"]) for one in json.loads(path.read_text(encoding="utf-8"))["tenants"]}
    return {}


def write_tokens(path: Path, url: str, tenants: Sequence[DemoTenant]) -> None:
    """Write the file anew, whole or not at all."""
    content = {"url": url, "tenants": [{"slug": one.slug, "apiKey": one.token} for one in tenants]}
    written = path.with_suffix(".new")
    written.unlink(missing_ok=True)  # one left behind would keep its own mode
    with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    written.replace(path)
