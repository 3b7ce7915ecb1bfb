"""consent: where what the customer allows stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Text, literal, or_, type_coerce

from domain.consents.consent import Consent, ConsentPurpose, ConsentStatus
from domain.consents.standing import standing
from domain.interactions.interaction import Channel
from domain.rules.facts import Aggregate, Columns, Composed, Match, Opened, Passes, Source
from domain.rules.issues import RuleIssue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.tests import TextTest
from domain.rules.text.phrase import Phrase, equal, listed
from domain.rules.turns import Reading, Turns
from domain.words import Says, Words


@cache
def _consents() -> Opened:
    c = Consent.__table__.alias("c")
    closed = {name: type_coerce(c.c[name], Text()) for name in ("purpose", "channel", "status")}
    return Opened(c, c.c.customer_id, c.c.occurred_at, c.c.id, {"expires_at": c.c.expires_at, **closed})


CONSENTS = Source("consents", 3, _consents)


@dataclass(frozen=True, slots=True)
class Covers(Match):
    """An entry is about a channel: it names that one, or none."""

    channel: Channel | None

    def holds(self, row: Columns, moment: Moment) -> ColumnElement[bool]:
        """Whether it is."""
        del moment
        found: ColumnElement[Any] = row["channel"]
        return found.is_(None) if self.channel is None else or_(found.is_(None), found == literal(self.channel, Text()))


def _standing(known: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[Any]:
    return standing(known["status"], known["expires_at"], moment.now)


@dataclass(frozen=True, slots=True)
class ConsentIs:
    """Where a consent stands: the last entry counts, and one that names no channel is about all of them.

    UNKNOWN is a status, of who never said anything: the condition itself is true or false.
    """

    keyword: ClassVar = "consent"
    example: ClassVar = 'consent(purpose = "marketing", channel = "email", status = "granted")'
    phrases: ClassVar = (
        Phrase(
            "consent({purpose, channel, status})",
            "授权({purpose, channel, status})",
            says=Words("the consent has {purpose, channel, status}", "授权的{purpose, channel, status}"),
        ),
    )
    purpose: Annotated[ConsentPurpose, Says(Words("purpose", "目的")), equal("purpose", "目的")]
    status: Annotated[tuple[ConsentStatus, ...], Says(Words("status", "状态")), *listed("status", "状态")]
    channel: Annotated[
        Channel | None,
        Says(Words("channel", "渠道"), "When left out, only what was said of all channels counts."),
        equal("channel", "渠道"),
    ] = None
    certain: ClassVar = True
    clock: ClassVar = ClockZone.TENANT

    def facts(self, terms: Terms) -> Mapping[str, Composed]:
        """Where it stands."""
        del terms
        where: tuple[Match, ...] = (Passes("purpose", TextTest(in_=(self.purpose,))), Covers(self.channel))
        parts = tuple((name, Aggregate(CONSENTS, "latest", name, where)) for name in ("status", "expires_at"))
        return {"standing": Composed(parts, _standing)}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether it is one of them."""
        return TextTest(in_=self.status).holds(facts["standing"], moment)

    def turns(self, value: ColumnElement[Any], reading: Reading) -> Turns:
        """When a consent expires."""
        del reading
        return [value]

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Nothing beyond the types."""
        del terms
        yield from ()
