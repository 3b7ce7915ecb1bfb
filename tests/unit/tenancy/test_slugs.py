"""Which names a tenant may have, and the one that PostgreSQL sees."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.provision import BadTenant, NewTenant
from tenancy.tenant import SCHEMA_NAME, SLUG, BadSlug, Tenant, check_slug, schema_of


@pytest.mark.parametrize("slug", ["abc", "lantern", "shop-2", "a-b", "x" * 63])
def test_a_plain_name_is_a_slug(slug: str) -> None:
    assert check_slug(slug) == slug


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("public", "reserved"),
        ("postgres", "reserved"),
        ("pg-temp", "reserved"),
        ("pg_temp", "'_'"),
        ('x";drop', "'\"'"),
        ("a" * 70, "70"),
        ("ab", "3 to 63"),
        ("", "3 to 63"),
        ("l\u0430ntern", "u0430"),  # a Cyrillic letter that looks like an a
        ("lantern\u200b", "u200b"),
        ("ｌantern", "uff4c"),
        ("Lantern", "'L'"),
        ("shop\x00", "x00"),
        ("shop\n", "n'"),
        ("-shop", "begins with a letter"),
        ("1shop", "begins with a letter"),
        ("shop-", "ends with"),
        ("ı-shop", "u0131"),
        ("shop²", "xb2"),
    ],
)
def test_anything_else_is_refused_and_the_text_says_why(slug: str, why: str) -> None:
    with pytest.raises(BadSlug) as refused:
        check_slug(slug)
    assert why in str(refused.value)
    assert str(refused.value).isascii()


@given(st.text(max_size=70))
def test_whatever_passes_is_of_the_grammar(slug: str) -> None:
    try:
        check_slug(slug)
    except BadSlug:
        return
    assert SLUG.fullmatch(slug)


@given(st.uuids())
def test_a_schema_is_named_by_the_id_alone(id_: uuid.UUID) -> None:
    assert SCHEMA_NAME.fullmatch(schema_of(id_))
    assert Tenant(id_, 'x"; DROP').schema == schema_of(id_)


def test_an_id_that_is_none_is_not_spliced_into_sql() -> None:
    class Forged:
        hex = '"; DROP SCHEMA platform; --'

    with pytest.raises(ValueError, match="not the name"):
        schema_of(Forged())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"timezone": ""},
        {"base_currency": "EURO"},
        {"base_currency": "€€€"},
        {"fiscal_year_start": 13},
        {"week_start": 0},
    ],
)
def test_a_new_tenant_with_an_impossible_property_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadTenant):
        NewTenant(slug="lantern", **wrong).check()  # type: ignore[arg-type]
