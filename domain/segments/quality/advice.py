"""What to do where a segment falls short, in words."""

from __future__ import annotations

from collections.abc import Iterable

from domain.segments.quality.shown import percent
from domain.words import Words

NO_CUSTOMERS = Words("There are no customers yet.", "目前尚无客户。")
NOBODY = Words("Nobody is in it: relax a condition.", "目前没有成员：请放宽条件。")
NO_REVENUE = Words(
    "There is no revenue of the last year to compare with: only its size is judged.",
    "最近一年没有可供比较的收入：仅按人数评判。",
)
OTHER_CHANNEL = Words(
    "What is allowed and what there is an address for are different channels: ask for consent by channel.",
    "已授权的渠道与有联系方式的渠道不一致：请按渠道征求同意。",
)
NO_DIFFERENCE = Words(
    "Its members may respond just as everybody else does: treat them alike, or divide customers by something else.",
    "成员的反应可能与其他客户无异：请同样对待，或改用其他标准细分。",
)


def hidden(names: Iterable[str]) -> Words:
    """The rule reads what the caller may not see."""
    said = ", ".join(names)
    return Words(f"It reads personal data that you may not see: {said}.", f"规则使用了您无权查看的个人信息：{said}。")


def no_events(name: str) -> Words:
    """There is no event of the kind at all."""
    return Words(f"There are no data of {name} at all: record or import them.", f"没有任何“{name}”数据：请录入或导入。")


def fill(name: str, share: float) -> Words:
    """A field is known of few."""
    known = percent(share)
    return Words(f"Fill in {name}: it is known of {known} % of the customers.",
                 f"请补全“{name}”：目前仅 {known}% 的客户有此数据。")  # fmt: skip


def undecided(share: float) -> Words:
    """The rule cannot be decided of many."""
    said = percent(share)
    return Words(f"Of {said} % of the customers it is not known whether they are in it: their data are missing.",
                 f"{said}% 的客户因数据缺失无法判断是否属于该分群。")  # fmt: skip


def too_few(members: int, least: int) -> Words:
    """It is small."""
    return Words(f"It has {members} members, and is worth an effort of its own from {least} on: relax a condition, or "
                 "join it with another segment.",
                 f"成员共 {members} 人，至少 {least} 人才值得单独投入：请放宽条件或与其他分群合并。")  # fmt: skip


def too_poor(share: float, least: float) -> Words:
    """It brings little."""
    said, wanted = percent(share), f"{100 * least:g}"
    return Words(f"It brought {said} % of the revenue of the last year; from {wanted} % on it is worth an effort.",
                 f"最近一年仅贡献 {said}% 的收入；达到 {wanted}% 才值得投入。")  # fmt: skip


def collect(share: float) -> Words:
    """Addresses are missing."""
    said = percent(share)
    return Words(f"Of {said} % of its members there is no address: collect e-mail addresses or phone numbers.",
                 f"{said}% 的成员没有联系方式：请收集邮箱或电话。")  # fmt: skip


def ask(share: float) -> Words:
    """Consents are missing."""
    said = percent(share)
    return Words(f"{said} % of its members do not allow marketing by any channel: ask for consent.",
                 f"{said}% 的成员未同意任何渠道的营销：请征求同意。")  # fmt: skip


def too_few_values(of: Words, n: int, least: int) -> Words:
    """There are too few to compare."""
    return Words(f"For the {of.en} there are {n} values among members or the rest, and {least} of each are needed.",
                 f"“{of.zh}”在成员或其余客户中仅有 {n} 个值，至少需要 {least} 个。")  # fmt: skip


def small(of: Words) -> Words:
    """It is sure, but little."""
    return Words(f"The largest difference, in the {of.en}, may be quite small: look for a sharper division.",
                 f"差异最大的“{of.zh}”也可能很小：请寻找更有区分度的标准。")  # fmt: skip


def by_rule(of: Words) -> Words:
    """It says little, for the rule selects by it."""
    return Words(f"The rule itself reads what the {of.en} is made of, so some difference follows from it: "
                 "ask for other responses, too.",
                 f"规则本身使用了“{of.zh}”所依据的数据，部分差异由此产生：请同时考察其他反应指标。")  # fmt: skip
