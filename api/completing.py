"""Rule texts completed while they are typed, over GraphQL."""

from typing import Annotated
from uuid import UUID

from api.graph.field import Same, load
from api.scopes import Scope
from api.views import view
from domain.rules.terms import Terms
from domain.rules.text import completion
from domain.segments.inspect import Fetch
from domain.words import Says, Words


@view(completion.Completion)
class Completion:
    insert: Same
    label: Same
    kind: Same
    detail: Same
    replaces: Same


async def complete_rule(
    fetch: Fetch,
    ids: list[UUID],
    text: Annotated[str, Says(Words("text", "文本"), "Of a rule, in English, Chinese or both; unfinished.")],
    cursor: Annotated[int, Says(Words("cursor", "光标"), "Characters before it; beyond the text it is its end.")],
    locale: str | None = None,
    *,
    terms: Terms,
    spoken: str,
) -> list[list[completion.Completion]]:
    """What may stand at the cursor; at most 200.  What comes behind it is not read."""
    del fetch
    return [completion.completions(text, cursor, terms, locale or spoken) for _ in ids]


view.enum(
    completion.CompletionKind,
    KEYWORD="Words of the language.",
    MARK="A mark.",
    FIELD="A field of customers or events.",
    OPTION="One of a closed list.",
    SEGMENT="The key of a segment.",
    TEXT="A text in quotes, to be written by hand.",
    NUMBER="A number, to be written by hand.",
    DAY="A day like 2026-01-31, to be written by hand.",
    INSTANT="An instant like 2026-01-31T09:30:00Z, to be written by hand.",
    DURATION="A duration like 30 days, to be written by hand.",
)


@view.query
class CompletingQueries:
    complete_rule = load(complete_rule, requires=Scope.SEGMENTS_READ)
