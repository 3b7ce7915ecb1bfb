"""Templates of customers by what they are worth."""

from __future__ import annotations

from domain.catalogue.parameter import amount, days, percent, whole
from domain.catalogue.template import SegmentTemplate
from domain.words import Words

VALUE = (
    SegmentTemplate(
        "top_customers",
        Words("Top {percent} % by spend", "消费额前 {percent}%"),
        Words(
            "Who spent most in the last year: {percent} % of all customers.",
            "近一年净消费额最高的 {percent}% 客户。",
        ),
        source="003",
        passage="客户金字塔",
        rule="top $percent % by net_spend over last 1 year",
        parameters=(percent("percent", "share of customers", "客户占比", "20"),),
    ),
    SegmentTemplate(
        "valued_without_consent",
        Words("Top {percent} % by spend, no consent to marketing", "消费额前 {percent}%，未同意营销"),
        Words(
            "Among the {percent} % who spent most in a year: those who have not agreed to marketing on all channels.",
            "近一年净消费额最高的 {percent}% 客户中，未同意所有渠道营销者。",
        ),
        source="003",
        passage="客户金字塔",
        rule='top $percent % by net_spend over last 1 year and not consent(purpose = "marketing", status = "granted")',
        parameters=(percent("percent", "share of customers", "客户占比", "20"),),
    ),
    SegmentTemplate(
        "many_visits_small_buys",
        Words("Many visits, small purchases", "来访多、购买少"),
        Words(
            "Visited {visits} times or more in {years} years and spent less than {amount}: the first of Roy's lists.",
            "{years} 年内光顾 {visits} 次以上，但净消费额不足 {amount}：罗伊的第一类名单。",
        ),
        source="003",
        passage="罗伊：第一类",
        rule='interactions(type = "visit").count over last $years years >= $visits '
        "and exists orders over last $years years and metric net_spend over last $years years < $amount",
        parameters=(
            whole("years", "years that are looked at", "考察年数", 3, most=50),
            whole("visits", "visits at least", "最少来访次数", 10),
            amount("amount", "spent less than", "消费额低于", "1000"),
        ),
    ),
    SegmentTemplate(
        "one_large_purchase",
        Words("Came once, bought very much", "仅来一次、购买量大"),
        Words(
            "A single order, of {amount} or more: the second of Roy's lists.",
            "只下过一单且金额不低于 {amount}：罗伊的第二类名单。",
        ),
        source="003",
        passage="罗伊：第二类",
        rule="orders.count = 1 and orders.max(net_total) >= $amount",
        parameters=(amount("amount", "order of at least", "订单金额不低于", "10000"),),
    ),
    SegmentTemplate(
        "long_but_sporadic",
        Words("With us for long, buying now and then", "长期但零星购买"),
        Words(
            "Orders lie {tenure} days apart or more from first to last, and {gap} days or more from one to the next: "
            "the third of Roy's lists.",
            "首末订单相隔不少于 {tenure} 天，平均间隔不少于 {gap} 天：罗伊的第三类名单。",
        ),
        source="003",
        passage="罗伊：第三类",
        rule="orders.span >= $tenure days and orders.average_gap >= $gap days",
        parameters=(
            days("tenure", "days from first to last order", "首末订单间隔天数", 730),
            days("gap", "days from order to order", "平均下单间隔天数", 90),
        ),
    ),
    SegmentTemplate(
        "high_effort_low_value",
        Words("Much effort, little value", "投入多、价值低"),
        Words(
            "{contacts} visits, calls, meetings or messages in a year, and orders of less than {amount}.",
            "近一年拜访、致电、会面、消息达 {contacts} 次，净消费额却不足 {amount}。",
        ),
        source="003",
        passage="低价值客户",
        rule='interactions(type in ("visit", "call", "meeting", "message")).count over last 1 year >= $contacts '
        "and exists orders over last 1 year and metric net_spend over last 1 year < $amount",
        parameters=(
            whole("contacts", "contacts at least", "最少接触次数", 12),
            amount("amount", "spent less than", "消费额低于", "1000"),
        ),
    ),
)
