"""The quality of segments over GraphQL: the worked example of the docs, the edges, both languages, who may see what."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.scopes import Scope as Permission
from tenancy.scope import Scope
from tests.support.club import ULM, Club
from tests.support.tenants import NOW, Tenants

DOCS = Path(__file__).parents[3] / "docs" / "segments.md"
SCORE = '{ score verdict evidence { name value threshold low high } advice zh: advice(locale: "zh") }'
FOUR = ("measurable", "substantial", "accessible", "differentiable")
ASKED = f"overall {' '.join(f'{name} {SCORE}' for name in FOUR)}"
QUALITY = f"""query($id: ID!, $r: [MetricKey!], $n: Int! = 50, $s: Decimal! = "0.02") {{ segment(id: $id) {{
    quality(response: $r, minimumSize: $n, minimumRevenueShare: $s) {{ {ASKED} }} }} }}"""
# The example of the docs: customers n = 1 … 200, of whom the first 80 are from Ulm.
EXAMPLE = """
INSERT INTO customer (id, city, email, registered_at, created_at, updated_at)
    SELECT md5('c' || n)::uuid, CASE WHEN n <= 80 THEN 'Ulm' WHEN n <= 180 THEN 'Bonn' END,
           CASE WHEN n <= 60 THEN n || '@example.test' END, '{ago}', '{ago}', '{ago}' FROM generate_series(1, 200) AS n;
INSERT INTO orders (id, customer_id, system, external_id, placed_at, status, currency, recorded_at, updated_at,
                    total, net_total, base_net)
    SELECT gen_random_uuid(), md5('c' || n)::uuid, 'shop', n || '/' || k, '{ago}', 'PAID', 'EUR', '{ago}', '{ago}',
           amount, amount, amount
    FROM generate_series(1, 140) AS n, generate_series(1, 2) AS k,
         LATERAL (SELECT CASE WHEN n <= 40 OR n > 80 THEN 100 ELSE 150 END AS amount) AS of
    WHERE k = 1 OR n BETWEEN 41 AND 80;
INSERT INTO consent (id, customer_id, purpose, channel, status, basis, source, occurred_at, recorded_at, actor)
    SELECT gen_random_uuid(), md5('c' || n)::uuid, 'MARKETING', 'EMAIL', 'GRANTED', 'CONSENT', 'form', '{ago}', '{ago}',
           'test' FROM generate_series(1, 40) AS n
