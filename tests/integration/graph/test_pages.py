"""Connections: walking both ways sees every row once, cursors serve one place, later pages keep the first instant."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.graph.documents import IDS, named
from tests.support.graph_sample.seed import NOW
from tests.support.graph_sample.shop import Shop, Tenant, only_plan

CODE = "BAD_USER_INPUT"


@pytest.mark.parametrize("order", ["NEWEST", "SHIPPED"])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(
    ("size_name", "cursor_name", "more"), [("first", "after", "hasNextPage"), ("last", "before", "hasPreviousPage")]
)
async def test_walking_either_way_sees_every_row_once(
    same: Any, order: str, size: int, size_name: str, cursor_name: str, more: str
) -> None:
    whole = await same(
        f"{{ customers {{ nodes {{ id orders(first: 250, orderBy: {order}) {{ nodes {{ id }} }} }} }} }}"
    )
    for customer in whole["data"]["customers"]["nodes"][:8]:
        text = (
            f'query($c: String) {{ customer(id: "{customer["id"]}") {{ orders({size_name}: {size}, {cursor_name}: $c,'
            f" orderBy: {order}) {{ nodes {{ id }} totalCount"
            " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"
        )
        seen: list[str] = []
        at = None
        while True:
            page = (await same(text, {"c": at}))["data"]["customer"]["orders"]
            part = [o["id"] for o in page["nodes"]]
            seen = seen + part if size_name == "first" else part + seen
            at = page["pageInfo"]["endCursor" if size_name == "first" else "startCursor"]
            if not page["pageInfo"][more]:
                break
        assert seen == [o["id"] for o in customer["orders"]["nodes"]]


async def test_a_page_between_two_cursors_holds_what_lies_between(same: Any) -> None:
    edges = (await same("{ customers { edges { cursor node { id } } } }"))["data"]["customers"]["edges"]
    text = (
        "query($a: String, $b: String) { customers(after: $a, before: $b, first: 250) { nodes { id }"
        " pageInfo { hasNextPage } } }"
    )
    got = await same(text, {"a": edges[2]["cursor"], "b": edges[7]["cursor"]})
    assert [n["id"] for n in got["data"]["customers"]["nodes"]] == [e["node"]["id"] for e in edges[3:7]]


async def test_later_pages_read_at_the_first_pages_instant(shop: Shop) -> None:
    text = (
        'query($c: String) { matching(rule: {spent: {atLeast: "300", window: LAST_30_DAYS}}, first: 1, after: $c)'
        " { totalCount nodes { spend(window: LAST_30_DAYS) } pageInfo { endCursor } } }"
    )
    first = (await shop.ask(text))["data"]["matching"]
    much_later = NOW + timedelta(days=400)
    later = (await shop.ask(text, {"c": first["pageInfo"]["endCursor"]}, now=much_later))["data"]["matching"]
    assert later["totalCount"] == first["totalCount"] > 1
    assert float(later["nodes"][0]["spend"]) >= 300
    third = (await shop.ask(text, {"c": later["pageInfo"]["endCursor"]}, now=much_later))["data"]["matching"]
    assert third["totalCount"] == first["totalCount"]
    assert (await shop.ask(text, now=much_later))["data"]["matching"]["totalCount"] == 0


async def test_a_cursor_serves_one_tenant_connection_and_order(shop: Shop) -> None:
    cursor = (await shop.ask("{ customers(first: 1) { pageInfo { endCursor } } }"))["data"]["customers"]["pageInfo"][
        "endCursor"
    ]
    here = "query($c: String) { customers(after: $c) { totalCount } }"
    assert "errors" not in await shop.ask(here, {"c": cursor})
    forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    elsewhere = "query($c: String) { matching(rule: {all: []}, after: $c) { totalCount } }"
    for text, given in ((elsewhere, cursor), (here, forged), (here, cursor + "="), (here, ""), (here, "é")):
        assert (await shop.answer(text, {"c": given})).codes == (CODE,), given
    assert (await shop.answer(here, {"c": cursor}, tenant=Tenant("shop_two"))).codes == (CODE,)
    orders = (
        'query($c: String) { customer(id: "<C>") { orders(orderBy: %s, after: $c, first: 1) { pageInfo'
        " { endCursor } } } }"
    )
    newest = await shop.ask(named(orders % "NEWEST"))
    end = newest["data"]["customer"]["orders"]["pageInfo"]["endCursor"]
    assert (await shop.answer(named(orders % "SHIPPED"), {"c": end})).codes == (CODE,)


@pytest.mark.parametrize("arguments", ["first: 0", "first: -1", "last: 251", "first: 2147483647", "first: 1, last: 1"])
async def test_a_page_of_an_impossible_size_is_refused_in_the_callers_language(shop: Shop, arguments: str) -> None:
    text = f'{{ customer(id: "{IDS["C"]}") {{ name orders({arguments}) {{ totalCount }} }} }}'
    english, chinese = await shop.ask(text), await shop.ask(text, locale="zh-CN")
    assert english["errors"][0]["extensions"] == {"code": CODE}
    assert english["errors"][0]["path"] == ["customer", "orders"]
    assert english["errors"][0]["message"].isascii()
    assert not chinese["errors"][0]["message"].isascii()


async def test_a_null_size_is_the_default(shop: Shop) -> None:
    text = "query($n: Int) { customers(first: $n) { nodes { id } } }"
    assert len((await shop.ask(text, {"n": None}))["data"]["customers"]["nodes"]) == 24


async def test_a_page_is_one_index_range_when_directions_agree(shop: Shop) -> None:
    cursor = (await shop.ask("{ customers(first: 1) { pageInfo { endCursor } } }"))["data"]["customers"]["pageInfo"][
        "endCursor"
    ]
    text = "query($c: String) { customers(after: $c) { nodes { id } } }"
    await shop.ask(text, {"c": cursor})
    assert "(customer.name, customer.id) >" in only_plan(shop, text).text
