"""Saving a way to score customers.  Rules of segments name it, so it is judged with them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.dictionary import raise_dictionary
from domain.events import EventTopic, announce
from domain.orders.rfm.check import check_scoring
from domain.orders.rfm.config import RfmConfig
from domain.refusal import NameTaken, NotFound, Refused, VersionConflict, invalid
from domain.rules.codec import written
from domain.rules.scoring import Scoring
from domain.rules.terms import RFM_PREFIX, RfmTerms, Terms
from domain.segments.save import InUse
from domain.segments.terms import fits, terms_of, terms_statement
from domain.text import Names, check_key, check_names
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class RfmConfigInput:
    """A way to score customers by recency, frequency and money."""

    key: Annotated[str, Says(Words("key", "键"), "Immutable; used in rules.  It does not begin with rfm_, as ids do.")]
    name: Annotated[Names, Says(Words("name", "名称"))]
    scoring: Annotated[Scoring, Says(Words("how scores are made", "评分方式"))]


IfVersion = Annotated[int | None, Says(Words("version", "版本"), "The one you read; null of a new one.")]


async def rfm_config_save(
    session: AsyncSession, input: RfmConfigInput, if_version: IfVersion = None, *, now: datetime, terms: Terms
) -> RfmConfig:
    """Save a new way to score, or another version of the one with this key.

    Refuses with Invalid, RuleInvalid, NameTaken, NotFound or VersionConflict; InUse when the rule of a segment would
    no longer hold together.
    """
    check_key(input.key)
    check_names(input.name)
    if input.key.startswith(f"{RFM_PREFIX}_"):
        raise invalid(("input", "key"), "Ids begin like this.", "编号以此开头，不可用作键。")
    check_scoring(input.scoring, ("input", "scoring"))
    await raise_dictionary(session)
    found = await session.scalar(select(RfmConfig).where(RfmConfig.key == input.key).with_for_update())
    if found is None and if_version is not None:
        raise Refused(NotFound(path=("input", "key")))
    if found is None:
        return await add_config(session, input, None, now)
    if if_version is None:
        raise Refused(NameTaken(path=("input", "key"), name=input.key))
    if if_version != found.version:
        raise Refused(VersionConflict(path=("ifVersion",), current=found.version, yours=if_version))
    await _spare_users(session, found, input.scoring, terms)
    found.name_en, found.name_zh, found.scoring = input.name.en, input.name.zh, written(input.scoring)
    found.version, found.updated_at = found.version + 1, now
    announce(session, EventTopic.RFM_CONFIG_SAVED, found.id, now)
    return found


async def add_config(session: AsyncSession, input: RfmConfigInput, template: str | None, now: datetime) -> RfmConfig:
    """Store a new one.  The dictionary's lock is held, and nobody has its key."""
    made = RfmConfig(
        id=new_id(now),
        version=1,
        key=input.key,
        name_en=input.name.en,
        name_zh=input.name.zh,
        scoring=written(input.scoring),
        template=template,
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    await session.flush()
    announce(session, EventTopic.RFM_CONFIG_SAVED, made.id, now)
    return made


async def _spare_users(session: AsyncSession, config: RfmConfig, scoring: Scoring, remembered: Terms) -> None:
    """Refuses a change after which the rule of a segment in use names labels that are no more."""
    current = terms_of(await session.scalar(terms_statement()), remembered.vocabulary)
    then = replace(current, rfm={**current.rfm, config.id: RfmTerms(config.key, scoring)})
    broken = tuple(each.key for each in current.segments.values() if fits(each.rule, current) > fits(each.rule, then))
    if broken:
        raise Refused(InUse(path=("input", "scoring"), segments=broken))
