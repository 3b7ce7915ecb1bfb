"""Who reaches a part of the customers is told who of these enters and leaves, and of nobody else."""

from datetime import timedelta

from tests.integration.members.conftest import Office
from tests.support.club import city
from tests.support.watching import Watched

TOLD = """{ events(topics: [SEGMENT_ENTERED, SEGMENT_LEFT]) { totalCount nodes { topic payload subject {
    ... on Customer { id } } } } }"""


async def test_each_hears_of_its_own(office: Office) -> None:
    shop = await Watched(office.scope, office.tenant).prepare()
    for name, owner in (("Ann", "anna"), ("Bob", "bo"), ("Cem", "bo")):
        await shop.customer(name, owner=owner, city="Bonn")
    await shop.segment("ulm", rule=city("Ulm"))
    await shop.watch("ulm")
    await shop.follow()
    shop.now += timedelta(hours=1)
    for name in ("Ann", "Bob"):
        await shop.customer(name, city="Ulm")
    assert await shop.follow() == 2
    heard = {}
    for whose in ("anna", "bo"):
        given = {"scopes": ["CUSTOMERS_READ", "EVENTS_READ"], "dataScope": "OWN", "memberId": office.members[whose]}
        answer = (await (await office.caller(**given)).data(TOLD))["events"]
        heard[whose] = [one["subject"]["id"] for one in answer["nodes"]]
        assert answer["totalCount"] == len(heard[whose])
    assert heard == {"anna": [shop.ids["Ann"]], "bo": [shop.ids["Bob"]]}
    everybody = (await office.admin.data(TOLD))["events"]["nodes"]
    assert {one["subject"]["id"] for one in everybody} == {shop.ids["Ann"], shop.ids["Bob"]}


async def test_one_who_reaches_a_part_watches_the_segment_as_it_is(office: Office) -> None:
    shop = await Watched(office.scope, office.tenant).prepare()
    for name, owner in (("Ann", "anna"), ("Bob", "bo")):
        await shop.customer(name, owner=owner, city="Ulm")
    id_ = await shop.segment("ulm", rule=city("Ulm"))
    given = {"scopes": ["CUSTOMERS_READ", "SEGMENTS_READ", "SEGMENTS_WRITE"], "dataScope": "OWN"}
    caller = await office.caller(memberId=office.members["anna"], **given)
    text = "mutation($id: ID!) { segmentWatch(id: $id) { __typename ... on Problem { code } } }"
    assert (await caller.data(text, {"id": id_}))["segmentWatch"] == {"__typename": "SegmentSuccess"}
    assert len((await shop.stored())["ulm"]) == 2
