"""Recording interactions and answers one by one, as the rows of an import would say it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.feedback import load as feedback_load
from domain.feedback.feedback import Feedback
from domain.imports.records import KEY_SEPARATOR, PROPERTIES
from domain.imports.subjects import ImportKind
from domain.imports.terms import Staged, Terms, key
from domain.interactions import load as interactions_load
from domain.interactions.interaction import Interaction
from domain.orders.rates import Rates
from domain.recording.batch import Item, Kind, bounded, record
from domain.recording.inputs import FeedbackInput, InteractionInput
from domain.recording.outcome import Recorded
from domain.refusal import ProblemCode, Refused
from domain.values import BadValue
from domain.words import Says, Words

MOST_PROPERTIES = 50
TERMS = Terms(ZoneInfo("UTC"), Rates(""))  # no amounts, and all times come with their offset
Interactions = Annotated[list[InteractionInput], Says(Words("interactions", "互动"), "1 to 100.")]
Answers = Annotated[list[FeedbackInput], Says(Words("answers", "答复"), "1 to 100.")]
_NUMBER = {"external_id": ("externalRef", "value"), "customer": ("by",)}


def _interactions(system: str, staged: Sequence[Staged]) -> Select[str, UUID]:
    one, numbers = Interaction, {row.key for row in staged}
    return select(one.external_id, one.id).where(one.system == system, one.external_id.in_(numbers))


def _feedback(system: str, staged: Sequence[Staged]) -> Select[str, UUID]:
    one, numbers = Feedback, {row.data["external_id"] for row in staged}
    whole = func.concat_ws(literal(KEY_SEPARATOR), one.external_id, one.kind, one.question_key)
    return select(whole, one.id).where(
        one.system == system, one.external_id.in_(numbers), whole.in_({row.key for row in staged})
    )


INTERACTIONS = Kind(ImportKind.INTERACTIONS, interactions_load.SUBJECT, _interactions, _NUMBER, kept_in=(Interaction,))
FEEDBACK = Kind(ImportKind.FEEDBACK, feedback_load.SUBJECT, _feedback, _NUMBER, order="order", kept_in=(Feedback,))


async def interactions_record(
    session: AsyncSession, interactions: Interactions, *, now: datetime, phone_region: str | None = None
) -> list[Recorded]:
    """Record contacts with customers.  One that is known by its number is changed where it differs."""
    bounded(interactions, "interactions")
    items = [_interaction(("interactions", str(n)), one) for n, one in enumerate(interactions)]
    return await record(session, INTERACTIONS, items, replace(TERMS, region=phone_region), now)


async def feedback_record(
    session: AsyncSession, feedback: Answers, *, now: datetime, phone_region: str | None = None
) -> list[Recorded]:
    """Record answers of customers.  One that is known by its number, kind and question is changed where it differs."""
    bounded(feedback, "feedback")
    items = [_answer(("feedback", str(n)), one) for n, one in enumerate(feedback)]
    return await record(session, FEEDBACK, items, replace(TERMS, region=phone_region), now)


async def feedback_submit(
    session: AsyncSession, input: FeedbackInput, *, now: datetime, phone_region: str | None = None
) -> Feedback:
    """Record one answer.  Refuses with ``Invalid``."""
    (done,) = await record(session, FEEDBACK, [_answer(("input",), input)], replace(TERMS, region=phone_region), now)
    if done.problem is not None:
        raise Refused(done.problem)
    return await session.get_one(Feedback, done.id)


def _interaction(path: tuple[str, ...], said: InteractionInput) -> Item:
    row: dict[str, Any] = {
        "external_id": said.external_ref.value,
        "type": said.type,
        "occurred_at": said.occurred_at,
        "name": said.name,
        "channel": said.channel,
        "direction": said.direction,
        "outcome": said.outcome,
    }
    item = Item(path, [row], said.external_ref, said.by)
    properties: Any = {} if said.properties is None else said.properties
    if not isinstance(properties, dict):
        item.wrong(("properties",), BadValue(ProblemCode.BAD_TEXT, "It must be an object.", "须为对象。"))
    elif len(properties) > MOST_PROPERTIES:
        en, zh = f"More than {MOST_PROPERTIES}.", f"超过 {MOST_PROPERTIES} 项。"
        item.wrong(("properties",), BadValue(ProblemCode.TOO_LONG, en, zh))
    else:
        for name, value in properties.items():
            try:
                row[f"{PROPERTIES}{key(name)}"] = value
            except BadValue as problem:
                item.wrong(("properties",), problem)
    return item


def _answer(path: tuple[str, ...], said: FeedbackInput) -> Item:
    row = {
        "external_id": said.external_ref.value,
        "kind": said.kind,
        "submitted_at": said.submitted_at,
        "score": said.score,
        "scale_min": said.scale_min,
        "scale_max": said.scale_max,
        "comment": said.comment,
        "survey_key": said.survey_key,
        "question_key": said.question_key,
        "channel": said.channel,
    }
    return Item(path, [row], said.external_ref, said.by, said.order)
