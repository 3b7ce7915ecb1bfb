"""Recording consents: each item is an entry of its own, and none is ever changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import values
from domain.base import new_id
from domain.consents.consent import Consent, ConsentPurpose, ConsentStatus, LegalBasis
from domain.customers.locked import hold_customers
from domain.customers.named import customers_named
from domain.events import EventTopic, announce
from domain.interactions.interaction import Channel
from domain.recording.batch import NO_CUSTOMER, Item, bounded
from domain.recording.inputs import Who
from domain.recording.outcome import Recorded
from domain.values import out_of_range, required
from domain.words import Says, Words

LONGEST = 2_000
_COMPUTED = (ConsentStatus.EXPIRED, ConsentStatus.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentInput:
    """What a customer said of a purpose."""

    by: Who
    purpose: Annotated[ConsentPurpose, Says(Words("purpose", "目的"))]
    channel: Annotated[Channel | None, Says(Words("channel", "渠道"), "All of them when not given.")] = None
    status: Annotated[ConsentStatus, Says(Words("what was said", "状态"), "Neither EXPIRED nor UNKNOWN.")]
    basis: Annotated[LegalBasis, Says(Words("legal basis", "法律依据"))]
    source: Annotated[str, Says(Words("where it was said", "来源"), "A form, a page, a call.")]
    evidence: Annotated[str | None, Says(Words("what proves it", "证据"))] = None
    occurred_at: Annotated[datetime | None, Says(Words("when it was said", "时间"), "Now when not given.")] = None
    expires_at: Annotated[
        datetime | None, Says(Words("from when on it no longer holds", "失效时间"), "Later than it was said.")
    ] = None


Entries = Annotated[list[ConsentInput], Says(Words("consents", "授权"), "1 to 100.")]


async def consent_record(
    session: AsyncSession, consents: Entries, *, now: datetime, actor: str, phone_region: str | None = None
) -> list[Recorded]:
    """Record what customers said of purposes.  The last entry by the time it was said counts, of one time the one
    recorded last; what was granted with an end ends by the clock."""
    bounded(consents, "consents")
    items = [Item(("consents", str(n)), [], by=one.by) for n, one in enumerate(consents)]
    rows = [_checked(item, one, now, phone_region) for item, one in zip(items, consents, strict=True)]
    named = await customers_named(session, {item.by for item in items if item.named and item.by})
    held = await hold_customers(session, set(named.values()))
    for item in items:
        if item.named and item.by and named.get(item.by) not in held:
            item.wrong(("by",), NO_CUSTOMER)
    good = [n for n, item in enumerate(items) if item.problem is None]
    # In the order of the list, by which the last of one time is known.
    ids = dict(zip(good, sorted(new_id(now) for _ in good), strict=True))
    whose = {n: held[named[by]] for n in good if (by := items[n].by) is not None}
    written = [rows[n] | {"id": ids[n], "customer_id": whose[n], "recorded_at": now, "actor": actor} for n in good]
    if written:
        await session.execute(insert(Consent), written)
    for n in good:
        told = {"consent": str(ids[n]), "purpose": rows[n]["purpose"]}
        announce(session, EventTopic.CONSENT_CHANGED, whose[n], now, **told)
    return [Recorded(ids.get(n), item.problem) for n, item in enumerate(items)]


def _checked(item: Item, said: ConsentInput, now: datetime, phone_region: str | None) -> dict[str, Any]:
    """The row, as far as it is sound; what is wrong is remembered."""
    item.normalise(phone_region)
    check, path = item.checking, item.path
    source = check.value((*path, "source"), values.text(LONGEST), said.source)
    if source is None and all(issue.path != (*path, "source") for issue in check.issues):
        check.wrong((*path, "source"), required("source", " source"))
    at = now if said.occurred_at is None else check.value((*path, "occurredAt"), values.instant(UTC), said.occurred_at)
    end = check.value((*path, "expiresAt"), values.instant(UTC), said.expires_at)
    if said.status in _COMPUTED:
        en, zh = "EXPIRED and UNKNOWN come by themselves.", "EXPIRED 与 UNKNOWN 由系统得出，不可记录。"
        check.wrong((*path, "status"), out_of_range(en, zh))
    if at is not None and at > now:
        check.wrong((*path, "occurredAt"), out_of_range("It lies in the future.", "该时间尚未到来。"))
    if at is not None and end is not None and end <= at:
        en, zh = "It must be later than it was said.", "失效时间须晚于授权时间。"
        check.wrong((*path, "expiresAt"), out_of_range(en, zh))
    return {
        "purpose": said.purpose, "channel": said.channel, "status": said.status, "basis": said.basis, "source": source,
        "evidence": check.value((*path, "evidence"), values.text(LONGEST), said.evidence), "occurred_at": at,
        "expires_at": end,
    }  # fmt: skip
