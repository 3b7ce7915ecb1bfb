"""Templates of customers to get in touch with."""

from __future__ import annotations

from domain.catalogue.parameter import amount, days, whole
from domain.catalogue.template import SegmentTemplate
from domain.words import Words

CONTACT = (
    SegmentTemplate(
        "vips_unvisited",
        Words("VIPs not visited for {days} days", "{days} 天未拜访的 VIP"),
        Words(
            "Ordered for more than {amount} in a year; no visit in {days} days.",
            "年订单额超过 {amount}，且 {days} 天内无拜访。",
        ),
        source="003",
        passage="VIP客户",
        rule="orders.sum(net_total) over last 1 year > $amount "
        'and no interactions(type = "visit") over last $days days',
        parameters=(
            amount("amount", "orders of a year above", "年订单额超过", "5000000", from_source=True),
            days("days", "days without a visit", "未拜访天数", 14),
        ),
    ),
    SegmentTemplate(
        "birthdays_soon",
        Words("Birthday in the next {days} days", "未来 {days} 天过生日"),
        Words(
            "The day comes round within {days} days, by the customer's own clock.",
            "{days} 天内过生日（按客户当地日期）。",
        ),
        source="001",
        passage="客户关怀",
        rule="anniversary(birth_date) next $days days in customer time",
        parameters=(days("days", "days ahead", "未来天数", 30),),
    ),
    SegmentTemplate(
        "first_order_anniversary",
        Words("First order: anniversary {years} is near", "首单将满 {years} 周年"),
        Words("Anniversary {years} of the first order is within a month.", "一个月内首单将满 {years} 周年。"),
        source="001",
        passage="客户关怀",
        rule="exists orders over ago $begin months to $end months and no orders over ago 1200 months to $begin months",
        parameters=(whole("years", "years since the first order", "首单年数", 1, most=50),),
        derived={"begin": lambda chosen: 12 * chosen["years"], "end": lambda chosen: 12 * chosen["years"] - 1},
    ),
    SegmentTemplate(
        "unreachable",
        Words("No e-mail and no phone", "无邮箱且无电话"),
        Words("Nobody can write to them or call them.", "既无邮箱也无电话，无法联系。"),
        source="002",
        passage="客户信息",
        rule="email is null and phone is null",
    ),
    SegmentTemplate(
        "silent_after_delivery",
        Words("Silent since delivery", "交付后沉默"),
        Words(
            "An order was fulfilled {days} to {latest} days ago; not a word and no answer in {days} days after it.",
            "末单已完成，距今 {days} 至 {latest} 天；此后 {days} 天内无来访、来信或反馈。",
        ),
        source="003",
        passage="售后反馈",
        rule='orders(status = "fulfilled").recency > $days days & <= $latest days and no orders over last $days days '
        'and no interactions(direction = "inbound") over first $days days after last_order_at '
        "and no feedback over first $days days after last_order_at",
        parameters=(
            days("days", "days to be heard of in", "等待天数", 14),
            days("latest", "order at most so many days ago", "末单最多距今天数", 60),
        ),
    ),
)
