"""Programs that are written already go on working: the schema is held to the last released one."""

import re
from datetime import date
from pathlib import Path

import pytest
from graphql import is_scalar_type, specified_scalar_types

from api.compatibility import badly_deprecated, breaking
from api.schema import core_schema, printed_schema

RELEASED = Path(__file__).parents[2] / "docs" / "schema" / "released.graphql"
TODAY = date(2027, 7, 1)
OLD = """
directive @requires(scope: String!, maskInstead: Boolean!) repeatable on FIELD_DEFINITION
type Query { customer(id: ID, by: By): Customer  segments: [String!]! @requires(scope: "A", maskInstead: false) }
type Customer { id: ID!  phone: String %s  phones: [String!]! }
input By { email: String phone: String }
enum Kind { NPS CSAT }
"""
SOON = '@deprecated(reason: "Since 2027-01-01; stays until 2027-07-01. Use Customer.phones.")'


def changed(before: str, after: str, mark: str = "") -> list[str]:
    """What a change of the sample breaks."""
    sdl = OLD.replace("%s", mark)
    assert before in sdl
    return breaking(sdl, sdl.replace(before, after), TODAY)


def test_nothing_that_was_released_is_broken() -> None:
    assert breaking(RELEASED.read_text(encoding="utf-8"), printed_schema(), date.today()) == [], (
        "programs would break; add beside what there is, and mark that as @deprecated (docs/compatibility.md)"
    )


def test_what_is_deprecated_says_since_when_until_when_and_what_instead() -> None:
    assert badly_deprecated(printed_schema()) == []


def test_the_example_of_a_strict_generator_knows_every_scalar() -> None:
    config = (RELEASED.parents[1] / "clients" / "codegen.ts").read_text(encoding="utf-8")
    mapped = set(re.findall(r"^\s+(\w+): '(?:string|unknown)'", config, re.MULTILINE))
    own = {name for name, type_ in core_schema().type_map.items() if is_scalar_type(type_)} - set(
        specified_scalar_types
    )
    assert own <= mapped


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("phones: [String!]!", "", "Field Customer.phones was removed."),
        ("phones: [String!]!", "phones: [String!]", "Field Customer.phones changed type from [String!]! to [String!]."),
        ("(id: ID, by: By)", "(by: By)", "Argument Query.customer(id:) was removed."),
        ("(id: ID, by: By)", "(id: ID!, by: By)", "Argument Query.customer(id:) has changed type from ID to ID!."),
        ("NPS CSAT", "NPS", "Enum value Kind.CSAT was removed."),
        ("email: String", "email: String, name: String!", "A required field By.name was added."),
        ("input By {", "input By @oneOf {", "By takes exactly one member now."),
        (
            "phones: [String!]!",
            'phones: [String!]! @requires(scope: "B", maskInstead: true)',
            "Field Customer.phones requires B now.",
        ),
        ('scope: "A"', 'scope: "B"', "Field Query.segments requires B now."),
    ],
)
def test_a_change_that_breaks_programs_is_found(before: str, after: str, told: str) -> None:
    assert changed(before, after) == [told]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("phones: [String!]!", "phones: [String!]! name: String"),
        ("(id: ID, by: By)", "(id: ID, by: By, more: Int)"),
        ("NPS CSAT", "NPS CSAT CES"),
        (' @requires(scope: "A", maskInstead: false)', ""),
        ("id: ID!  phone: String ", "id: ID!  phone: String! "),
    ],
)
def test_an_addition_breaks_nothing(before: str, after: str) -> None:
    assert changed(before, after) == []


def test_what_was_announced_goes_on_its_day_and_not_before() -> None:
    gone = "phone: String " + SOON
    assert changed(gone, "", SOON) == []
    later = SOON.replace("2027-07-01", "2027-07-02")
    assert changed("phone: String " + later, "", later) == ["Field Customer.phone was removed."]


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("Since 2027-01-01; stays until 2027-07-01. Use Customer.phones.", None),
        ("Since 2027-01-01; stays until 2027-07-01. Use Query.customer(by:).", None),
        ("Not liked any more.", "say 'Since"),
        ("Since 2027-01-01; stays until 2027-03-01. Use Customer.phones.", "stays for 59 days"),
        ("Since 2027-01-01; stays until 2027-07-01. Use Customer.mobile.", "Customer.mobile does not exist"),
        ("Since 2027-01-01; stays until 2027-07-01. Use ((.", "(( does not exist"),
        ("Since 2027-01-01; stays until 2027-07-01. Use Nobody.name.", "Nobody.name does not exist"),
    ],
)
def test_a_deprecation_without_dates_or_an_alternative_is_found(reason: str, fault: str | None) -> None:
    found = badly_deprecated(OLD.replace("%s", f'@deprecated(reason: "{reason}")'))
    assert len(found) == (fault is not None)
    assert fault is None or found[0].startswith(f"Customer.phone: {fault}")
