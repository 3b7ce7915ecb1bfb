"""customerMerge makes all of the losers the winner's; customerUnmerge gives it back, row for row."""

from typing import Any

from tests.integration.life.conftest import Life, by, key_of

# What moves on for good: who read the merged state must not take the restored one for it.
FORWARD = ("customer.version", "customer.updated_at")
WHOLE = """query($by: CustomerBy!) { customer(by: $by) { id displayName city street email tags registeredAt
  externalRefs { value } orders { nodes { externalId } } returns { externalId }
  interactions { nodes { type } } feedback { nodes { comment } } history { nodes { field before after } }
  merged { customerId actor } attributes { key value } } }"""


async def whole(shop: Life, name: Any) -> Any:
    """All of a customer."""
    return (await shop.client.data(WHOLE, {"by": name}))["customer"]


async def test_the_winner_has_everything_and_what_it_lacked_and_its_history_stays_its_own(shop: Life) -> None:
    ann = await shop.customer("ann", displayName="Ann", city="Ulm", tags=["a", "b"], validFrom="2024-01-01T00:00:00Z")
    twin = await shop.customer(
        "twin", displayName="Anna", email="ann@example.com", city="Bonn", street="Main 1", tags=["b", "c"],
        validFrom="2023-01-01T00:00:00Z",
    )  # fmt: skip
    done = await shop.change("customerMerge", winner=ann, losers=[twin])
    assert done == {"__typename": "CustomerSuccess", "created": False, "customer": {"id": ann}}
    found = await whole(shop, {"id": ann})
    assert (found["displayName"], found["email"], found["tags"]) == ("Ann", "ann@example.com", ["a", "b", "c"])
    assert (found["city"], found["street"]) == ("Ulm", None)  # one place, not half of two
    assert found["registeredAt"].startswith("2023-01-01T00:00:00")
    assert [ref["value"] for ref in found["externalRefs"]] == ["ann", "twin"]
    assert len(found["orders"]["nodes"]) == len(found["returns"]) == len(found["feedback"]["nodes"]) == 2
    assert len(found["interactions"]["nodes"]) == 2
    changes = [(one["field"], one["before"], one["after"]) for one in found["history"]["nodes"]]
    assert sorted(changes) == [("email", None, "ann@example.com"), ("tags", ["a", "b"], ["a", "b", "c"])]
    assert [one["customerId"] for one in found["merged"]] == [twin]
    for name in ({"id": twin}, by("twin"), {"email": "ann@example.com"}):
        assert (await whole(shop, name))["id"] == ann
    assert await shop.one("SELECT payload FROM event WHERE topic = 'CUSTOMER_MERGED'") == {
        "losers": [str(key_of(twin))]
    }
    assert await shop.record("twin", "2") == [None] * 4
    assert len((await whole(shop, {"id": ann}))["orders"]["nodes"]) == 3


async def test_undoing_restores_every_row(shop: Life) -> None:
    ann = await shop.customer("ann", tags=["a"], phone="+4973112345", validFrom="2024-01-01T00:00:00Z")
    twins = [
        await shop.customer(name, email=f"{name}@example.com", receivable="10.5000", city="Bonn",
                            tags=["b", name], validFrom=f"2023-0{n}-01T00:00:00Z")
        for n, name in enumerate(("one", "two"), 1)
    ]  # fmt: skip
    before = await shop.dump(*FORWARD)
    for order in (twins, twins[::-1]):
        await shop.change("customerMerge", winner=ann, losers=twins)
        assert await shop.dump(*FORWARD) != before
        for twin in order:
            done = await shop.change("customerUnmerge", loser=twin)
            assert done["customer"]["id"] == twin
        assert await shop.dump(*FORWARD) == before
    assert (await shop.change("customerUnmerge", loser=twins[0]))["code"] == "NOT_FOUND"
    assert (await shop.topics())[-3:] == ["CUSTOMER_MERGED", "CUSTOMER_UNMERGED", "CUSTOMER_UNMERGED"]


