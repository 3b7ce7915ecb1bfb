"""Segments over GraphQL: groups of customers that a rule describes, and who is in them now."""

from api.graph.field import Same, value
from api.scopes import Scope
from api.views import view
from domain.segments import segment
from domain.text import name_of


@view(segment.Segment, "seg", requires=Scope.SEGMENTS_READ)
class Segment:
    version: Same
    key: Same
    name = value(name_of, plain=("locale",), proven=True)
    name_en: Same
    name_zh: Same
    status: Same
    rule: Same
    created_at: Same
    updated_at: Same
