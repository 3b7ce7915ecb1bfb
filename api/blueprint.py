"""What a tenant is made of: the domain's tables and first rows, handed to tenancy."""

from domain.models import FIRST_ROWS, metadata
from migrations.compiled import tenant_revisions
from tenancy.baseline import Blueprint


def blueprint() -> Blueprint:
    """The product's; compiled when first used, so make one for a process."""
    return Blueprint(metadata, FIRST_ROWS, tenant_revisions())
