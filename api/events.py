"""The event log over GraphQL: how partners keep in step."""

from datetime import datetime
from typing import Annotated

from api.graph.field import Same, one, pages
from api.graph.scalars import BigInt
from api.scopes import Scope
from api.views import view
from domain import log
from domain.events import Event
from domain.words import Says, Words


@view(Event)
class DomainEvent:
    sequence: Same
    topic: Same
    payload: Same
    occurred_at: Same
    recorded_at: Same
    subject = one(log.subject_of, hint="Node | None")


@view()
class SyncPoint:
    """How far an answer reaches: all that was committed up to here shows in it, and nothing later."""

    at: Annotated[datetime, Says(Words("instant", "时刻"), "What to give as `updatedSince` the next time.")]
    sequence: Annotated[BigInt, Says(Words("sequence", "序号"), "Of the last event; what to give as `afterSequence`.")]


@view.query
class EventQueries:
    events = pages(log.events, by=log.BY_SEQUENCE, requires=Scope.EVENTS_READ, says={"topics": "Only about these."})
    synced_until: "SyncPoint | None" = one(log.synced_until)
