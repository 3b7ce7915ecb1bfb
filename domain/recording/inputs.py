"""What a caller may say of orders, returns, interactions, answers, products and rates."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from domain.customers.input import OMITTED
from domain.customers.read import CustomerBy, ExternalRefInput
from domain.feedback.feedback import FeedbackKind
from domain.interactions.interaction import Channel, Direction, InteractionType
from domain.orders.order import OrderStatus
from domain.words import Says, Words

SAME = "Sending it again means the same one."
Ref = Annotated[ExternalRefInput, Says(Words("its number in another system", "外部编号"), SAME)]
Who = Annotated[CustomerBy, Says(Words("customer", "客户"), "Saved before.")]
Sku = Annotated[str, Says(Words("article number", "货号"), "Of a product saved before.")]
Price = Annotated[Decimal, Says(Words("price of one", "单价"), "Currency of the whole.")]
LineDiscount = Annotated[Decimal | None, Says(Words("discount on the line", "行折扣"), "Positive.")]
Currency = Annotated[str, Says(Words("currency", "货币"), "ISO 4217.")]
SoldBy = Annotated[str | None, Says(Words("sales channel", "销售渠道"), "web, store, wechat …")]
Store = Annotated[str | None, Says(Words("store", "门店"))]
Reached = Annotated[Channel | None, Says(Words("channel", "渠道"))]


@dataclass(frozen=True, slots=True)
class OrderRefInput:
    """One way to name an order."""

    one_of: ClassVar = True
    id: Annotated[UUID | None, Says(Words("id", "编号"), "An order's id.")] = None
    external_ref: Annotated[ExternalRefInput | None, Says(Words("number in another system", "外部编号"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItemInput:
    """A line of an order.  Its net amount is quantity times price less discount, at the currency's minor digits."""

    sku: Sku
    quantity: Annotated[Decimal, Says(Words("quantity", "数量"), "Above zero.")]
    unit_price: Price
    discount: LineDiscount = None
    customization: Annotated[str | None, Says(Words("what was made to order", "定制内容"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInput:
    """An order as it is now, whole: what is left out is empty, and its lines replace those it had."""

    external_ref: Ref
    by: Who
    placed_at: Annotated[datetime, Says(Words("when it was placed", "下单时间"))]
    status: Annotated[OrderStatus, Says(Words("where it stands", "状态"))]
    currency: Currency
    items: Annotated[list[OrderItemInput], Says(Words("lines", "订单行"), "In order; at most 500.")]
    discount: Annotated[Decimal | None, Says(Words("discount on the whole", "整单折扣"), "Positive.")] = None
    channel: SoldBy = None
    store: Store = None
    cancelled_at: Annotated[
        datetime | None, Says(Words("when it was cancelled", "取消时间"), "Given exactly if it is CANCELLED.")
    ] = None
    valid_from: Annotated[
        datetime | None,
        Says(Words("since when changed amounts are true", "金额变更的生效时间"), "Now when not given."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturnItemInput:
    """Goods that came back.  They lower net by quantity times price less discount."""

    sku: Sku
    quantity: Annotated[Decimal, Says(Words("quantity", "数量"), "How much came back; above zero.")]
    unit_price: Price
    discount: LineDiscount = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturnInput:
    """A return, whole: a line that is not sent again no longer counts.  The amounts of its order stay as they are."""

    external_ref: Ref
    order: Annotated[
        OrderRefInput | None,
        Says(Words("order", "订单"), "What came back is of this one; else of that with the same number, else unknown."),
    ] = None
    by: Annotated[
        CustomerBy | None, Says(Words("customer", "客户"), "Whose order it is, when that is named and this is not.")
    ] = None
    returned_at: Annotated[datetime, Says(Words("when it came back", "退货时间"), "From then on net is lower.")]
    currency: Currency
    items: Annotated[list[OrderReturnItemInput], Says(Words("lines", "退货行"), "In order; 1 to 500.")]
    channel: SoldBy = None
    store: Store = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionInput:
    """One contact between a customer and the merchant, whole."""

    external_ref: Ref
    by: Who
    type: Annotated[InteractionType, Says(Words("what happened", "类型"))]
    occurred_at: Annotated[datetime, Says(Words("when it happened", "发生时间"))]
    name: Annotated[str | None, Says(Words("the merchant's own name for it", "名称"))] = None
    channel: Reached = None
    direction: Annotated[
        Direction | None, Says(Words("who began", "方向"), "The customer (INBOUND) when not given.")
    ] = None
    outcome: Annotated[str | None, Says(Words("what came of it", "结果"))] = None
    properties: Annotated[
        dict[str, Any] | None, Says(Words("anything else", "其他属性"), "An object of texts; at most 50.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackInput:
    """An answer to one question, whole.  Reference, kind and question together say which."""

    external_ref: Annotated[
        ExternalRefInput, Says(Words("the response's number in another system", "答卷的外部编号"), SAME)
    ]
    by: Annotated[CustomerBy | None, Says(Words("customer", "客户"), "Anonymous when not given.")] = None
    kind: Annotated[FeedbackKind, Says(Words("what the question measures", "类型"))]
    submitted_at: Annotated[datetime, Says(Words("when it was given", "提交时间"))]
    score: Annotated[
        Decimal | None, Says(Words("score", "评分"), "Needed unless the kind is TEXT or one of the spoken ones.")
    ] = None
    scale_min: Annotated[
        Decimal | None,
        Says(Words("lowest score", "量表下限"), "NPS 0, CSAT, STAR and CES 1, THUMBS 0 when not given."),
    ] = None
    scale_max: Annotated[
        Decimal | None,
        Says(Words("highest score", "量表上限"), "NPS 10, CSAT and STAR 5, CES 7, THUMBS 1 when not given."),
    ] = None
    comment: Annotated[str | None, Says(Words("in the customer's words", "评语"))] = None
    survey_key: Annotated[str | None, Says(Words("survey", "问卷"))] = None
    question_key: Annotated[str | None, Says(Words("question", "问题"), "Which of the survey's.")] = None
    channel: Reached = None
    order: Annotated[OrderRefInput | None, Says(Words("order it is about", "相关订单"))] = None


@dataclass(frozen=True, kw_only=True)
class ProductInput:
    """What is said of a product.  What is left out is left alone; null clears."""

    partial: ClassVar = True
    sku: Annotated[str, Says(Words("article number", "货号"), SAME)]
    name: Annotated[str | None, Says(Words("name", "名称"), "The article number when it has none.")] = OMITTED
    category_path: Annotated[list[str] | None, Says(Words("category", "品类"), "From the widest to the narrowest.")] = (
        OMITTED
    )
    customizable: Annotated[bool | None, Says(Words("whether it can be made to order", "可定制"))] = OMITTED
    tags: Annotated[list[str] | None, Says(Words("labels", "标签"))] = OMITTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRateInput:
    """What a currency is worth from a day on, until the day of its next rate."""

    currency: Currency
    on_date: Annotated[date, Says(Words("first day", "起始日"))]
    rate: Annotated[Decimal, Says(Words("base units for one unit", "汇率"), "Above zero, at most 10 decimals.")]
