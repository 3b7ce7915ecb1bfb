"""Alembic's entry for a tenant's schema."""

from domain.models import metadata
from migrations.online import run

run(metadata, schema=None)
