"""Customers from an import: created, changed, left alone; history only of what changed."""

from domain.imports.subjects import ImportKind
from tests.support.imports import LATER, NOW, Shop, csv_file, faults, lines, mapped, outcomes

NAMED = "customer JOIN customer_external_ref ON customer_id = id"
CUSTOMERS = ImportKind.CUSTOMERS
ANNA = {
    "external_id": "c1",
    "display_name": "Anna",
    "email": "Anna@Example.COM",
    "phone": "+49 30 123456",
    "tags": ["a"],
}


async def test_a_new_customer_is_stored_normalised_without_history_and_with_one_event(shop: Shop) -> None:
    done = await shop.load(CUSTOMERS, [ANNA | {"registered_at": "2020-02-03"}])
    assert outcomes(done, "customers") == {"created": 1}
    (row,) = await shop.rows("SELECT display_name, email, phone, tags, version, registered_at, kind FROM customer")
    assert row["email"] == "anna@example.com"
    assert row["phone"] == "+4930123456"
    assert (row["version"], row["kind"], row["tags"]) == (1, "PERSON", ["a"])
    assert row["registered_at"].isoformat() == "2020-02-02T23:00:00+00:00"  # midnight in Berlin
    assert await shop.one("SELECT count(*) FROM attribute_change") == 0
    assert await shop.one("SELECT array_agg(topic ORDER BY sequence) FROM event") == [
        "CUSTOMER_CREATED",
        "BULK_FINISHED",
    ]


async def test_the_same_again_changes_nothing_at_all(shop: Shop) -> None:
    records = [ANNA, {"external_id": "c2", "display_name": "Bo", "registered_capital": "10.50"}]
    await shop.load(CUSTOMERS, records)
    before = await shop.everything()
    done = await shop.load(CUSTOMERS, records, now=LATER)
    assert outcomes(done, "customers") == {"unchanged": 2}
    assert await shop.everything() == before


async def test_a_changed_field_leaves_its_history_and_raises_the_version(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [ANNA | {"city": "Bonn", "receivable": "1.10"}])
    done = await shop.load(CUSTOMERS, [ANNA | {"city": "Köln", "receivable": None, "tags": ["a", "b"]}], now=LATER)
    assert outcomes(done, "customers") == {"updated": 1}
    changes = await shop.rows(
        "SELECT field, before, after, valid_from, recorded_at, actor FROM attribute_change ORDER BY field"
    )
    assert [(c["field"], c["before"], c["after"]) for c in changes] == [
        ("city", "Bonn", "Köln"), ("receivable", 1.1, None), ("tags", ["a"], ["a", "b"])
    ]  # fmt: skip
    assert {(c["valid_from"], c["recorded_at"], c["actor"]) for c in changes} == {(LATER, LATER, "import")}
    (row,) = await shop.rows("SELECT version, created_at, updated_at FROM customer")
    assert (row["version"], row["created_at"], row["updated_at"]) == (2, NOW, LATER)
    assert await shop.one("SELECT payload -> 'fields' FROM event WHERE topic = 'CUSTOMER_UPDATED'") == [
        "city", "receivable", "tags"
    ]  # fmt: skip


async def test_fields_that_the_file_does_not_have_are_left_alone(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [ANNA | {"city": "Bonn"}])
    await shop.load(CUSTOMERS, [{"external_id": "c1", "region": "NRW"}], now=LATER)
    (row,) = await shop.rows("SELECT city, region, display_name FROM customer")
    assert row == {"city": "Bonn", "region": "NRW", "display_name": "Anna"}


async def test_of_several_lines_for_a_customer_the_last_wins_and_all_are_counted(shop: Shop) -> None:
    records = [{"external_id": "c1", "city": city} for city in ("Bonn", "Köln", "Ulm")]
    done = await shop.load(CUSTOMERS, [*records, {"external_id": "c2", "city": "Kiel"}])
    assert outcomes(done, "customers") == {"created": 2}
    assert lines(done, "customers") == {"created": 4}
    assert await shop.one(f"SELECT city FROM {NAMED} WHERE value = 'c1'") == "Ulm"


