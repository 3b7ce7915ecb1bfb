"""Interactions over GraphQL."""

from api.graph.field import Same, one
from api.scopes import Scope
from api.views import view
from domain.interactions import interaction, read


@view(interaction.Interaction, "int", requires=Scope.CUSTOMERS_READ)
class Interaction:
    type: Same
    name: Same
    channel: Same
    direction: Same
    occurred_at: Same
    outcome: Same
    properties: Same
    customer = one(read.customer_of, proven=True)
