"""customerUpsert: who is meant, what changes, what stays, and what is refused."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.customers.customer import CustomerKind
from domain.customers.input import Duplicate
from domain.customers.read import CustomerBy
from domain.imports.subjects import ImportKind
from domain.refusal import NotFound, VersionConflict
from tests.integration.customers.conftest import Saving, by_ref, ref
from tests.support.imports import LATER, NOW


async def test_a_new_customer_is_stored_normalised_with_its_references_and_no_history(shop: Saving) -> None:
    customer, created = await shop.save(
        "c1", refs=("c1", "c2"), display_name=" Anna ", email="Anna@Example.COM", phone="+49 30 123456",
        tags=["a", " a", "b"], registered_capital=Decimal("10.5"), birth_date=date(1990, 2, 3),
    )  # fmt: skip
    assert created
    assert (customer.display_name, customer.email, customer.phone) == ("Anna", "anna@example.com", "+4930123456")
    assert (customer.kind, customer.tags, customer.version) == (CustomerKind.PERSON, ["a", "b"], 1)
    assert (customer.registered_at, customer.created_at, customer.updated_at) == (NOW, NOW, NOW)
    assert await shop.rows("SELECT system, value, customer_id FROM customer_external_ref ORDER BY value") == [
        {"system": "shop", "value": value, "customer_id": customer.id} for value in ("c1", "c2")
    ]
    assert await shop.history() == []
    assert await shop.rows("SELECT topic, subject_id, payload FROM event") == [
        {"topic": "CUSTOMER_CREATED", "subject_id": customer.id, "payload": {}}
    ]


async def test_what_is_left_out_is_left_alone_and_null_clears(shop: Saving) -> None:
    await shop.save("c1", city="Bonn", region="NRW", receivable=Decimal("1.10"), kind="HOUSEHOLD", tags=["a"])
    customer, created = await shop.save("c1", now=LATER, city=None, receivable=Decimal("2"), kind=None, tags=None)
    assert not created
    assert (customer.city, customer.region, customer.receivable) == (None, "NRW", Decimal("2.0000"))
    assert (customer.kind, customer.tags, customer.version, customer.updated_at) == ("PERSON", [], 2, LATER)
    assert await shop.history() == [
        ("city", "Bonn", None), ("kind", "HOUSEHOLD", "PERSON"), ("receivable", 1.1, 2), ("tags", ["a"], []),
    ]  # fmt: skip
    assert await shop.rows("SELECT DISTINCT valid_from, recorded_at, actor FROM attribute_change") == [
        {"valid_from": LATER, "recorded_at": LATER, "actor": "key:test"}
    ]
    assert await shop.one("SELECT payload FROM event WHERE topic = 'CUSTOMER_UPDATED'") == {
        "fields": ["city", "kind", "receivable", "tags"]
    }


async def test_input_that_changes_nothing_writes_nothing(shop: Saving) -> None:
    await shop.define("visits", "INTEGER")
    said = {"city": "Bonn", "latitude": Decimal("50.73743"), "email": "a@b.example", "own": {"visits": 3}}
    made, _ = await shop.save("c1", refs=("c2",), **said)
    before = await shop.everything()
    for by in ("c1", "c2", CustomerBy(email="A@B.example"), CustomerBy(id=made.id)):
        customer, created = await shop.save(by, now=LATER, **{**said, "city": " Bonn "}, gender="  ", street=None)
        assert (customer.id, customer.version, created) == (made.id, 1, False)
    assert await shop.everything() == before


async def test_an_import_and_a_single_write_of_the_same_values_agree(shop: Saving) -> None:
    await shop.define("since", "DATETIME")
    await shop.define("share", "DECIMAL")
    await shop.load(ImportKind.CUSTOMERS, [{
        "external_id": "c1", "email": "A@b.example", "phone": "+4930123456", "latitude": "50.7",
        "birth_date": "1990-02-03", "employees": "7",
        "attributes.since": "2020-01-01T00:00:00+01:00", "attributes.share": "0.10",
    }])  # fmt: skip
    before = await shop.everything()
    await shop.save(
        "c1", now=LATER, email="a@B.example", phone="+49 30 123456", latitude=Decimal("50.70"), employees=7,
        birth_date=date(1990, 2, 3), own={"since": "2019-12-31T23:00:00Z", "share": 0.1},
    )  # fmt: skip
    assert await shop.everything() == before


async def test_own_attributes_are_typed_merged_and_kept_in_the_history(shop: Saving) -> None:
    await shop.define("level", "ENUM", ["basic", "gold"])
    await shop.define("visits", "INTEGER")
    await shop.save("c1", own={"level": "gold", "visits": 7})
    customer, _ = await shop.save("c1", now=LATER, own={"level": "basic"})
    assert customer.attributes == {"level": "basic", "visits": 7}
    customer, _ = await shop.save("c1", now=LATER, own={"level": None})
    assert customer.attributes == {"visits": 7}
    assert await shop.history() == [("level", "gold", "basic"), ("level", "basic", None)]


async def test_a_customer_is_found_by_every_one_of_its_names(shop: Saving) -> None:
    made, _ = await shop.save("c1", email="a@b.example", phone="+4930123456")
    names = [CustomerBy(id=made.id), by_ref("c1"), CustomerBy(email="A@b.example"), CustomerBy(phone="+49 30 123456")]
    for n, by in enumerate(names, 2):
        customer, created = await shop.save(by, now=NOW + timedelta(days=n), city=f"town {n}")
        assert (customer.id, created, customer.version) == (made.id, False, n)
    customer, created = await shop.save(external_refs=[ref("c1")], now=LATER, city="Ulm")
    assert (customer.id, created) == (made.id, False)


async def test_who_is_named_by_a_contact_that_nobody_has_is_created_with_it(shop: Saving) -> None:
    for by in (CustomerBy(email="New@B.example"), CustomerBy(phone="+49 30 123456")):
        made, created = await shop.save(by, city="Ulm")
        again, recreated = await shop.save(by, city="Ulm")
        assert (created, recreated, again.id) == (True, False, made.id)


async def test_new_references_are_added_as_a_change_without_history(shop: Saving) -> None:
    made, _ = await shop.save("c1")
    customer, created = await shop.save("c1", refs=("c1", "c9"), now=LATER)
    assert (customer.id, customer.version, created) == (made.id, 2, False)
    assert (await shop.save("c9"))[0].id == made.id
    assert await shop.history() == []
    assert await shop.one("SELECT payload FROM event WHERE topic = 'CUSTOMER_UPDATED'") == {"fields": ["external_refs"]}


async def test_names_of_two_customers_are_refused_naming_both(shop: Saving) -> None:
    first, _ = await shop.save("c1", email="a@b.example")
    second, _ = await shop.save("c2")
    both = tuple(sorted((first.id, second.id)))
    for by, refs in ((None, ("c1", "c2")), (by_ref("c1"), ("c2", "c3")), (CustomerBy(email="a@b.example"), ("c2",)),
                     (CustomerBy(id=first.id), ("c2",))):  # fmt: skip
        problem = await shop.refused(by, refs=refs, city="Ulm")
        assert isinstance(problem, Duplicate)
        assert problem.candidates == both


async def test_a_merged_customer_means_the_winner_and_an_erased_one_is_not_found(shop: Saving) -> None:
    winner, _ = await shop.save("c1")
    loser, _ = await shop.save("c2")
    erased, _ = await shop.save("c3")
    await shop.run("UPDATE customer SET merged_into = :w WHERE id = :l", w=winner.id, l=loser.id)
    await shop.run("UPDATE customer SET erased_at = now() WHERE id = :e", e=erased.id)
    for n, by in enumerate((by_ref("c2"), CustomerBy(id=loser.id))):
        customer, created = await shop.save(by, refs=("c1",), now=LATER, city=f"town {n}")
        assert (customer.id, created) == (winner.id, False)
    for by, refs in (
        (by_ref("c3"), ()),
        (CustomerBy(id=erased.id), ()),
        (None, ("c3", "c4")),
        (CustomerBy(id=erased.id), ("c4",)),
    ):
        assert isinstance(await shop.refused(by, refs=refs, city="Ulm"), NotFound)


async def test_an_id_of_nobody_creates_nobody_and_a_version_needs_somebody(shop: Saving) -> None:
    await shop.save("c1")
    nobody = CustomerBy(id=UUID(int=1))
    assert isinstance(await shop.refused(nobody, city="Ulm"), NotFound)
    assert isinstance(await shop.refused(nobody, refs=("c1",), city="Ulm"), NotFound)
    assert isinstance(await shop.refused("c2", if_version=1, city="Ulm"), NotFound)
    conflict = await shop.refused("c1", if_version=2, city="Ulm")
    assert isinstance(conflict, VersionConflict)
    assert (conflict.current, conflict.yours) == (1, 2)
    assert (await shop.save("c1", if_version=1, city="Ulm"))[0].version == 2


async def test_two_writers_of_one_new_customer_make_one_and_both_succeed(shop: Saving) -> None:
    saves = [
        shop.save("c1", refs=refs, city=f"town {n}") for n, refs in enumerate([("a", "b"), ("b", "a"), ("c",), ()])
    ]
    done = await asyncio.gather(*saves)
    assert len({customer.id for customer, _ in done}) == 1
    assert sum(created for _, created in done) == 1
    assert await shop.one("SELECT count(*) FROM customer") == 1
    assert await shop.one("SELECT array_agg(value ORDER BY value) FROM customer_external_ref") == ["a", "b", "c", "c1"]
    history = await shop.history()
    assert [before for _, before, _ in history[1:]] == [after for _, _, after in history[:-1]]
    assert history[-1][2] == await shop.one("SELECT city FROM customer")


async def test_two_writers_of_one_new_contact_make_one(shop: Saving) -> None:
    for by in (CustomerBy(email="a@b.example"), CustomerBy(phone="+4930123456")):
        done = await asyncio.gather(*(shop.save(by, city=f"town {n}") for n in range(4)))
        assert len({customer.id for customer, _ in done}) == 1


async def test_two_writers_who_claim_one_reference_for_two_customers_do_not_both_get_it(shop: Saving) -> None:
    first, _ = await shop.save("c1")
    second, _ = await shop.save("c2")
    done = await asyncio.gather(
        shop.save("c1", refs=("new",)), shop.save("c2", refs=("new",)), return_exceptions=True
    )  # fmt: skip
    (problem,) = [one.problem for one in done if isinstance(one, Exception)]
    assert isinstance(problem, Duplicate)
    assert problem.candidates == tuple(sorted((first.id, second.id)))
    assert await shop.one("SELECT count(*) FROM customer_external_ref WHERE value = 'new'") == 1
