"""Defining a custom attribute: its type is fixed for good, its labels and options may grow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.attribute import AttributeDefinition, AttributeType, PiiLevel
from domain.customers.customer import Customer
from domain.dictionary import raise_dictionary
from domain.events import EventTopic, announce
from domain.refusal import ProblemCode, Refused, invalid
from domain.text import LONGEST_NAME, Names, check_key, check_names, is_name
from domain.words import Says, Words

MAX_OPTIONS = 500
CHOOSING = (AttributeType.ENUM, AttributeType.MULTI_ENUM)
BUILT_IN = frozenset(inspect(Customer).columns.keys())


@dataclass(frozen=True, slots=True)
class AttributeDefinitionInput:
    """A custom attribute of the tenant's customers."""

    key: Annotated[str, Says(Words("key", "键"), "Immutable; not the name of a built-in field.")]
    label: Annotated[Names, Says(Words("label", "名称"))]
    type: Annotated[AttributeType, Says(Words("type", "类型"), "Immutable.")]
    options: Annotated[list[str] | None, Says(Words("options", "选项"), "For ENUM and MULTI_ENUM; may grow.")] = None
    pii: Annotated[PiiLevel, Says(Words("privacy", "隐私级别"))] = PiiLevel.NONE


async def attribute_define(
    session: AsyncSession, input: AttributeDefinitionInput, *, now: datetime, sees_personal: bool = True
) -> AttributeDefinition:
    """Define an attribute, or change labels, privacy and options of one.  Refuses with ``Invalid``.

    Only who may see personal data may say that something is none any more.
    Holds the dictionary's lock, so two definitions of one key come one after the other.
    """
    _check(input)
    await raise_dictionary(session)
    values: dict[str, Any] = {
        "label_en": input.label.en,
        "label_zh": input.label.zh,
        "options": input.options or [],
        "pii": input.pii,
    }
    found = await session.scalar(select(AttributeDefinition).where(AttributeDefinition.key == input.key))
    if found is None:
        found = AttributeDefinition(id=new_id(now), key=input.key, type=input.type, created_at=now, **values)
        session.add(found)
    else:
        _check_change(found, input, sees_personal)
        for name, value in values.items():
            setattr(found, name, value)
    announce(session, EventTopic.ATTRIBUTE_DEFINED, found.id, now)
    return found


def _check(input: AttributeDefinitionInput) -> None:
    check_key(input.key)
    check_names(input.label, "label")
    if input.key in BUILT_IN:
        raise invalid(("input", "key"), "A built-in field has this name.", "该名称已是内置字段。")
    options = input.options or []
    if (input.type in CHOOSING) != bool(options):
        raise _bad_options("ENUM and MULTI_ENUM have options, other types none.", "仅枚举类型须有选项。")
    if len(options) > MAX_OPTIONS or len(set(options)) < len(options) or not all(map(_is_option, options)):
        raise _bad_options(
            f"Give at most {MAX_OPTIONS} different options of 1 to {LONGEST_NAME} characters, no spaces around them.",
            f"选项最多 {MAX_OPTIONS} 个，不可重复，长度为 1 至 {LONGEST_NAME} 个字符，首尾不可有空格。",
        )


def _is_option(option: str) -> bool:
    """Values are stored without spaces around them, so an option with such would never be met."""
    return is_name(option) and option == option.strip()


def _check_change(found: AttributeDefinition, input: AttributeDefinitionInput, sees_personal: bool) -> None:
    if found.type != input.type:
        raise invalid(("input", "type"), "The type cannot be changed.", "类型不可更改。", ProblemCode.IMMUTABLE)
    if not sees_personal and input.pii is PiiLevel.NONE and found.pii != PiiLevel.NONE:
        words = "It is personal data, which you may not see.", "该属性属于个人信息，您无权查看。"
        raise invalid(("input", "pii"), *words, ProblemCode.FORBIDDEN)
    if not set(found.options) <= set(input.options or ()):
        raise _bad_options("Options can be added, not taken away.", "选项只能增加，不能删除。")


def _bad_options(en: str, zh: str) -> Refused:
    return invalid(("input", "options"), en, zh)
