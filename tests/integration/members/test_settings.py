"""The merchant's settings: changed by itself, in force everywhere within a second."""

from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from tests.integration.members.conftest import Office
from tests.support.http import Api, opened
from tests.support.postgres import Server

SAVE = """mutation($input: TenantSettingsInput!) { tenantSettingsSave(input: $input) {
    __typename ... on TenantSuccess { tenant { name locale timezone weekStart fiscalYearStart baseCurrency } }
    ... on Invalid { fields { path code message zh: message(locale: "zh") } } } }"""
HALF = """{ feedbackTrend(kind: NPS, step: YEAR, periods: 1, fiscal: true) { period } tenant { name status } }"""


async def test_settings_change_as_said_and_the_rest_stays(office: Office) -> None:
    first = (await office.admin.data(SAVE, {"input": {"name": "灯笼", "locale": "zh-CN"}}))["tenantSettingsSave"][
        "tenant"
    ]
    assert (first["name"], first["locale"], first["timezone"]) == ("灯笼", "zh-CN", "UTC")
    given = {"timezone": "Asia/Shanghai", "weekStart": 7, "fiscalYearStart": 4}
    second = (await office.admin.data(SAVE, {"input": given}))["tenantSettingsSave"]["tenant"]
    assert second == first | given
    refused = await office.admin.ask("{ nothing }")
    assert "nothing" in refused["errors"][0]["message"]
    told = await office.admin.ask('{ node(id: "x") { id } customers(first: 0) { totalCount } }')
    assert told["errors"][0]["message"].startswith("first 与 last"), "the tenant's own language from now on"


async def test_they_are_in_force_in_every_process_within_a_second(office: Office, server: Server) -> None:
    async with opened(server.app_dsn, office.admin.owner) as other:
        elsewhere = replace(other, token=office.admin.token)
        before = (await elsewhere.data(HALF))["feedbackTrend"][0]["period"]
        month = 2 if before[5:7] == "01" else 1
        await office.admin.data(SAVE, {"input": {"fiscalYearStart": month}})
        since = monotonic()
        assert (await office.admin.data(HALF))["feedbackTrend"][0]["period"][5:7] == f"{month:02}"
        while (await elsewhere.data(HALF))["feedbackTrend"][0]["period"][5:7] != f"{month:02}":
            assert monotonic() - since < 1


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": None}, "name"),
        ({"locale": "not a locale"}, "locale"),
        ({"timezone": "Nowhere/Nothing"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"weekStart": 0}, "weekStart"),
        ({"weekStart": 8}, "weekStart"),
        ({"fiscalYearStart": 13}, "fiscalYearStart"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_place(office: Office, given: dict[str, Any], place: str) -> None:
    refused = (await office.admin.data(SAVE, {"input": given}))["tenantSettingsSave"]
    assert [one["path"] for one in refused["fields"]] == [["input", place]]
    assert all(one["message"] and one["zh"] for one in refused["fields"])


async def test_only_who_administers_changes_them(office: Office, api: Api) -> None:
    answer = await (await api.of(office.tenant, ("read", "write"))).ask(SAVE, {"input": {"name": "x"}})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
