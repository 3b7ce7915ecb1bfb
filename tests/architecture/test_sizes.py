"""Files and functions stay small enough to be read, and say what they own."""

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(
    path.relative_to(ROOT)
    for package in ("api", "domain", "tenancy", "migrations", "tests")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.relative_to(ROOT).parts
)
PRODUCT = [path for path in CODE if path.parts[0] != "tests"]
LARGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 300, 40, 100
VAGUE = re.compile(r"(Service|Manager|Repository|Helper|Util|Handler|Data(?!base)|Processor)s?(?=[A-Z_]|$)")


@pytest.mark.parametrize("path", CODE, ids=str)
def test_a_file_is_at_most_300_lines_and_its_first_line_says_what_it_owns(path: Path) -> None:
    text = (ROOT / path).read_text()
    assert len(text.splitlines()) <= LARGEST_FILE
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no docstring"
        assert text.startswith('"""'), "the docstring is not the first line"


@pytest.mark.parametrize("path", CODE, ids=str)
def test_a_function_is_at_most_40_lines(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    long = [
        f"{node.name}: {length}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long


@pytest.mark.parametrize("path", PRODUCT, ids=str)
def test_names_say_what_a_thing_is(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    vague = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and VAGUE.search(node.name)]
    assert not vague


@pytest.mark.parametrize("path", PRODUCT, ids=str)
def test_nothing_is_left_for_later(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError", (ROOT / path).read_text())


def test_the_median_file_can_be_read_at_a_glance() -> None:
    lines = [n for path in PRODUCT if (n := len((ROOT / path).read_text().splitlines())) > 3]
    assert statistics.median(lines) <= MEDIAN_FILE
