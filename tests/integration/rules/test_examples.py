"""Filters of Shopify, Klaviyo, Braze and Mautic as rules: every block of docs/examples.md, asked of known customers."""

import re
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from domain.customers.customer import Customer
from domain.rules.codec import decode, encode
from domain.rules.terms import Terms
from domain.rules.text.parser import parse
from domain.rules.text.printer import text_of
from domain.segments.members import members
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.garage import NOW, park
from tests.support.tenants import Tenants

PAGE = Path(__file__).parents[3] / "docs" / "examples.md"
TERMS, CLOCK = Terms(vocabulary=CONDITIONS), Clock(now=NOW, zone="Europe/Berlin")
SYSTEMS = {"Shopify", "Klaviyo", "Braze", "Mautic", "None of them"}


class Example(NamedTuple):
    """One filter: of which system, as a rule, in both languages, and who passes."""

    system: str
    title: str
    rule: str
    english: str
    chinese: str
    members: str


def examples() -> list[Example]:
    """Those of the page."""
    found, system = [], ""
    for part in re.split(r"^(?=##+ )", PAGE.read_text(), flags=re.M):
        if part.startswith("## "):
            system = part.splitlines()[0].removeprefix("## ")
        elif part.startswith("### "):
            rule, english, chinese = re.findall(r"```\w+\n(.*?)\n```", part, re.S)
            (listed,) = re.findall(r"^Members: (.*)\.$", part, re.M)
            found.append(Example(system, part.splitlines()[0], rule, english, chinese, listed))
    return found


@pytest.fixture(scope="module")
async def garage(tenants: Tenants, scope: Scope) -> Tenant:
    (tenant,) = await tenants(1, timezone="Europe/Berlin")
    async with scope.write(tenant) as session:
        await park(session)
    return tenant


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.title)
async def test_an_example_has_the_members_it_says_and_its_texts_say_the_same(
    example: Example, garage: Tenant, scope: Scope
) -> None:
    rule = decode(orjson.loads(example.rule), terms=TERMS, vocabulary=CONDITIONS)
    assert encode(rule) == orjson.loads(example.rule)
    for locale, text in (("en", example.english), ("zh", example.chinese)):
        assert text_of(rule, TERMS, locale) == text
        assert parse(text, TERMS) == rule
    async with scope.write(garage) as session:
        found: list[Customer] = list(await session.scalars(members(rule, terms=TERMS, clock=CLOCK)))
    assert (", ".join(sorted(str(one.display_name) for one in found)) or "nobody") == example.members


def test_all_systems_have_examples() -> None:
    assert {example.system for example in examples()} == SYSTEMS
    assert len(examples()) >= 30
