"""All conditions of the rule language.  JSON, GraphQL and documentation are derived from this list."""

from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.tag import Tag
from domain.feedback.conditions.feedback import FeedbackGiven
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.segments.conditions.segment import InSegment

CONDITIONS = (AttributeIs, Tag, Orders, Items, Interactions, FeedbackGiven, InSegment)
