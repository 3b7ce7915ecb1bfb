"""Alembic's entry for the control plane."""

from migrations.online import run
from tenancy.platform import SCHEMA, metadata

run(metadata, schema=SCHEMA)
