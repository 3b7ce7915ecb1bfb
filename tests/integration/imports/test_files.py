"""Files: broken rows are named by line and column, joined files laid beside, every tenth row broken."""

from pathlib import Path

import pytest

from domain.imports.subjects import ImportKind
from domain.refusal import Invalid, Refused
from tests.support.imports import Shop, csv_file, faults, jsonl_file, lines, mapped, outcomes

CUSTOMERS, ORDERS, FEEDBACK = ImportKind.CUSTOMERS, ImportKind.ORDERS, ImportKind.FEEDBACK
LINE_FIELDS = {
    "order": "no",
    "customer": "who",
    "placed_at": "at",
    "sku": "sku",
    "quantity": "n",
    "unit_price": "price",
}
LINE_HEADER = ["no", "who", "at", "sku", "n", "price"]
GROWING = {"create_customers": True, "create_products": True}


async def test_bad_text_bad_bytes_and_bad_rows_are_each_named(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(
        b'id,city\n1,Bonn\n2,\xff\xfe\n3,a\0b\n4\n5,x,y\n\n6,"two\nlines"\n7,' + b"x" * 1001 + b"\n8,K\xc3\xb6ln\n"
    )
    done = await shop.import_file(path, mapped(CUSTOMERS, {"external_id": "id", "city": "city"}))
    assert faults(done) == [
        (3, "city", "BAD_TEXT"), (4, "city", "BAD_TEXT"), (5, None, "BROKEN_ROW"), (6, None, "BROKEN_ROW"),
        (10, "city", "TOO_LONG"),
    ]  # fmt: skip
    assert outcomes(done, "customers") == {"created": 3, "failed": 5}
    assert await shop.one("SELECT array_agg(city ORDER BY city) FROM customer") == ["Bonn", "Köln", "two\nlines"]


async def test_json_lines_with_surrogates_nan_and_huge_numbers_are_refused_by_line(shop: Shop, tmp_path: Path) -> None:
    path = jsonl_file(tmp_path / "c.jsonl", [{"id": "1", "city": "Ulm", "n": 3}, {"id": "2", "city": "\ud800", "n": 1}])
    with path.open("a") as file:
        file.write('{"id": "3", "n": NaN}\n{"id": "4", "n": 1e999}\n{"id": "5"\n[]\n{"id": 6, "n": true}\n')
    done = await shop.import_file(path, mapped(CUSTOMERS, {"external_id": "id", "city": "city", "employees": "n"}))
    assert faults(done) == [
        (2, "city", "BAD_TEXT"), (3, "employees", "NOT_A_NUMBER"), (4, "employees", "OUT_OF_RANGE"),
        (5, None, "BROKEN_ROW"), (6, None, "BROKEN_ROW"), (7, "employees", "NOT_A_NUMBER"),
    ]  # fmt: skip
    assert outcomes(done, "customers") == {"created": 1, "failed": 6}


async def test_an_order_file_with_every_tenth_row_broken_loads_the_rest(shop: Shop, tmp_path: Path) -> None:
    rows = [[f"o{n % 150}", f"c{n % 20}", "2024-01-01", f"s{n % 7}", 1, 2] for n in range(400)]
    wrongs = ["2024-13-01", "soon", ""]
    for place in range(9, 400, 10):
        rows[place][2] = wrongs[place // 10 % 3]
    path = csv_file(tmp_path / "o.csv.gz", LINE_HEADER, rows)
    done = await shop.import_file(path, mapped(ORDERS, LINE_FIELDS, **GROWING))
    broken = {rows[place][0] for place in range(9, 400, 10)}
    whole = {row[0] for row in rows} - broken
    assert sorted({line for line, _, _ in faults(done)}) == [place + 2 for place in range(9, 400, 10)]
    assert outcomes(done, "orders") == {"created": len(whole), "failed": len(broken)}
    kept = sum(row[0] in whole for row in rows)
    assert lines(done, "orders") == {"created": kept, "failed": 400 - kept}
    assert await shop.one("SELECT count(*) FROM order_item") == kept
    assert set(await shop.one("SELECT array_agg(external_id) FROM orders")) == whole


async def test_a_feedback_file_with_every_tenth_row_broken_loads_the_rest(shop: Shop, tmp_path: Path) -> None:
    rows = [[n, "" if n % 7 == 3 else n % 11, 1 + n % 5, "2024-01-01"] for n in range(200)]
    for place in range(9, 200, 10):
        rows[place][1] = "NaN"
    path = csv_file(tmp_path / "f.csv", ["id", "nps", "stars", "at"], rows)
    answers = [
        {"kind": {"constant": "NPS"}, "score": "nps"},
        {"kind": {"constant": "STAR"}, "score": "stars"},
    ]
    fields = {"external_id": "id", "customer": "id", "submitted_at": "at"}
    done = await shop.import_file(path, mapped(FEEDBACK, fields, answers=answers, create_customers=True))
    assert faults(done) == [(place + 2, "score", "NOT_A_NUMBER") for place in range(9, 200, 10)]
    unanswered = sum(row[1] == "" for row in rows)
    # The other answer of a broken row is good; the row counts as failed.
    assert outcomes(done, "feedback") == {"created": 380 - unanswered, "skipped": unanswered, "failed": 20}
    assert lines(done, "feedback") == {"created": 180, "failed": 20}
    assert await shop.one("SELECT count(*) FROM feedback") == 380 - unanswered


async def test_side_files_are_laid_beside_and_may_give_several_lines(shop: Shop, tmp_path: Path) -> None:
    csv_file(tmp_path / "who.csv", ["ref", "person"], [["x", "anna"], ["y", "bo"]])
    csv_file(tmp_path / "items.csv", ["no", "sku", "price"], [["1", "A", 2], ["1", "B", 3], ["3", "A", "?"]])
    path = csv_file(
        tmp_path / "o.csv",
        ["no", "ref", "at"],
        [["1", "x", "2024-01-01"], ["2", "y", "2024-01-02"], ["3", "x", "2024-01-03"]],
    )
    fields = {"order": "no", "customer": "person", "placed_at": "at", "sku": "sku", "unit_price": "price"}
    map_ = mapped(
        ORDERS, fields | {"quantity": {"constant": 1}}, **GROWING,
        join=[{"file": "who.csv", "on": "ref"}, {"file": "items.csv", "on": "no", "many": True}],
    )  # fmt: skip
    done = await shop.import_file(path, map_)
    assert (outcomes(done, "orders"), lines(done, "orders")) == (
        {"created": 2, "failed": 1},
        {"created": 2, "failed": 1},
    )
    found = await shop.rows(
        "SELECT o.external_id AS no, value AS who, net_total FROM orders AS o"
        " JOIN customer_external_ref AS r USING (customer_id) ORDER BY 1"
    )
    assert found == [{"no": "1", "who": "anna", "net_total": 5}, {"no": "2", "who": "bo", "net_total": 0}]


async def test_skipped_rows_are_counted_by_the_rule_that_skips_them(shop: Shop, tmp_path: Path) -> None:
    rows = [["1", "c", "2024-01-01", "A", 1, 2], ["1", "", "2024-01-01", "B", 1, 2], ["2", "", "2024-01-01", "B", 1, 2],
            ["C3", "c", "2024-01-01", "B", -1, 2], ["4", "c", "2024-01-01", "B", 0, 2]]  # fmt: skip
    path = csv_file(tmp_path / "o.csv", LINE_HEADER, rows)
    skip = [
        {"label": "no customer", "column": "who", "empty": True},
        {"label": "nothing", "column": "n", "at_most": 0, "only": "orders"},
    ]
    map_ = mapped(ORDERS, LINE_FIELDS, **GROWING, skip=skip, returns={"column": "no", "starts_with": "C"})
    done = await shop.import_file(path, map_)
    assert dict(done.skipped) == {"no customer": 2, "nothing": 1}
    assert (outcomes(done, "orders"), lines(done, "orders")) == (
        {"created": 1, "skipped": 2},
        {"created": 1, "skipped": 3},
    )
    assert outcomes(done, "returns") == {"created": 1}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"external_id": "id", "attributes.mood": "city"}, ("fields", "attributes.mood")),
        ({"external_id": "id", "shoe_size": "city"}, ("fields", "shoe_size")),
        ({"external_id": "id", "city": "town"}, ("fields", "city")),
    ],
)
async def test_a_map_that_does_not_fit_is_refused_before_anything_is_written(
    shop: Shop, tmp_path: Path, fields: dict[str, str], place: tuple[str, ...]
) -> None:
    path = csv_file(tmp_path / "c.csv", ["id", "city"], [["1", "Ulm"]])
    before = await shop.everything()
    with pytest.raises(Refused) as refused:
        await shop.import_file(path, mapped(CUSTOMERS, fields))
    assert isinstance(refused.value.problem, Invalid)
    assert refused.value.problem.path == place
    assert await shop.everything() == before
