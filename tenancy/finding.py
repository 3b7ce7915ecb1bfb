"""What a doctor finds: what is not as it should be, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.  ``tenant``: a slug, if it concerns one."""

    what: str
    remedy: str
    tenant: str | None = None
