"""``regulars tenant``: make, list, show, suspend, resume, drop."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tests.integration.commands.conftest import Regulars, error_of
from tests.support.postgres import Server
from tests.support.tenants import new_slug

Told = Callable[..., Any]


def test_a_merchant_is_made_with_what_was_asked_for_and_shown_to_programs_and_people(
    regulars: Regulars, told: Told
) -> None:
    slug = new_slug()
    options = {
        "--name": "灯笼[/b]",
        "--locale": "zh-CN",
        "--timezone": "Asia/Shanghai",
        "--currency": "cny",
        "--fiscal-year-start": "4",
        "--week-start": "7",
    }
    made = told("tenant", "create", slug, *(word for pair in options.items() for word in pair))
    asked = {"slug", "name", "locale", "timezone", "base_currency", "fiscal_year_start", "week_start", "status"}
    assert {name: made[name] for name in asked} == {
        "slug": slug,
        "name": "灯笼[/b]",
        "locale": "zh-CN",
        "timezone": "Asia/Shanghai",
        "base_currency": "CNY",
        "fiscal_year_start": 4,
        "week_start": 7,
        "status": "ACTIVE",
    }
    assert made["schema"] == "t_" + made["id"].replace("-", "")
    assert told("tenant", "show", slug) == made
    assert made in told("tenant", "list")
    for words in (("tenant", "show", slug), ("tenant", "list")):
        assert {slug, "灯笼[/b]", "Asia/Shanghai"} <= set(regulars(*words).stdout.split())


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("public", "reserved"),
        ("pg_temp", "'_'"),
        ("pg-temp", "reserved"),
        ('x";drop', "'\"'"),
        ("a" * 70, "this has 70"),
        ("l\u0430ntern", "u0430"),  # a Cyrillic letter that looks like an a
        ("", "this has 0"),
        ("../etc", "'.'"),
    ],
)
def test_a_name_that_is_no_slug_is_refused_in_a_line_that_says_why(
    regulars: Regulars, told: Told, slug: str, why: str
) -> None:
    before = told("tenant", "list", "--dropped")
    done = regulars("tenant", "create", "--json", "--", slug)
    assert done.exit_code == 3
    assert error_of(done)["code"] == "REFUSED"
    assert why in error_of(done)["message"]
    plain = regulars("tenant", "create", "--", slug)
    assert (plain.exit_code, plain.stdout) == (3, "")
    assert plain.stderr == error_of(done)["message"] + "\n"
    assert told("tenant", "list", "--dropped") == before


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--timezone=Mars/Olympus", "Mars/Olympus"),
        ("--locale=Klingon!", "Klingon!"),
        ("--name=\udcff", "udcff"),
        ("--name=" + "x" * 201, "at most 200"),
        ("--currency=EURO", "EURO"),
        ("--fiscal-year-start=13", "1 to 12"),
        ("--week-start=0", "1 (Monday)"),
    ],
)
def test_an_impossible_property_is_refused(regulars: Regulars, option: str, why: str) -> None:
    done = regulars("tenant", "create", new_slug(), option, "--json")
    assert (done.exit_code, error_of(done)["code"]) == (3, "REFUSED")
    assert why in error_of(done)["message"]


def test_a_slug_is_never_used_again(regulars: Regulars, slug: str) -> None:
    for _ in range(2):
        done = regulars("tenant", "create", slug, "--json")
        assert (done.exit_code, error_of(done)["code"]) == (3, "REFUSED")
        regulars("tenant", "drop", slug, "--yes")


def test_a_merchant_is_suspended_in_part_or_whole_and_resumed(told: Told, slug: str) -> None:
    assert told("tenant", "suspend", slug, "--read-only")["status"] == "READ_ONLY"
    for _ in range(2):
        assert told("tenant", "suspend", slug)["status"] == "SUSPENDED"
    assert told("tenant", "resume", slug)["status"] == "ACTIVE"
    assert told("tenant", "show", slug)["status"] == "ACTIVE"


def test_a_merchant_is_dropped_against_a_receipt(told: Told, regulars: Regulars, slug: str) -> None:
    told("key", "create", slug)
    receipt = told("tenant", "drop", slug, "--yes")
    assert (receipt["slug"], receipt["keys_revoked"]) == (slug, 1)
    assert receipt["tables"]["event_counter"] == 1
    assert receipt["tables"]["customer"] == 0
    assert slug not in {one["slug"] for one in told("tenant", "list")}
    assert {"DELETED"} == {one["status"] for one in told("tenant", "list", "--dropped") if one["slug"] == slug}
    for words in (("tenant", "show"), ("tenant", "suspend"), ("tenant", "resume"), ("key", "list"), ("key", "create")):
        assert regulars(*words, slug).exit_code == 4


def test_a_drop_asks_first_and_the_wrong_answer_drops_nothing(told: Told, regulars: Regulars, slug: str) -> None:
    for done in (regulars("tenant", "drop", slug, typed="yes\n"), regulars("tenant", "drop", slug, "--json")):
        assert done.exit_code == 3
        assert "nothing was dropped" in done.stderr
    assert regulars("tenant", "drop", slug, typed="").exit_code == 1
    assert told("tenant", "show", slug)["status"] == "ACTIVE"
    done = regulars("tenant", "drop", slug, typed=f"{slug}\n")
    assert done.exit_code == 0
    assert "event_counter" in done.stdout


async def test_a_drop_that_somebody_is_in_the_way_of_says_so_and_is_completed_later(
    database: Server, regulars: Regulars, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = new_slug()
    monkeypatch.setattr("tenancy.waiting.ATTEMPTS", 1)
    made = await asyncio.to_thread(regulars, "tenant", "create", slug, "--json")
    connection = await asyncpg.connect(database.owner_dsn)
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {json.loads(made.stdout)['schema']}.customer IN ACCESS SHARE MODE")
        done = await asyncio.to_thread(regulars, "tenant", "drop", slug, "--yes", "--json")
    await connection.close()
    assert (done.exit_code, error_of(done)["code"]) == (3, "REFUSED")
    assert "try again" in error_of(done)["message"]
    assert (await asyncio.to_thread(regulars, "tenant", "drop", slug, "--yes")).exit_code == 0


@pytest.mark.parametrize("command", ["show", "suspend", "resume", "drop"])
def test_an_unknown_merchant_is_not_found(regulars: Regulars, command: str) -> None:
    yes = ["--yes"] if command == "drop" else []
    for name in ("nobody", "x'; DROP SCHEMA platform; --", "\x00", "\udcff", "*"):
        done = regulars("tenant", command, *yes, "--json", "--", name)
        assert (done.exit_code, error_of(done)["code"]) == (4, "NOT_FOUND")
