"""``regulars key``: create, list, revoke."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenancy.keys import TOKEN
from tests.integration.commands.conftest import Regulars, error_of

Told = Callable[..., Any]


def test_a_key_is_shown_once_listed_without_its_secret_and_ended(regulars: Regulars, told: Told, slug: str) -> None:
    options = ("--label", "till 7", "--scope", "read", "--origin", "https://shop.example", "--days", "30")
    made = told("key", "create", slug, *options)
    token = TOKEN.fullmatch(made.pop("token"))
    assert token is not None
    assert token[1] == made["prefix"]
    assert (made["label"], made["scopes"], made["origins"]) == ("till 7", ["read"], ["https://shop.example"])
    lasts = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert lasts == timedelta(days=30)
    assert told("key", "list", slug) == [made]
    assert {made["prefix"], "read", "https://shop.example"} <= set(regulars("key", "list", slug).stdout.split())
    assert token[2] not in regulars("key", "list", slug).stdout
    first, again = (told("key", "revoke", slug, made["prefix"]) for _ in range(2))
    assert first == again == {"prefix": made["prefix"], "revoked": True}
    (ended,) = told("key", "list", slug)
    assert ended["revoked_at"]


def test_a_new_key_may_read_and_write_and_stdout_holds_the_token_alone(
    regulars: Regulars, told: Told, slug: str
) -> None:
    done = regulars("key", "create", slug)
    assert TOKEN.fullmatch(done.stdout.removesuffix("\n"))
    assert "not shown again" in done.stderr
    (made,) = told("key", "list", slug)
    assert (made["scopes"], made["origins"], made["expires_at"]) == (["read", "write"], [], None)


@pytest.mark.parametrize(
    ("option", "status", "code"),
    [
        ("--scope=READ ALL", 3, "REFUSED"),
        ("--origin=*", 3, "REFUSED"),
        ("--label=\udcff", 3, "REFUSED"),
        ("--days=0", 2, None),
        ("--days=x", 2, None),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    regulars: Regulars, told: Told, slug: str, option: str, status: int, code: str | None
) -> None:
    done = regulars("key", "create", slug, option, "--json")
    assert done.exit_code == status
    assert code is None or error_of(done)["code"] == code
    assert told("key", "list", slug) == []


def test_a_key_of_another_merchant_is_not_found(regulars: Regulars, told: Told, slug: str) -> None:
    made = told("key", "create", slug)
    other = told("tenant", "create", f"{slug}-b")["slug"]
    for whose, prefix in ((other, made["prefix"]), (slug, "nothere"), (slug, "\udcff"), ("nobody", made["prefix"])):
        done = regulars("key", "revoke", whose, prefix, "--json")
        assert (done.exit_code, error_of(done)["code"]) == (4, "NOT_FOUND")
    assert [one["revoked_at"] for one in told("key", "list", slug)] == [None]
