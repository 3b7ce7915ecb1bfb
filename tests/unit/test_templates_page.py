"""docs/templates.md lists the templates as they are.  ``python -m tests.unit.test_templates_page`` writes the table."""

import re
from pathlib import Path

from domain.catalogue.parameter import Parameter, plain
from domain.catalogue.segments import SEGMENT_TEMPLATES
from domain.catalogue.template import SegmentTemplate

PAGE = Path(__file__).parents[2] / "docs" / "templates.md"
TABLE = re.compile(r"(?<=<!-- templates -->\n).*?(?=<!-- end -->)", re.S)


def table() -> str:
    """A part for each article, a row for each template."""
    head = "| key | name · 名称 | where · 出处 | parameters | rule |\n|---|---|---|---|---|\n"
    return "\n" + head + "".join(map(_row, SEGMENT_TEMPLATES)) + "\n"


def _row(of: SegmentTemplate) -> str:
    names = " · ".join(of.named(of.defaults))
    chosen = "<br>".join(map(_parameter, of.parameters)) or "–"
    return f"| `{of.key}` | {names} | {of.source} {of.passage} | {chosen} | `{of.rule}` |\n"


def _parameter(of: Parameter) -> str:
    """Its key and default; † is ours."""
    if of.default is None:
        return f"`{of.key}`: required"
    unit = "" if of.unit in ("", "money") else f" {of.unit}"
    return f"`{of.key}`: {plain({'of': of.default})['of']}{unit}{'' if of.from_source else ' †'}"


def test_the_page_lists_the_templates_as_they_are() -> None:
    found = TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert found
    assert found[0] == table(), "run: python -m tests.unit.test_templates_page"


if __name__ == "__main__":
    PAGE.write_text(TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