async def test_the_date_a_customer_became_known_is_only_ever_lowered(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [{"external_id": "c1", "registered_at": "2020-06-01T00:00:00Z"}])
    later = {"external_id": "c1", "registered_at": "2021-01-01T00:00:00Z"}
    assert outcomes(await shop.load(CUSTOMERS, [later], now=LATER), "customers") == {"unchanged": 1}
    earlier = {"external_id": "c1", "registered_at": "2019-01-01T00:00:00Z"}
    assert outcomes(await shop.load(CUSTOMERS, [earlier], now=LATER), "customers") == {"updated": 1}
    assert (await shop.one("SELECT registered_at FROM customer")).year == 2019
    assert await shop.one("SELECT count(*) FROM attribute_change") == 0


async def test_a_broken_line_fails_alone_and_names_every_wrong_field(shop: Shop) -> None:
    done = await shop.load(
        CUSTOMERS,
        [
            ANNA,
            {"external_id": "c2", "email": "not an address", "birth_date": "1990-02-30", "intimacy": "101"},
            {"external_id": None, "city": "Bonn"},
            {"external_id": "c3", "gender": "UNKNOWN", "phone": "0301"},
            {"external_id": "c1", "city": "Ulm"},
        ],
    )
    assert outcomes(done, "customers") == {"created": 1, "failed": 3}
    assert lines(done, "customers") == {"created": 2, "failed": 3}
    assert faults(done) == [
        (2, "email", "BAD_EMAIL"), (2, "birth_date", "BAD_DATE"), (2, "intimacy", "OUT_OF_RANGE"),
        (3, "external_id", "REQUIRED"), (4, "gender", "NOT_AN_OPTION"), (4, "phone", "BAD_PHONE"),
    ]  # fmt: skip


async def test_custom_attributes_are_typed_merged_and_kept_in_the_history(shop: Shop) -> None:
    await define(shop, "level", "ENUM", ["basic", "gold"])
    await define(shop, "visits", "INTEGER", [])
    done = await shop.load(CUSTOMERS, [
        {"external_id": "c1", "attributes.level": "gold", "attributes.visits": "7"},
        {"external_id": "c2", "attributes.level": "silver"},
        {"external_id": "c3", "attributes.visits": "many"},
        {"external_id": "c4", "attributes.mood": "fine"},
    ])  # fmt: skip
    assert [(line, code) for line, _, code in faults(done)] == [
        (2, "NOT_AN_OPTION"), (3, "NOT_A_NUMBER"), (4, "UNKNOWN_ATTRIBUTE")
    ]  # fmt: skip
    assert await shop.one("SELECT attributes FROM customer") == {"level": "gold", "visits": 7}
    await shop.load(CUSTOMERS, [{"external_id": "c1", "attributes.level": "basic"}], now=LATER)
    assert await shop.one("SELECT attributes FROM customer") == {"level": "basic", "visits": 7}
    assert await shop.rows("SELECT field, before, after FROM attribute_change") == [
        {"field": "level", "before": "gold", "after": "basic"}
    ]
    await shop.load(CUSTOMERS, [{"external_id": "c1", "attributes.level": ""}], now=LATER)
    assert await shop.one("SELECT attributes FROM customer") == {"visits": 7}


async def test_a_reference_to_a_merged_customer_means_the_winner(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [{"external_id": "c1"}, {"external_id": "c2"}])
    named = "(SELECT customer_id FROM customer_external_ref WHERE value = '{}')"
    await shop.run(f"UPDATE customer SET merged_into = {named.format('c1')} WHERE id = {named.format('c2')}")
    await shop.load(CUSTOMERS, [{"external_id": "c2", "city": "Ulm"}], now=LATER)
    assert await shop.rows(f"SELECT value, city FROM {NAMED} ORDER BY 1") == [
        {"value": "c1", "city": "Ulm"}, {"value": "c2", "city": None}
    ]  # fmt: skip


