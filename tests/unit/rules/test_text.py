"""The texts of the documentation are rules, the same in both languages; every condition has an example."""

import re
from pathlib import Path

import pytest

from domain.customers.conditions.fields import BUILT_IN
from domain.customers.conditions.names import LABELS
from domain.rules.shape import snake
from domain.rules.terms import AttributeTerms, Terms
from domain.rules.text.keywords import keywords
from domain.rules.text.parser import parse
from domain.rules.text.parts import parts, phrases, reached
from domain.rules.text.printer import description_of, text_of
from domain.rules.text.vocabulary import vocabulary
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.vocabulary import CONDITIONS
from tests.support.rules.texts import TERMS

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]*[\u4e00-\u9fff][^`]*)` \|$", PAGE, re.MULTILINE)
# Written otherwise than the field's documents do: the longer unit is canonical.
OTHERWISE = {"24 months": "2 years", "18 months": "1 year 6 months", "24 hours": "1 day", "24 个月": "2 年",
             "18 个月": "1 年 6 个月", "24 小时": "1 天"}  # fmt: skip


def canonical(text: str) -> str:
    for given, written in OTHERWISE.items():
        text = text.replace(given, written)
    return text


def test_the_page_has_a_table_of_texts() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize(("english", "chinese"), ROWS)
def test_a_row_of_the_page_is_one_rule(english: str, chinese: str) -> None:
    rule = parse(english, TERMS)
    assert parse(chinese, TERMS) == rule
    assert text_of(rule, TERMS, "en") == canonical(english)
    assert text_of(rule, TERMS, "zh-Hans") == canonical(chinese)


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ('city = "Ulm"', 'City is "Ulm"', "城市为“Ulm”"),
        ("orders.sum(net_total) over last 1 year > 5000000",
         "The sum of net total of orders in the last 1 year is more than 5,000,000",
         "最近1年订单的净额合计大于5,000,000"),
        ('no interactions(type = "visit") over last 14 days',
         "There are no interactions (type is visit) in the last 14 days", "最近14天没有互动（类型为visit）"),
        ("orders.recency > 30 days", "The last of orders was more than 30 days ago", "订单的末次距今超过30天"),
        ("top 20 % by net_spend", "Is in the top 20 % by net spend", "按净消费额排在前20%"),
        ('in segment "vip" and (no orders or tag is empty)',
         'Is in segment "vip", and (there are no orders, or the tags are none)',
         "属于分群“vip”，且（没有订单，或标签没有任何值）"),
        ("nine_levels is null", "Nine levels is not known", "九级未知"),
    ],
)  # fmt: skip
def test_a_rule_is_told_to_people(text: str, english: str, chinese: str) -> None:
    rule = parse(text, TERMS)
    assert description_of(rule, TERMS, "en") == english
    assert description_of(rule, TERMS, "zh") == chinese


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.keyword)
def test_every_condition_is_worded_and_has_an_example(condition: type) -> None:
    assert phrases(condition)
    if condition.keyword != "segment":  # type: ignore[attr-defined]  which segments there are is the tenant's affair
        assert isinstance(parse(condition.example, TERMS), condition)  # type: ignore[attr-defined]


def test_every_field_of_the_language_is_said_by_a_phrase() -> None:
    unsaid = []
    for of in reached(CONDITIONS):
        said = " ".join(phrase.en + str(phrase.fixed) for kind in reached(CONDITIONS) for phrase in phrases(kind))
        for name, part in parts(of).items():
            if (
                of not in (Not, AtLeast, All, AnyOf, NoneOf)
                and not part.phrases
                and not re.search(rf"\b{name}\b", said)
            ):
                unsaid.append(f"{of.__name__}.{name}")
    assert unsaid == []


def test_no_keyword_is_a_field_of_customers() -> None:
    known = keywords(tuple(CONDITIONS))
    assert [key for key in BUILT_IN if snake(key) in known.english] == []


def test_every_field_of_customers_has_a_label() -> None:
    assert set(LABELS) == set(BUILT_IN)


def test_a_field_that_is_called_like_a_keyword_or_a_built_in_one_stands_in_backquotes() -> None:
    keys = ("last", "or", "订单", "birth_date", "a b", "a`b", "Order")
    terms = Terms(1, {key: AttributeTerms("DECIMAL") for key in keys}, {}, tuple(CONDITIONS))
    for key in keys:
        escaped = key.replace("`", "\\`")
        rule = parse(f"`{escaped}` > 5", terms)
        assert rule.key == key  # type: ignore[union-attr]
        assert text_of(rule, terms, "zh") == f"`{escaped}` > 5"


def test_the_vocabulary_has_every_condition_field_and_customer_field_once() -> None:
    entries = list(vocabulary(TERMS))
    keys = [entry.key for entry in entries]
    assert len(keys) == len(set(keys))
    assert {condition.keyword for condition in CONDITIONS} <= set(keys)
    assert {snake(key) for key in BUILT_IN} <= set(keys)
    for entry in entries:
        for locale in ("en", "zh"):
            assert entry.label(locale)
            example = entry.example(locale)
            assert example is None or text_of(parse(example, TERMS), TERMS, locale) == example
    assert [entry.key for entry in vocabulary(TERMS, "sample.")] == [
        "sample.salt", "sample.fromPercent", "sample.toPercent",
    ]  # fmt: skip