async def test_chains_are_flat_and_undone_in_either_order(shop: Life) -> None:
    a, b, c = [await shop.customer(name, tags=[name]) for name in ("a", "b", "c")]
    before = await shop.dump(*FORWARD)
    for order in ((b, a), (a, b)):
        await shop.change("customerMerge", winner=b, losers=[a])
        await shop.change("customerMerge", winner=c, losers=[b])
        merged_into = await shop.rows("SELECT merged_into FROM customer WHERE merged_into IS NOT NULL")
        assert merged_into == [{"merged_into": key_of(c)}] * 2
        assert (await whole(shop, {"id": a}))["id"] == c
        assert len((await whole(shop, {"id": a}))["orders"]["nodes"]) == 3
        for loser in order:
            assert (await shop.change("customerUnmerge", loser=loser))["customer"]["id"] == loser
        assert await shop.dump(*FORWARD) == before


async def test_what_happened_since_stays_with_the_winner(shop: Life) -> None:
    ann = await shop.customer("ann")
    twin = await shop.customer("twin", email="twin@example.com", phone="+4973112345")
    await shop.change("customerMerge", winner=ann, losers=[twin])
    await shop.record("twin", "2")
    text = 'mutation($id: ID!) { customerUpsert(by: {id: $id}, input: {email: null, city: "Ulm"}) { __typename } }'
    await shop.client.data(text, {"id": twin})
    await shop.change("customerUnmerge", loser=twin)
    found, apart = await whole(shop, {"id": ann}), await whole(shop, {"id": twin})
    assert sorted(one["externalId"] for one in found["orders"]["nodes"]) == ["ann-1", "twin-2"]
    assert [one["externalId"] for one in apart["orders"]["nodes"]] == ["twin-1"]
    assert (found["city"], found["email"], apart["email"]) == ("Ulm", None, "twin@example.com")
    # The change since is now told of what was before the merge.
    assert {one["field"]: one["before"] for one in found["history"]["nodes"]} == {"email": None, "city": None}


async def test_what_cannot_be_merged_is_refused_and_what_is_merged_is_left_alone(shop: Life) -> None:
    ann, twin, other = [await shop.customer(name, events_too=False) for name in ("ann", "twin", "other")]
    nobody = "cus_" + "0" * 32
    before = await shop.everything()
    for winner, losers, path in (
        (ann, [], ["losers"]), (ann, [twin] * 51, ["losers"]), (ann, [twin, ann], ["losers", "1"]),
        (nobody, [ann], ["winner"]), (ann, [twin, nobody], ["losers", "1"]), (ann, ["garbage"], ["losers", "0"]),
    ):  # fmt: skip
        done = await shop.change("customerMerge", winner=winner, losers=losers)
        assert (done["__typename"] in ("Invalid", "NotFound"), done["path"]) == (True, path)
        assert done["message"]
    stale = await shop.change("customerMerge", winner=ann, losers=[twin], ifVersion=7)
    assert stale["code"] == "VERSION_CONFLICT"
    assert await shop.everything() == before
    await shop.change("customerMerge", winner=ann, losers=[twin, twin])
    merged = await shop.everything()
    for winner, losers in ((ann, [twin]), (twin, [ann])):
        assert (await shop.change("customerMerge", winner=winner, losers=losers))["customer"]["id"] == ann
    assert await shop.everything() == merged
    await shop.client.data("mutation($id: ID!) { customerDelete(id: $id) { __typename } }", {"id": twin})
    for asked in (
        {"winner": other, "losers": [twin]}, {"winner": ann, "losers": [other]}
    ):  # fmt: skip
        assert (await shop.change("customerMerge", **asked))["code"] == "NOT_FOUND"
    assert (await shop.change("customerUnmerge", loser=twin))["code"] == "NOT_FOUND"
