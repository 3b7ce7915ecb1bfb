"""The complete metadata of a tenant's schema: importing this module has registered every table."""

from domain.base import Stored
from domain.catalogue.installed import InstalledTemplate
from domain.consents.consent import Consent
from domain.customers.attribute import AttributeDefinition
from domain.customers.customer import AttributeChange, Customer, CustomerExternalRef
from domain.customers.erase import Erasure
from domain.customers.merged import CustomerMerge
from domain.dictionary import Dictionary
from domain.events import Event, EventCounter
from domain.feedback.feedback import Feedback
from domain.idempotency import IdempotencyRecord
from domain.imports import ImportRow
from domain.interactions.interaction import Interaction
from domain.members.member import Member
from domain.orders.order import ExchangeRate, Order, OrderItem, OrderReturn, OrderRevision
from domain.orders.product import Product
from domain.orders.rfm.config import RfmConfig
from domain.segments.member import SegmentMember
from domain.segments.segment import Segment
from domain.segments.version import SegmentVersion
from domain.strategies.strategy import Strategy, StrategyAction
from domain.watching.watch import MembershipChange, SegmentWatch, WatchedCustomer

TABLES = (
    Customer,
    CustomerExternalRef,
    AttributeDefinition,
    AttributeChange,
    CustomerMerge,
    Erasure,
    Product,
    Order,
    OrderItem,
    OrderReturn,
    OrderRevision,
    ExchangeRate,
    Interaction,
    Consent,
    Feedback,
    Segment,
    SegmentVersion,
    SegmentMember,
    SegmentWatch,
    WatchedCustomer,
    MembershipChange,
    InstalledTemplate,
    RfmConfig,
    Dictionary,
    Strategy,
    StrategyAction,
    Event,
    EventCounter,
    IdempotencyRecord,
    ImportRow,
    Member,
)
metadata = Stored.metadata
# Rows that a new tenant starts with.
FIRST_ROWS = ((EventCounter, {"id": 1, "last": 0}), (Dictionary, {"id": 1, "version": 0}))
