"""customerDelete: nobody sees the customer in any answer; customerRestore brings everything back as it was."""

from typing import Any

from tests.integration.life.conftest import Life, by

DELETED = """
mutation($id: ID!, $v: Int) { done: customerDelete(id: $id, ifVersion: $v) { __typename
  ... on CustomerDeleteSuccess { deletion { customerId deletedAt } } ... on Problem { code path } } }
"""
# All that is said of customers, one by one and counted.
SEEN = """
query($id: ID!, $ids: [ID!]!, $ref: CustomerBy!, $email: CustomerBy!, $in: RuleInput!) {
  byId: customer(by: { id: $id }) { id }
  byRef: customer(by: $ref) { id }
  byEmail: customer(by: $email) { id }
  node(id: $id) { id }
  nodes(ids: $ids) { id ... on Order { customer { id } } }
  customers { totalCount nodes { id } }
  search: customers(search: "Ann") { totalCount nodes { id } }
  ruled: customers(where: $in) { totalCount nodes { id } }
  customerCount(where: $in) { value }
  orderMetrics { customers orders netTotal }
  ofRule: orderMetrics(where: $in) { customers orders netTotal }
  feedbackMetrics(kind: NPS) { n mean }
  all: feedbackMetrics(kind: NPS, dedupe: ALL_RESPONSES) { n }
  feedbackTrend(kind: NPS, periods: 60) { n }
}
"""
RANKED = {"rank": {"by": "NET_SPEND", "test": {"topN": 1}}}


async def seen(shop: Life, id_: str, ids: list[str]) -> Any:
    """What a client sees of a customer and of the whole."""
    variables = {"id": id_, "ids": ids, "ref": by("ann"), "email": {"email": "ann@example.com"}, "in": RANKED}
    return await shop.client.data(SEEN, variables)


async def ids_of_everything(shop: Life, name: str) -> list[str]:
    """The ids of all that happened to a customer."""
    text = """query($by: CustomerBy!) { customer(by: $by) { id orders { nodes { id items { id } } } returns { id }
        interactions { nodes { id } } feedback { nodes { id } } } }"""
    found = (await shop.client.data(text, {"by": by(name)}))["customer"]
    (order,), (visit,), (answer,) = (found[key]["nodes"] for key in ("orders", "interactions", "feedback"))
    return [found["id"], order["id"], order["items"][0]["id"], found["returns"][0]["id"], visit["id"], answer["id"]]


async def test_a_shop_without_a_deleted_customer_is_one_that_never_had_it(shop: Life) -> None:
    await shop.customer("bob", displayName="Bob")
    nobody = "cus_" + "0" * 32
    never = await seen(shop, nobody, [nobody] * 6)
    ann = await shop.customer("ann", displayName="Ann", email="ann@example.com")
    ids = await ids_of_everything(shop, "ann")
    assert None not in (await seen(shop, ann, ids))["nodes"]
    before = await shop.dump("customer.version", "customer.updated_at")
    with_her = await seen(shop, ann, ids)
    done = (await shop.client.data(DELETED, {"id": ann}))["done"]
    assert done["deletion"]["customerId"] == ann
    assert await seen(shop, ann, ids) == never
    trash = "{ deletedCustomers { id displayName } }"
    assert (await shop.client.data(trash))["deletedCustomers"] == [{"id": ann, "displayName": "Ann"}]
    back = await shop.change("customerRestore", id=ann)
    assert back == {"__typename": "CustomerSuccess", "created": False, "customer": {"id": ann}}
    assert await seen(shop, ann, ids) == with_her
    assert await shop.dump("customer.version", "customer.updated_at") == before
    assert (await shop.client.data(trash))["deletedCustomers"] == []
    assert (await shop.topics())[-2:] == ["CUSTOMER_DELETED", "CUSTOMER_RESTORED"]


async def test_nothing_is_recorded_of_a_deleted_customer_nor_are_its_references_free(shop: Life) -> None:
    ann = await shop.customer("ann", email="ann@example.com")
    await shop.client.data(DELETED, {"id": ann})
    assert await shop.record("ann", "2") == ["VALIDATION"] * 4
    upsert = """mutation($by: CustomerBy) { customerUpsert(by: $by, input: { city: "Ulm" }) { __typename
        ... on CustomerSuccess { created } } }"""
    for name in (by("ann"), {"id": ann}):
        assert (await shop.client.data(upsert, {"by": name}))["customerUpsert"] == {"__typename": "NotFound"}
    # A contact is nobody's property: who is named by it is somebody new.
    other = (await shop.client.data(upsert, {"by": {"email": "ann@example.com"}}))["customerUpsert"]
    assert other == {"__typename": "CustomerSuccess", "created": True}


async def test_deleting_and_restoring_say_who_is_not_there_and_whose_version_has_moved(shop: Life) -> None:
    ann = await shop.customer("ann", events_too=False)
    for gone in ("cus_" + "0" * 32, "ord_" + ann[4:], "", "cus_1"):
        assert (await shop.client.data(DELETED, {"id": gone}))["done"] == {
            "__typename": "NotFound", "code": "NOT_FOUND", "path": ["id"],
        }  # fmt: skip
        assert (await shop.change("customerRestore", id=gone))["code"] == "NOT_FOUND"
    assert (await shop.client.data(DELETED, {"id": ann, "v": 7}))["done"]["code"] == "VERSION_CONFLICT"
    assert (await shop.change("customerRestore", id=ann))["customer"]["id"] == ann  # was never away
    assert (await shop.client.data(DELETED, {"id": ann, "v": 1}))["done"]["__typename"] == "CustomerDeleteSuccess"
    assert (await shop.client.data(DELETED, {"id": ann}))["done"]["code"] == "NOT_FOUND"