async def test_an_erased_customer_is_not_brought_back(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [{"external_id": "c1"}])
    await shop.run("UPDATE customer SET erased_at = now()")
    done = await shop.load(CUSTOMERS, [{"external_id": "c1", "city": "Ulm"}], now=LATER)
    assert (outcomes(done, "customers"), faults(done)) == ({"failed": 1}, [(1, "external_id", "NOT_FOUND")])


async def test_a_dry_run_says_the_same_and_writes_nothing(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [ANNA])
    before = await shop.everything()
    records = [ANNA | {"city": "Ulm"}, {"external_id": "c2"}, {"external_id": "c3", "email": "?"}]
    dry = await shop.load(CUSTOMERS, records, now=LATER, dry_run=True)
    assert await shop.everything() == before
    real = await shop.load(CUSTOMERS, records, now=LATER)
    assert dry.as_json() | {"dryRun": False} == real.as_json()
    assert outcomes(real, "customers") == {"created": 1, "updated": 1, "failed": 1}


async def test_an_import_of_more_rows_than_a_chunk_loads_them_all(shop: Shop, monkeypatch) -> None:
    monkeypatch.setattr("api.imports.run.ROWS_A_CHUNK", 7)
    monkeypatch.setattr("api.imports.stage.BATCH", 10)
    records = [{"external_id": f"c{n % 40}", "city": f"city {n}"} for n in range(100)]
    done = await shop.load(CUSTOMERS, records)
    assert (outcomes(done, "customers"), lines(done, "customers")) == ({"created": 40}, {"created": 100})
    assert await shop.one("SELECT count(*) FROM import_row") == 0
    sequences = await shop.one("SELECT array_agg(sequence ORDER BY sequence) FROM event")
    assert sequences == list(range(1, 42))


async def test_a_file_names_the_column_of_the_file_in_its_problems(shop: Shop, tmp_path) -> None:
    path = csv_file(tmp_path / "c.csv.gz", ["Nr", "Mail"], [["1", "a@example.com"], ["2", "nobody"]])
    done = await shop.import_file(path, mapped(CUSTOMERS, {"external_id": "Nr", "email": "Mail"}))
    (problem,) = done.problems
    assert (problem.line, problem.column, problem.field) == (3, "Mail", "email")
    assert problem.text.en == "'nobody' is not an e-mail address."
    assert problem.text.zh == "'nobody' 不是电子邮箱地址。"


async def define(shop: Shop, key: str, kind: str, options: list[str]) -> None:
    """Define an attribute."""
    await shop.run(
        "INSERT INTO attribute_definition (id, key, type, options, created_at)"
        " VALUES (gen_random_uuid(), :key, :kind, :options, now())",
        key=key, kind=kind, options=options,
    )  # fmt: skip


async def test_lines_for_two_references_of_one_merged_customer_are_one_change_and_the_last_wins(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [{"external_id": "c1"}, {"external_id": "c2"}])
    named = "(SELECT customer_id FROM customer_external_ref WHERE value = '{}')"
    await shop.run(f"UPDATE customer SET merged_into = {named.format('c1')} WHERE id = {named.format('c2')}")
    records = [{"external_id": "c2", "city": "Ulm"}, {"external_id": "c1", "city": "Bonn"}]
    done = await shop.load(CUSTOMERS, records, now=LATER)
    assert outcomes(done, "customers") == {"updated": 1, "unchanged": 1}
    assert await shop.one(f"SELECT city FROM {NAMED} WHERE value = 'c1'") == "Bonn"


async def test_an_order_of_an_erased_customer_is_refused_and_creates_nobody(shop: Shop) -> None:
    await shop.load(CUSTOMERS, [{"external_id": "c1"}])
    await shop.run("UPDATE customer SET erased_at = now()")
    placed = {"order": "o1", "customer": "c1", "placed_at": "2024-03-01", "sku": "A", "quantity": 1, "unit_price": 1}
    done = await shop.load(ImportKind.ORDERS, [placed, placed | {"order": "o2", "customer": "c2"}], now=LATER)
    assert (outcomes(done, "orders"), faults(done)) == ({"created": 1, "failed": 1}, [(1, "customer", "NOT_FOUND")])
    assert await shop.one("SELECT count(*) FROM customer") == 2
