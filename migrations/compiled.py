"""Migrations compiled to SQL: the text is the same for every schema, so it is made once and sent to each.

Alembic's ``op`` is one global of the process; run in several schemas at once it could point at the wrong one.
As text, run under the schema's ``search_path``, a migration knows no connection.  It follows that a migration may not
read before it writes: what depends on rows is said in SQL.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

FOLDER = Path(__file__).parent
VERSION_TABLE = "alembic_version"
# The models' own convention: it names the CHECKs that come with enumerations.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(slots=True)
class Revisions:
    """The migrations of a folder, and their SQL."""

    folder: Path
    schema: str | None = None  # of the version table; null: the one that the search_path names
    _scripts: ScriptDirectory = field(init=False)
    _compiled: dict[tuple[str | None, str], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._scripts = ScriptDirectory(str(self.folder))

    @property
    def head(self) -> str:
        """The newest revision."""
        found = self._scripts.get_current_head()
        if found is None:
            raise LookupError(f"no migrations in {self.folder}")
        return found

    @property
    def served(self) -> tuple[str, ...]:
        """The revisions that this code can serve: its head and the one before it."""
        return tuple(one.revision for one in self._scripts.walk_revisions())[:2]

    @property
    def outdated(self) -> frozenset[str]:
        """The revisions before those."""
        return frozenset(one.revision for one in self._scripts.walk_revisions()) - frozenset(self.served)

    def knows(self, revision: str) -> bool:
        """Whether it is one of ours; a newer release's is not."""
        return any(one.revision == revision for one in self._scripts.walk_revisions())

    def sql(self, start: str | None, target: str = "head") -> str:
        """The statements that lead from a revision (null: an empty schema) to ``target``, the version row included."""
        if (start, target) not in self._compiled:
            self._compiled[start, target] = self._compile(start, target)
        return self._compiled[start, target]

    def _compile(self, start: str | None, target: str) -> str:
        written = io.StringIO()
        options: dict[str, Any] = {
            "as_sql": True,
            "output_buffer": written,
            "starting_rev": start,
            "literal_binds": True,
            "target_metadata": MetaData(naming_convention=NAMING),
            "transactional_ddl": False,  # whoever runs the text opens the transaction
            "version_table": VERSION_TABLE,
            "version_table_schema": self.schema,
            "fn": lambda revision, context: self._scripts._upgrade_revs(target, start),  # type: ignore[arg-type]
        }
        # This dialect's parameters are $1: the others double every percent sign of the text.
        context = MigrationContext.configure(dialect=asyncpg_dialect(), opts=options)  # type: ignore[no-untyped-call]
        with Operations.context(context):
            context.run_migrations()
        return written.getvalue()


def tenant_revisions() -> Revisions:
    """The migrations of a tenant's schema."""
    return Revisions(FOLDER / "tenant")


def platform_revisions() -> Revisions:
    """The migrations of the control plane."""
    return Revisions(FOLDER / "platform", "platform")
