"""Templates of customers whom the merchant may lose."""

from __future__ import annotations

from domain.catalogue.parameter import amount, days, percent
from domain.catalogue.template import SegmentTemplate
from domain.words import Words

LOSS = (
    SegmentTemplate(
        "dormant_once",
        Words("Ordered once, silent for {days} days", "仅购一次，沉默 {days} 天"),
        Words("Cooperated once and never again: find out why.", "仅合作一次，再无合作：宜找出真正原因。"),
        source="003",
        passage="休眠客户",
        rule="orders.count = 1 and orders.recency >= $days days",
        parameters=(days("days", "days without an order", "未下单天数", 180),),
    ),
    SegmentTemplate(
        "falling_spend",
        Words("Spending {percent} % less", "消费下降 {percent}%"),
        Words(
            "Orders of the last {days} days are {percent} % or more below those of the {days} days before.",
            "近 {days} 天订单额较前 {days} 天下降 {percent}% 以上。",
        ),
        source="001",
        passage="客户流失预警",
        rule="orders.trend(net_total) over last $days days <= $change %",
        parameters=(
            percent("percent", "fall", "降幅", "30"),
            days("days", "days that are compared", "比较天数", 90),
        ),
        derived={"change": lambda chosen: -chosen["percent"]},
    ),
    SegmentTemplate(
        "detractors_of_value",
        Words("Detractors among the top {percent} %", "消费额前 {percent}% 中的贬损者"),
        Words(
            "Spend most, and gave 0 to 6 when last asked in {days} days: call before they leave.",
            "消费额名列前茅，近 {days} 天末次 NPS 评分为 0 至 6：宜尽快联系。",
        ),
        source="001",
        passage="净推荐值",
        rule="in segment $top_customers and metric nps_last over last $days days <= 6",
        parameters=(
            percent("percent", "share of customers", "客户占比", "20"),
            days("days", "days that answers count", "反馈有效天数", 180),
        ),
        needs={"top_customers": ("percent",)},
    ),
    SegmentTemplate(
        "receivables_overdue",
        Words("Owing {amount} or more, nothing paid", "欠款 {amount} 以上且未还"),
        Words("The balance has not moved for {days} days.", "欠款余额 {days} 天未变动。"),
        source="003",
        passage="按欠款划分",
        rule="receivable >= $amount and not changed(receivable) over last $days days "
        "and not (registered_at in last $days days)",
        parameters=(
            amount("amount", "owing at least", "欠款不低于", "1"),
            days("days", "days without a change", "未变动天数", 30),
        ),
    ),
)
