"""Interactions over GraphQL."""

from api.graph.field import Same, one, pages, write_each
from api.scopes import Scope
from api.views import view
from domain.interactions import interaction, read
from domain.recording import contacts
from domain.refusal import Invalid


@view(interaction.Interaction, "int", by_id=read.interaction_of_id, requires=Scope.CUSTOMERS_READ)
class Interaction:
    type: Same
    name: Same
    channel: Same
    direction: Same
    occurred_at: Same
    outcome: Same
    properties: Same
    customer = one(read.customer_of, proven=True)


@view.query
class InteractionQueries:
    interactions = pages(read.interactions, by=read.RECORDED, requires=Scope.CUSTOMERS_READ)


@view.mutation
class InteractionMutations:
    interactions_record = write_each(
        contacts.interactions_record, row="interaction", problems=(Invalid,), requires=Scope.CUSTOMERS_WRITE
    )
