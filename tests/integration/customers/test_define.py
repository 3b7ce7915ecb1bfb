"""attributeDefine: what a definition must be, what of it can change, and two who define at once."""

import asyncio
from typing import Any

import pytest

from domain.customers.define import MAX_OPTIONS, AttributeDefinitionInput, attribute_define
from domain.events import write_events
from domain.refusal import Invalid, Refused
from domain.text import Names
from tests.integration.customers.conftest import Saving
from tests.support.imports import NOW

LEVEL = {"key": "level", "label": Names(en="Level", zh="等级"), "type": "ENUM", "options": ["basic", "gold"]}


async def define(shop: Saving, **said: Any) -> None:
    """One transaction of attributeDefine."""
    async with shop.scope.write(shop.tenant, before_commit=write_events) as session:
        await attribute_define(session, AttributeDefinitionInput(**{**LEVEL, **said}), now=NOW)


async def refused(shop: Saving, **said: Any) -> tuple[str, str]:
    """Place and code of the refusal, which must leave no trace."""
    before = await shop.everything()
    with pytest.raises(Refused) as caught:
        await define(shop, **said)
    assert await shop.everything() == before
    problem = caught.value.problem
    assert isinstance(problem, Invalid)
    (issue,) = problem.fields
    assert issue.message("en") != issue.message("zh")
    return ".".join(issue.path), issue.code


@pytest.mark.parametrize(
    "key", ["", "Level", "1st", "a-b", "等级", "a" * 64, "a\0", "\ud800", "a b", "level\n", "ｌevel"]
)
async def test_a_key_is_of_its_grammar(shop: Saving, key: str) -> None:
    assert await refused(shop, key=key) == ("input.key", "VALIDATION")


@pytest.mark.parametrize("key", ["city", "email", "id", "attributes", "merged_into"])
async def test_a_built_in_field_keeps_its_name(shop: Saving, key: str) -> None:
    assert await refused(shop, key=key) == ("input.key", "VALIDATION")


@pytest.mark.parametrize(
    "label",
    [
        Names(),
        Names(en=" "),
        Names(en="fine", zh=""),
        Names(zh="x" * 201),
        Names(en="a\0b"),
        Names(en="ok", zh="\udc00"),
    ],
)
async def test_a_label_is_a_name_in_one_language_at_least(shop: Saving, label: Names) -> None:
    assert await refused(shop, label=label) == ("input.label", "VALIDATION")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ENUM", None), ("ENUM", []), ("MULTI_ENUM", []), ("TEXT", ["a"]), ("ENUM", ["a", "a"]), ("ENUM", ["a", " "]),
        ("ENUM", ["a", " b"]), ("ENUM", ["a\0"]), ("MULTI_ENUM", ["\ud800"]), ("ENUM", ["x" * 201]),
        ("ENUM", [str(n) for n in range(MAX_OPTIONS + 1)]),
    ],
)  # fmt: skip
async def test_options_are_different_texts_of_the_types_that_choose(
    shop: Saving, kind: str, options: list[str] | None
) -> None:
    assert await refused(shop, type=kind, options=options) == ("input.options", "VALIDATION")


async def test_labels_change_options_grow_and_the_type_stays(shop: Saving) -> None:
    await define(shop)
    await define(shop, label=Names(en="Rank"), options=["gold", "basic", "silver"])
    assert await shop.rows("SELECT label_en, label_zh, type, options FROM attribute_definition") == [
        {"label_en": "Rank", "label_zh": None, "type": "ENUM", "options": ["gold", "basic", "silver"]}
    ]
    assert await refused(shop, type="MULTI_ENUM") == ("input.type", "IMMUTABLE")
    assert await refused(shop, options=["gold"]) == ("input.options", "VALIDATION")
    assert await shop.topics() == ["ATTRIBUTE_DEFINED"] * 2
    assert await shop.one("SELECT version FROM dictionary") == 2


async def test_two_who_define_one_key_define_it_once(shop: Saving) -> None:
    await asyncio.gather(*(define(shop, label=Names(en=f"Level {n}")) for n in range(4)))
    assert await shop.one("SELECT count(*) FROM attribute_definition") == 1
    assert await shop.one("SELECT version FROM dictionary") == 4
