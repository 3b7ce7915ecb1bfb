"""Two rules as lines: what stays, what goes and what comes, in both languages."""

import pytest

from domain.rules.check import check
from domain.rules.text.changes import changes
from domain.rules.text.parser import parse
from domain.rules.tree import Never
from tests.support.rules.draw import Draw
from tests.support.rules.texts import SEGMENTS, TERMS

LANGUAGES = ("en", "zh")


def of(said: str) -> object:
    """The rule of a text."""
    return parse(said, TERMS)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ('city = "a"', 'city = "a"', ['  city = "a"']),
        ('city = "a"', 'city = "b"', ['- city = "a"', '+ city = "b"']),
        ('city = "a"', 'city = "a" and tag is empty', ['  city = "a"', "+ and tag is empty"]),
        (
            'tag is empty and (city = "a" or city = "b")',
            'tag is empty and (city = "a" or city = "c")',
            ["  tag is empty", '  and (city = "a"', '-   or city = "b")', '+   or city = "c")'],
        ),
        ('city = "x and (y) or z"', 'city = "x and (y) or z"', ['  city = "x and (y) or z"']),
        ('city = "\n- x\n+ y"', 'city = "z"', ['- city = "\\n- x\\n+ y"', '+ city = "z"']),
    ],
)
def test_a_line_is_a_condition(old: str, new: str, lines: list[str]) -> None:
    assert changes(of(old), of(new), TERMS, "en").split("\n") == lines


def test_a_rule_that_cannot_be_read_has_no_lines() -> None:
    assert changes(Never(), of("tag is empty"), TERMS, "en") == "+ tag is empty"
    assert changes(of("tag is empty"), Never(), TERMS, "en") == "- tag is empty"
    assert changes(Never(), Never(), TERMS, "en") == ""


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_lines_of_each_rule_are_a_text_of_it(locale: str) -> None:
    for number in range(0, 120, 2):
        old, new = (check(Draw(f"changes:{each}", sorted(SEGMENTS)).rule(), TERMS) for each in (number, number + 1))
        found = changes(old, new, TERMS, locale).split("\n")
        assert {line[:2] for line in found} <= {"  ", "- ", "+ "}
        for rule, left_out in ((new, "- "), (old, "+ ")):
            assert parse("\n".join(line[2:] for line in found if line[:2] != left_out), TERMS) == rule
        assert changes(new, new, TERMS, locale).split("\n") == [f"  {line[2:]}" for line in found if line[:2] != "- "]
