"""Templates of customers who may buy, or buy again."""

from __future__ import annotations

from domain.catalogue.parameter import days, percent, texts, whole
from domain.catalogue.template import SegmentTemplate
from domain.words import Words

REPURCHASE = (
    SegmentTemplate(
        "new_customers",
        Words("First order in the last {days} days", "近 {days} 天首次下单"),
        Words("Just began to order: much may come of it.", "刚开始有订单，具有增值空间。"),
        source="003",
        passage="新客户",
        rule="orders.first in last $days days",
        parameters=(days("days", "days since the first order", "首单天数", 30),),
    ),
    SegmentTemplate(
        "first_order_not_repeated",
        Words("First order not repeated", "首单后未复购"),
        Words(
            "A single order, {days} to {latest} days ago: follow up now.",
            "只下过一单，距今 {days} 至 {latest} 天：宜尽快跟进。",
        ),
        source="004",
        passage="初次购买客户",
        rule="orders.count = 1 and orders.recency > $days days & <= $latest days",
        parameters=(
            days("days", "days since the order", "下单后天数", 30),
            days("latest", "at most so many", "最多天数", 180),
        ),
    ),
    SegmentTemplate(
        "repurchase_due",
        Words("Due to order again", "即将复购"),
        Words(
            "Orders come every {cycle} days or sooner; the last one is one to two such cycles old.",
            "平均每 {cycle} 天内下单一次；末单距今一至两个周期。",
        ),
        source="000",
        passage="潜在回购客户",
        rule="orders.average_gap <= $cycle days and orders.recency > $cycle days & <= $two_cycles days",
        parameters=(days("cycle", "days from order to order at most", "下单周期（天）", 30),),
        derived={"two_cycles": lambda chosen: 2 * chosen["cycle"]},
    ),
    SegmentTemplate(
        "cart_without_order",
        Words("Put into the cart, not ordered", "加购未下单"),
        Words(
            "In the last {days} days something was put into the cart and nothing ordered in {hours} hours after.",
            "近 {days} 天内加入购物车，其后 {hours} 小时内未下单。",
        ),
        source="004",
        passage="客户行为",
        rule='sequence(interactions(type = "cart_add") then no orders within $hours hours) over last $days days',
        parameters=(
            whole("hours", "hours to order in", "下单时限（小时）", 24, most=8760, unit="hours"),
            days("days", "days that are looked at", "考察天数", 7),
        ),
    ),
    SegmentTemplate(
        "category_loyalists",
        Words("Loyal to {category}", "{category} 忠实客户"),
        Words(
            "{percent} % or more of a year's purchases are of {category}.",
            "近一年购买额的 {percent}% 以上为 {category}。",
        ),
        source="000",
        passage="产品偏好",
        rule="items(category_path = ($category)).share(net_amount) over last 1 year >= $percent %",
        parameters=(
            texts("category", "category path, from the widest", "品类路径（由大到小）"),
            percent("percent", "share of purchases", "购买额占比", "50"),
        ),
    ),
    SegmentTemplate(
        "bought_a_not_b",
        Words("Bought {bought}, not {missing}", "买过 {bought}，未买 {missing}"),
        Words("Who has {bought} may want {missing}.", "已购 {bought} 的客户可能需要 {missing}。"),
        source="001",
        passage="交叉销售",
        rule="exists items(sku in ($bought)) and no items(sku in ($missing))",
        parameters=(
            texts("bought", "article numbers that were bought", "已购货号"),
            texts("missing", "article numbers that were not", "未购货号"),
        ),
    ),
)
