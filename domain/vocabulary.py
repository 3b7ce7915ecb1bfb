"""All conditions of the rule language.  JSON, GraphQL, texts and documentation are derived from this list."""

from domain.consents.conditions.consent import ConsentIs
from domain.customers.conditions.anniversary import Anniversary
from domain.customers.conditions.attribute import AttributeIs
from domain.customers.conditions.changed import Changed
from domain.customers.conditions.geo import Geo
from domain.customers.conditions.metric import MetricIs
from domain.customers.conditions.rank import Rank
from domain.customers.conditions.sample import Sample
from domain.customers.conditions.tag import Tag
from domain.feedback.conditions.feedback import FeedbackGiven
from domain.interactions.conditions.interactions import Interactions
from domain.orders.conditions.items import Items
from domain.orders.conditions.orders import Orders
from domain.orders.conditions.rfm import Rfm
from domain.orders.conditions.sequence import Sequence
from domain.segments.conditions.segment import InSegment

CONDITIONS = (
    AttributeIs,
    Tag,
    Orders,
    Items,
    Interactions,
    FeedbackGiven,
    ConsentIs,
    MetricIs,
    Rank,
    Rfm,
    Sequence,
    Changed,
    Anniversary,
    Geo,
    Sample,
    InSegment,
)