""".replace("{ago}", (NOW - timedelta(days=30)).isoformat())


async def opened(scope: Scope, tenants: Tenants) -> Club:
    """A tenant without anybody."""
    (tenant,) = await tenants()
    return Club(scope, tenant)


@pytest.fixture(scope="module")
async def example(scope: Scope, tenants: Tenants) -> tuple[Club, str]:
    club = await opened(scope, tenants)
    for statement in EXAMPLE.split(";"):
        await club.run(statement)
    return club, (await club.create("ulm", rule=ULM))["id"]


async def asked(club: Club, id: str, **variables: Any) -> Any:
    return (await club.data(QUALITY, id=id, **variables))["segment"]["quality"]


def numbers(score: Any) -> dict[str, Decimal]:
    return {each["name"]: Decimal(each["value"]) for each in score["evidence"]}


def verdicts(quality: Any) -> list[str]:
    return [quality[name]["verdict"] for name in FOUR]


async def test_the_worked_example_of_the_docs(example: tuple[Club, str]) -> None:
    club, id_ = example
    found = await asked(club, id_)
    page = DOCS.read_text(encoding="utf-8")
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in page.splitlines() if "**" in line}
    for name in FOUR:
        assert f"**{found[name]['score']}**, {found[name]['verdict']}" in lines[name]
    assert f"**{found['overall']}**" in lines["overall"]
    assert numbers(found["measurable"]) == {"coverage.city": Decimal("0.9"), "unknown": Decimal("0.1")}
    assert numbers(found["substantial"]) == {
        "size": 80, "share": Decimal("0.4"), "revenueShare": Decimal("0.727273")}  # fmt: skip
    reach = numbers(found["accessible"])
    assert {name: float(reach[name]) for name in ("reachable", "contact", "consent")} == {
        "reachable": 0.5, "contact": 0.75, "consent": 0.5}  # fmt: skip
    for each in found["differentiable"]["evidence"][:2]:
        value, low, high = (f"{float(each[name]):.3f}" for name in ("value", "low", "high"))
        assert f"g = {value}, from {low} to {high}" in lines["differentiable"]
    assert numbers(found["differentiable"])["values.NPS_LAST"] == 0
    assert f"“{found['accessible']['advice'][-1]}”" in lines["accessible"]


async def test_each_segment_takes_one_further_statement(example: tuple[Club, str]) -> None:
    club, id_ = example
    await asked(club, id_)
    before = club.statements
    await asked(club, id_)
    assert club.statements - before == 2


async def test_advice_is_given_in_both_languages(example: tuple[Club, str]) -> None:
    club, id_ = example
    found = await asked(club, id_, n=1000)
    assert found["accessible"]["zh"] == [
        "25% 的成员没有联系方式：请收集邮箱或电话。", "50% 的成员未同意任何渠道的营销：请征求同意。"]  # fmt: skip
    assert found["substantial"]["zh"] == ["成员共 80 人，至少 1000 人才值得单独投入：请放宽条件或与其他分群合并。"]
    assert found["differentiable"]["zh"] == ["“最近一次 NPS 评分”在成员或其余客户中仅有 0 个值，至少需要 30 个。"]
    assert (found["measurable"]["advice"], found["measurable"]["zh"]) == ([], [])
    for name in FOUR:
        assert len(found[name]["advice"]) == len(found[name]["zh"])


async def test_minima_are_the_callers(example: tuple[Club, str]) -> None:
    club, id_ = example
    score = (await asked(club, id_, n=80, s=str(Decimal(8) / 11)))["substantial"]
    assert (score["score"], score["verdict"], score["advice"]) == (50, "ADEQUATE", [])
    assert [each["threshold"] for each in score["evidence"]] == ["80.000000", None, "0.727273"]


@pytest.mark.parametrize(
    ("asked_for", "place"), [({"r": []}, "response"), ({"n": 0}, "minimumSize"), ({"n": -1}, "minimumSize"),
                             ({"s": "0"}, "minimumRevenueShare"), ({"s": "1.1"}, "minimumRevenueShare")]
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_with_its_place(
    example: tuple[Club, str], asked_for: Any, place: str
) -> None:
    club, id_ = example
    (error,) = (await club.ask(QUALITY, id=id_, **asked_for))["errors"]
    assert error["path"] == ["segment", "quality"]
    assert error["extensions"]["issues"][0]["path"] == [place]


async def test_everybody_in_has_nobody_to_differ_from(example: tuple[Club, str]) -> None:
    club, _ = example
    everybody = (await club.create("all", rule={"text": "orders.count >= 0"}))["id"]
    found = await asked(club, everybody)
    assert verdicts(found) == ["STRONG", "STRONG", "FAILS", "INSUFFICIENT_DATA"]
    assert numbers(found["measurable"]) == {"coverage.orders": 1, "unknown": 0}
    assert found["differentiable"]["score"] is None
    assert set(numbers(found["differentiable"]).values()) == {0}


async def test_a_rule_that_reads_a_response_is_told_that_it_does(example: tuple[Club, str]) -> None:
    club, _ = example
    id_ = (await club.create("rich", rule={"text": "orders.sum(net_total) > 250"}))["id"]
    found = (await asked(club, id_, r=["NET_SPEND"]))["differentiable"]
    assert found["advice"] == [
        "The rule itself reads what the net spend is made of, so some difference follows from it: ask for other "
        "responses, too."
    ]


async def test_alike_in_everything_fails(example: tuple[Club, str]) -> None:
    club, _ = example
    id_ = (await club.create("half", rule={"text": 'sample("x") from 0 % to 50 %'}))["id"]
    found = await asked(club, id_, r=["RECEIVABLE", "INTERACTION_COUNT"])
    assert (found["differentiable"]["score"], found["differentiable"]["verdict"]) == (0, "FAILS")
    assert found["overall"] == 0


async def test_of_nobody_nothing_is_said(scope: Scope, tenants: Tenants) -> None:
    club = await opened(scope, tenants)
    id_ = (await club.create("ulm", rule=ULM))["id"]
    found = await asked(club, id_)
    assert (verdicts(found), found["overall"]) == (["INSUFFICIENT_DATA"] * 4, None)
    assert found["measurable"]["advice"] == ["There are no customers yet."]


async def test_few_customers_an_empty_segment_and_a_list(club: Club) -> None:
    nobody = await asked(club, (await club.create("none", rule={"text": 'city = "Rom"'}))["id"])
    assert verdicts(nobody) == ["ADEQUATE", "FAILS", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]
    assert nobody["substantial"]["advice"][0] == "Nobody is in it: relax a condition."
    one = await asked(club, (await club.create("one", rule={"text": 'city = "Kiel"'}))["id"], n=1)
    assert one["substantial"]["score"] == 50
    listed = (await club.create("list", kind="STATIC", memberIds=[]))["id"]
    await club.listing("Add", listed, "Ann", "Bob")
    found = await asked(club, listed)
    assert (found["measurable"]["score"], numbers(found["substantial"])["size"]) == (100, 2)


async def test_what_has_no_events_at_all_is_not_covered(club: Club) -> None:
    found = await asked(club, (await club.create("silent", rule={"text": "no interactions"}))["id"])
    assert numbers(found["measurable"]) == {"coverage.interactions": 0, "unknown": 0}
    assert found["measurable"]["zh"] == ["没有任何“interactions”数据：请录入或导入。"]


async def test_archived_segments_have_no_quality(club: Club) -> None:
    id_ = (await club.create("ulm", rule=ULM))["id"]
    await club.archive(id_)
    assert await asked(club, id_) is None


async def test_as_of_an_instant_it_is_that_of_then(club: Club) -> None:
    id_ = (await club.create("ulm", rule=ULM))["id"]
    club.now = NOW + timedelta(days=10)
    moved = "mutation($by: CustomerBy, $i: CustomerInput!) { customerUpsert(by: $by, input: $i) { __typename } }"
    await club.data(moved, by={"id": club.ids["Ann"]}, i={"city": "Bonn"})
    document = """query($id: ID!, $at: DateTime) { segment(id: $id) { quality(asOf: $at) {
        substantial { evidence { name value } } } } }"""
    sizes = []
    for at in (NOW + timedelta(days=5), None):
        found = await club.data(document, id=id_, at=at and at.isoformat())
        sizes.append(numbers(found["segment"]["quality"]["substantial"])["size"])
    assert sizes == [2, 1]


async def test_personal_data_that_a_rule_reads_is_not_judged_for_everybody(club: Club) -> None:
    inner = (await club.create("named", rule={"text": 'display_name = "Ann"'}))["id"]
    outer = (await club.create("outer", rule={"all": [{"segment": {"id": inner}}, ULM]}))["id"]
    seen = await asked(club, outer)
    assert numbers(seen["measurable"]).keys() == {"coverage.displayName", "coverage.city", "unknown"}
    club.scopes -= {Permission.PII_READ}
    for id_ in (inner, outer):
        found = (await asked(club, id_))["measurable"]
        assert (found["verdict"], found["evidence"]) == ("INSUFFICIENT_DATA", [])
        assert found["advice"] == ["It reads personal data that you may not see: displayName."]
        assert found["zh"] == ["规则使用了您无权查看的个人信息：displayName。"]
    club.scopes -= {Permission.CUSTOMERS_READ}
    (error,) = (await club.ask(QUALITY, id=inner))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("said", "reached"),
    [
        ([(None, "GRANTED", 1)], {"PHONE", "SMS"}),
        ([("PHONE", "GRANTED", 1)], {"PHONE"}),
        ([(None, "GRANTED", 1), ("SMS", "REVOKED", 2)], {"PHONE"}),
        ([("SMS", "REVOKED", 2), (None, "GRANTED", 3)], {"PHONE", "SMS"}),
        ([("WECHAT", "GRANTED", 1)], {"WECHAT"}),
        ([("WECHAT", "GRANTED", 1), (None, "DENIED", 2)], set()),
        ([("EMAIL", "GRANTED", 1)], set()),
        ([("SMS", "PENDING", 1)], set()),
        ([("SMS", "GRANTED", -1)], set()),
    ],
)
async def test_whoever_allows_a_channel_that_there_is_an_address_for_is_reached(
    club: Club, said: list[tuple[str | None, str, int]], reached: set[str]
) -> None:
    await club.run("UPDATE customer SET phone = '+491512345678' WHERE display_name = 'Dee'")
    for channel, status, day in said:
        about = "NULL" if channel is None else f"'{channel}'"
        at = (NOW - timedelta(days=10) + timedelta(days=day) if day > 0 else NOW + timedelta(days=1)).isoformat()
        await club.run(
            "INSERT INTO consent"
            " (id, customer_id, purpose, channel, status, basis, source, occurred_at, recorded_at, actor)"
            f" SELECT gen_random_uuid(), id, 'MARKETING', {about}, '{status}', 'CONSENT', 'form', '{at}', '{at}', 'me'"
            " FROM customer WHERE display_name = 'Dee'"
        )
    found = await asked(club, (await club.create("kiel", rule={"text": 'city = "Kiel"'}))["id"])
    shares = numbers(found["accessible"])
    assert {name.removeprefix("channel.") for name, share in shares.items() if "channel" in name and share} == reached
    assert shares["reachable"] == bool(reached)
    assert found["accessible"]["advice"] or reached
