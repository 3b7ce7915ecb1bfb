"""What the process remembers of a tenant: the terms its rules refer to, read in the snapshot of the question."""

from typing import Any

from sqlalchemy.dialects import postgresql

from domain.rules.terms import Terms
from domain.segments.terms import terms_of, terms_statement
from domain.vocabulary import CONDITIONS

_SQL = str(terms_statement().compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


async def read_terms(connection: Any) -> Terms:
    """The terms, by an asyncpg connection inside a scope."""
    return terms_of(await connection.fetchval(_SQL), CONDITIONS)
