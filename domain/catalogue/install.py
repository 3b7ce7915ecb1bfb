"""Installing a template: its segment, and first those that its rule names.

A segment is known by its template and the values chosen: asking for the same again answers the same segment and
changes nothing, under whatever prefix and name.  Other values make another segment, with a number behind its key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.catalogue.installed import InstalledTemplate, installed
from domain.catalogue.made import BY_KEY, RFM_BY_KEY, needed, rule_of
from domain.catalogue.parameter import chosen, plain
from domain.catalogue.template import SegmentTemplate, Values
from domain.dictionary import raise_dictionary
from domain.orders.rfm.config import RfmConfig
from domain.refusal import NotFound, Refused, invalid
from domain.rules.personal import forbid_personal
from domain.rules.terms import Terms
from domain.segments.inputs import SegmentInput
from domain.segments.rfm_save import RfmConfigInput, add_config
from domain.segments.save import segment_create
from domain.segments.segment import Segment
from domain.segments.terms import terms_of, terms_statement
from domain.text import KEY, LONGEST_NAME, Names
from domain.words import Says, Words

LONGEST_PREFIX = 20
Params = Annotated[dict[str, Any] | None, Says(Words("values", "参数值"), "By key; defaults when left out.")]


async def rfm_config_install(
    session: AsyncSession,
    key: Annotated[str, Says(Words("key of the template", "模板键"))],
    *,
    now: datetime,
) -> tuple[RfmConfig, Annotated[bool, Says(Words("whether it is new", "是否新建"), "False: it was installed before.")]]:
    """Install a built-in way to score customers.  The same again changes nothing.  Refuses with NotFound."""
    template = RFM_BY_KEY.get(key)
    if template is None:
        raise Refused(NotFound(path=("key",)))
    known = select(RfmConfig).where(RfmConfig.template == key)
    found = await session.scalar(known)
    if found is None:
        await raise_dictionary(session)
        found = await session.scalar(known)
    if found is not None:
        return found, False
    taken = set(await session.scalars(select(RfmConfig.key)))
    named = RfmConfigInput(free_key(template.key, taken), Names(*template.name), template.scoring)
    return await add_config(session, named, template.key, now), True


async def template_install(
    session: AsyncSession,
    key: Annotated[str, Says(Words("key of the template", "模板键"))],
    params: Params = None,
    prefix: Annotated[str, Says(Words("prefix", "前缀"), "What keys of new segments begin with.")] = "",
    name: Annotated[Names | None, Says(Words("name", "名称"), "Of a new segment; the template's if left out.")] = None,
    *,
    now: datetime,
    terms: Terms,
    sees_personal: bool,
    actor: str = "system",
) -> tuple[
    Segment,
    Annotated[bool, Says(Words("whether it is new", "是否新建"), "False: it was installed before.")],
    Annotated[list[str], Says(Words("keys of the segments its rule names", "所引用分群的键"))],
]:
    """Install a template of a segment.  The same template with the same values again changes nothing.

    Refuses with NotFound or Invalid; FORBIDDEN when it reads personal data that the caller may not see.
    """
    template = BY_KEY.get(key)
    if template is None:
        raise Refused(NotFound(path=("key",)))
    if prefix and (not KEY.fullmatch(prefix) or len(prefix) > LONGEST_PREFIX):
        raise invalid(
            "prefix",
            f"A prefix is like a key, of at most {LONGEST_PREFIX} characters.",
            f"前缀与键的写法相同，最多 {LONGEST_PREFIX} 个字符。",
        )
    installing = _Installing(session, terms, now, sees_personal, prefix, actor)
    segment, created = await installing.one(template, chosen(template.parameters, params), name)
    return segment, created, [each async for each in installing.keys_of(template, chosen(template.parameters, params))]


class _Installing:
    """One installation: who does it, and whether the lock of the dictionary is held."""

    def __init__(
        self, session: AsyncSession, terms: Terms, now: datetime, sees_personal: bool, prefix: str, actor: str
    ) -> None:
        self.session, self.terms, self.now, self.prefix, self.actor = session, terms, now, prefix, actor
        self.sees_personal, self.locked = sees_personal, False

    async def one(self, template: SegmentTemplate, values: Values, name: Names | None) -> tuple[Segment, bool]:
        """The segment, and whether it is new."""
        found = await self.found(template, values)
        if found is None and not self.locked:
            # Whoever installs waits here for others who do, and then sees what they made.
            await raise_dictionary(self.session)
            self.locked = True
            found = await self.found(template, values)
        if found is not None:
            return found, False
        segments = {}
        for other, theirs in needed(template, values):
            made, _ = await self.one(other, theirs, None)
            segments[other.key] = made.key
        terms = terms_of(await self.session.scalar(terms_statement()), self.terms.vocabulary)
        rule = rule_of(template, values, segments, terms)
        if not self.sees_personal:
            forbid_personal(rule, terms)
        given = SegmentInput(
            await self.free_key(template), name or _name(template, values), rule, note=f"template {template.key}"
        )
        segment = await segment_create(self.session, given, now=self.now, terms=terms, actor=self.actor)
        kept = InstalledTemplate(
            segment_id=segment.id, template=template.key, params=plain(values), recorded_at=self.now
        )
        self.session.add(kept)
        await self.session.flush()
        return segment, True

    async def found(self, template: SegmentTemplate, values: Values) -> Segment | None:
        """The segment in use that was made of it with these values."""
        same = installed(template.key).where(InstalledTemplate.params == plain(values)).limit(1)
        segment: Segment | None = await self.session.scalar(same)
        return segment

    async def free_key(self, template: SegmentTemplate) -> str:
        """A key that no segment has, not even an archived one."""
        base = f"{self.prefix}{template.key}"
        like = select(Segment.key).where(Segment.key.startswith(base, autoescape=True))
        return free_key(base, set(await self.session.scalars(like)))

    async def keys_of(self, template: SegmentTemplate, values: Values) -> AsyncIterator[str]:
        """The keys of the segments that it needs."""
        for other, theirs in needed(template, values):
            segment = await self.found(other, theirs)
            if segment is not None:
                yield segment.key


def free_key(base: str, taken: set[str]) -> str:
    """The key itself, or with the first number behind it that nobody has."""
    tried = (base, *(f"{base}_{n}" for n in range(2, len(taken) + 2)))
    return next(key for key in tried if key not in taken)


def _name(template: SegmentTemplate, values: Values) -> Names:
    """The template's name, short enough for a segment."""
    named = template.named(values)
    return Names(*(each if len(each) <= LONGEST_NAME else f"{each[: LONGEST_NAME - 1]}…" for each in named))
