"""Consents over GraphQL."""

from datetime import datetime
from typing import Annotated

from api.graph.field import Same, masked, write_each
from api.scopes import Scope
from api.views import view
from domain.consents import consent, standing
from domain.consents.consent import ConsentPurpose, ConsentStatus, LegalBasis
from domain.interactions.interaction import Channel
from domain.recording.consents import ConsentInput, consent_record
from domain.refusal import Invalid
from domain.words import Says, Words

view.input(ConsentInput)


@view(consent.Consent, "cns", by_id=standing.entry_of_id, requires=Scope.CUSTOMERS_READ)
class Consent:
    purpose: Same
    channel: Same
    status: Same
    basis: Same
    source: Same
    evidence: Same = masked(Scope.PII_READ, standing.masked_evidence)
    occurred_at: Same
    expires_at: Same
    recorded_at: Same
    actor: Same


@view()
class ConsentState:
    """Where a consent stands now."""

    purpose: Annotated[ConsentPurpose, Says(Words("purpose", "目的"))]
    channel: Annotated[Channel | None, Says(Words("channel", "渠道"), "Null: what was said of all channels.")]
    status: Annotated[ConsentStatus, Says(Words("status", "状态"), "Of the last entry, by the clock.")]
    basis: Annotated[LegalBasis, Says(Words("legal basis", "法律依据"))]
    source: Annotated[str, Says(Words("where it was said", "来源"))]
    occurred_at: Annotated[datetime, Says(Words("when it was said", "时间"))]
    expires_at: Annotated[datetime | None, Says(Words("from when on it no longer holds", "失效时间"))]


@view.mutation
class ConsentMutations:
    consent_record = write_each(consent_record, row="consent", problems=(Invalid,), requires=Scope.CUSTOMERS_WRITE)
