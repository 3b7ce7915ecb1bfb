"""Every built-in template finds whom its description means, and says the same in both languages."""

import pytest

from domain.catalogue.made import BY_KEY, as_if_installed
from domain.catalogue.parameter import chosen
from domain.rules.grouped import Shape
from domain.rules.text.parser import parse
from domain.rules.text.printer import description_of, text_of
from domain.segments.members import member_ids
from domain.time import Clock
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.instants import NOWS, When
from tests.support.rules.judge import Judge, asking
from tests.support.templates import MEANINGS, meant


def test_there_is_a_meaning_of_every_template() -> None:
    assert set(MEANINGS) == set(BY_KEY)


@pytest.mark.parametrize("key", BY_KEY)
async def test_a_template_finds_whom_its_description_means(
    judge: Judge, market: Tenant, scope: Scope, key: str
) -> None:
    template = BY_KEY[key]
    rule, terms = as_if_installed(template, chosen(template.parameters, MEANINGS[key][0]), judge.terms)
    sizes = set()
    async with asking(scope, market) as session:
        for now in NOWS:
            expected = meant(judge.shop, When(now, "Europe/Berlin"), key)
            sizes.add(len(expected))
            for shape in Shape:
                asked = member_ids(rule, terms=terms, clock=Clock(now, "Europe/Berlin"), shape=shape)
                assert set(await session.scalars(asked)) == expected, (now, shape)
    assert 0 < max(sizes) < len(judge.shop.people) // 2 + 40


@pytest.mark.parametrize("key", BY_KEY)
def test_a_template_is_told_in_both_languages(judge: Judge, key: str) -> None:
    template = BY_KEY[key]
    values = chosen(template.parameters, MEANINGS[key][0])
    rule, terms = as_if_installed(template, values, judge.terms)
    for locale in ("en", "zh"):
        text = text_of(rule, terms, locale)
        assert parse(text, terms) == rule, text
        told = [description_of(rule, terms, locale), template.named(values).of(locale)]
        told += [template.described(values).of(locale), *(each.label.of(locale) for each in template.parameters)]
        assert all(told)
        assert not any(mark in said for said in told for mark in "{}$…")
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in words.zh) for words in (template.name, template.doc))
