"""Revisions that the product does not have yet: for trying what a migration of all tenants does."""

import shutil
from pathlib import Path

from migrations.compiled import FOLDER, Revisions

REVISION = '''"""Drafted for a test."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {name!r}, {before!r}, None, None


def upgrade():
    {body}
'''
ADD_NICKNAME = 'op.add_column("customer", sa.Column("nickname", sa.Text()))'


def with_revisions(folder: Path, *bodies: str) -> Revisions:
    """The product's migrations and one more for each body, named next1, next2 …"""
    shutil.copytree(FOLDER / "tenant", folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = Revisions(folder).head
    for number, body in enumerate(bodies, 1):
        name = f"next{number}"
        (folder / "versions" / f"{name}.py").write_text(REVISION.format(name=name, before=before, body=body))
        before = name
    return Revisions(folder)
