"""A map that is not one is refused, naming its key."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.imports.conditions import condition
from api.imports.mapping import parse_map, read_map
from api.imports.transforms import field
from domain.imports.subjects import ImportKind
from domain.refusal import Invalid, Refused
from domain.values import BadValue

WHOLE = {"kind": "orders", "system": "shop", "fields": {"order": "no"}}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "customers"}, ("kind",)),
        ({"sistem": "x"}, ("sistem",)),
        ({"system": 3}, ("system",)),
        ({"timezone": "Mars/Base"}, ("timezone",)),
        ({"create_customers": "yes"}, ("create_customers",)),
        ({"file": {"delimiter": ";;"}}, ("file", "delimiter")),
        ({"file": {"encoding": "klingon"}}, ("file", "encoding")),
        ({"file": {"quote": "'"}}, ("file", "quote")),
        ({"fields": {"order": {"colum": "no"}}}, ("fields", "order", "colum")),
        ({"fields": {"order": {"column": "no", "constant": 1}}}, ("fields", "order")),
        ({"fields": {"order": 7}}, ("fields", "order")),
        ({"skip": {"label": "x"}}, ("skip",)),
        ({"skip": [{"label": "x", "column": "no"}]}, ("skip", "0")),
        ({"skip": [{"column": "no", "empty": True}]}, ("skip", "0", "label")),
        ({"skip": [{"label": "x", "column": "no", "empty": 1}]}, ("skip", "0", "empty")),
        ({"skip": [{"label": "x", "column": "no", "empty": True, "only": "others"}]}, ("skip", "0", "only")),
        ({"skip": [{"label": "x", "column": "no", "matches": ".*"}]}, ("skip", "0", "matches")),
        ({"join": [{"file": "x.csv"}]}, ("join", "0", "on")),
        ({"answers": [{"score": "nps"}]}, ("answers",)),
    ],
)
def test_what_is_wrong_with_a_map_is_named_by_its_key(change: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        parse_map(WHOLE | change, ImportKind.ORDERS)
    problem = refused.value.problem
    assert isinstance(problem, Invalid)
    assert problem.path == path
    (issue,) = problem.fields
    assert issue.message("en").startswith(".".join(path))
    assert issue.message("zh-CN").startswith(".".join(path))


@pytest.mark.parametrize("name", ["kind", "system", "fields"])
def test_what_a_map_lacks_is_named(name: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_map({key: value for key, value in WHOLE.items() if key != name}, ImportKind.ORDERS)
    assert refused.value.problem.path == (name,)


def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("kind = ")
    with pytest.raises(Refused) as refused:
        read_map(path, ImportKind.ORDERS)
    assert refused.value.problem.path == ("broken.toml",)


@pytest.mark.parametrize(
    ("test", "holds", "fails"),
    [
        ({"empty": True}, ["", "  ", None], ["x", 0]),
        ({"empty": False}, ["x", 0], ["", None]),
        ({"equals": "a"}, ["a", " a "], ["A", ""]),
        ({"equals": ["a", "b"]}, ["a", "b"], ["c"]),
        ({"not_equals": "a"}, ["b", ""], ["a"]),
        ({"starts_with": ["C", "A"]}, ["C1", "A"], ["1C"]),
        ({"ends_with": "x"}, ["ax"], ["xa"]),
        ({"contains": "b"}, ["abc"], ["ac"]),
        ({"less_than": 0}, ["-1", -0.5], ["0", "x", "", "NaN"]),
        ({"at_most": 0}, ["0", "-1"], ["0.1", "NaN"]),
        ({"greater_than": 1.5}, ["1.6"], ["1.5", "many"]),
        ({"at_least": 1}, ["1"], ["0.9"]),
        ({"at_least": 1, "less_than": 3}, ["1", "2"], ["0", "3"]),
    ],
)
def test_a_condition_holds_where_all_its_tests_do(test: dict[str, Any], holds: list[Any], fails: list[Any]) -> None:
    stated = condition({"column": "c"} | test, ())
    assert [cell for cell in holds if not stated({"c": cell})] == []
    assert [cell for cell in fails if stated({"c": cell})] == []


@pytest.mark.parametrize(
    ("entry", "cells", "made"),
    [
        ("a", {"a": " x "}, " x "),
        ({"constant": "GBP"}, {}, "GBP"),
        ({"columns": ["a", "b"], "joined_by": "/"}, {"a": "1", "b": "2"}, "1/2"),
        ({"columns": ["a", "b"], "joined_by": "/"}, {"a": "", "b": "2"}, "2"),
        ({"column": "a", "values": {"delivered": "FULFILLED"}}, {"a": " delivered"}, "FULFILLED"),
        ({"column": "a", "values": {"x": "y"}, "otherwise": "z"}, {"a": "q"}, "z"),
        ({"column": "a", "values": {"x": "y"}}, {"a": ""}, None),
        ({"column": "a", "when_empty": "PAID"}, {"a": " "}, "PAID"),
        ({"column": "a", "date_format": "%d/%m/%Y"}, {"a": "02/03/2024"}, datetime(2024, 3, 2)),
        ({"column": "a", "decimal_mark": ","}, {"a": "1.234,50"}, "1234.50"),
        ({"column": "a", "decimal_mark": "."}, {"a": "1,234.50"}, "1234.50"),
        ({"column": "a", "split_by": ">"}, {"a": "tea>green"}, ["tea", "green"]),
        ({"column": "a", "prefix": "S-"}, {"a": "7"}, "S-7"),
    ],
)
def test_a_field_is_made_as_its_entry_says(entry: Any, cells: dict[str, Any], made: Any) -> None:
    assert field(entry, ()).make(cells) == made


@pytest.mark.parametrize(
    "entry",
    [{"column": "a", "values": {"x": "y"}}, {"column": "a", "date_format": "%Y"}],
    ids=["values", "date_format"],
)
def test_a_cell_that_a_transform_cannot_take_is_refused(entry: Any) -> None:
    with pytest.raises(BadValue):
        field(entry, ()).make({"a": "other"})
