"""How aggregates are worded: ``.sum(net_total) over last 1 year > 100``, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator

from domain.rules.text.phrase import Phrase
from domain.words import Words

_FIELDS = (
    ("sum", "sum of", "合计"),
    ("avg", "mean", "平均"),
    ("min", "smallest", "最小"),
    ("max", "largest", "最大"),
    ("stddev", "standard deviation of", "标准差"),
)
_EVENTS = (
    ("count", "次数", Words("the number of {subject}[ {window}] {count}", "[{window}]{subject}的次数{count}")),
    ("first", "首次", Words("the first of {subject}[ {window}] {first}", "[{window}]{subject}的首次时间{first}")),
    ("last", "末次", Words("the last of {subject}[ {window}] {last}", "[{window}]{subject}的末次时间{last}")),
    (
        "recency",
        "距今",
        Words("the last of {subject}[ {window}] was {recency} ago", "[{window}]{subject}的末次距今{recency}"),
    ),
    (
        "span",
        "跨度",
        Words(
            "the time between the first and last of {subject}[ {window}] is {span}",
            "[{window}]{subject}的首末间隔{span}",
        ),
    ),
    (
        "average_gap",
        "平均间隔",
        Words(
            "the mean time between {subject}[ {window}] is {average_gap}", "[{window}]{subject}的平均间隔{average_gap}"
        ),
    ),
)
_COMPARED = (
    ("trend", "趋势", "change", Words("the change of", "较上一时间窗的变化")),
    ("share", "占比", "share", Words("the share in all of", "占比")),
)
_SUM, _AVG, _COUNT = Words("total ", "合计"), Words("mean ", "平均"), Words("number", "次数")


def _aggregates() -> Iterator[Phrase]:
    yield Phrase(
        ".distinct({distinct.field}) [{window}] {distinct.test}",
        ".去重数({distinct.field}) [{window}] {distinct.test}",
        says=Words(
            "the number of different values of {distinct.field} of {subject}[ {window}] {distinct.test}",
            "[{window}]{subject}的{distinct.field}去重数{distinct.test}",
        ),
    )
    for name, zh, says in _EVENTS:
        yield Phrase(f".{name} [{{window}}] {{{name}}}", f".{zh} [{{window}}] {{{name}}}", says=says)
    for name, en, zh in _FIELDS:
        end = f"[{{window}}] {{{name}.test}}"
        yield Phrase(
            f".{name}({{{name}.field}}) {end} [& empty as {{{name}.on_empty}}]",
            f".{zh}({{{name}.field}}) {end} [& 空值 视为 {{{name}.on_empty}}]",
            says=Words(
                f"the {en} {{{name}.field}} of {{subject}}[ {{window}}] {{{name}.test}}"
                f"[ (without any: {{{name}.on_empty}})]",
                f"[{{window}}]{{subject}}的{{{name}.field}}{zh}{{{name}.test}}[（无数据视为{{{name}.on_empty}}）]",
            ),
        )
    for name, zh, test, says in _COMPARED:
        yield from _compared(name, zh, test, says)


def _compared(name: str, zh: str, test: str, says: Words) -> Iterator[Phrase]:
    """A change or a share: of a sum when only the field is named."""
    field = f"{{{name}.field}}"
    functions = (("COUNT", "count", "次数", _COUNT), ("AVG", f"avg {field}", f"平均 {field}", _AVG))
    for fn, en, chinese, of in (*functions[: 2 if name == "trend" else 1], ("SUM", field, field, _SUM)):
        own = "" if fn == "COUNT" else field
        yield Phrase(
            f".{name}({en}) [{{window}}] {{{name}.{test}}} %",
            f".{zh}({chinese}) [{{window}}] {{{name}.{test}}} %",
            {f"{name}.fn": fn},
            Words(
                f"{says.en} the {of.en}{own} of {{subject}}[ {{window}}] {{{name}.{test}}} %",
                f"[{{window}}]{{subject}}的{own}{of.zh}{says.zh}{{{name}.{test}}}%",
            ),
        )


AGGREGATES = tuple(_aggregates())
