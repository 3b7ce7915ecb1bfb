"""What the demo's generator knows before any SQL has run is what the database says after the import."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import true

from api.demo.examples import TEMPLATES, define_examples
from api.demo.generate import SYSTEM, Drawn, draw
from api.demo.load import define_attributes, load_drawn
from api.demo.merchants import MERCHANTS, Merchant
from domain.feedback.feedback import FeedbackKind
from domain.feedback.measures import FeedbackDedupe, measured
from domain.segments.members import member_count
from domain.segments.terms import terms_of, terms_statement
from domain.time import Clock
from domain.vocabulary import CONDITIONS
from tenancy.scope import Scope
from tests.support.imports import Shop
from tests.support.tenants import Tenants

ANCHOR = datetime(2026, 3, 1, tzinfo=UTC)
NOW = ANCHOR + timedelta(hours=13)
CUSTOMERS = 700  # enough for every type, kind of order and band of answer


@pytest.fixture(scope="module", params=MERCHANTS, ids=lambda merchant: merchant.slug)
def merchant(request: pytest.FixtureRequest) -> Merchant:
    """Each of the two."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def drawn(merchant: Merchant) -> Drawn:
    """Some of the merchant's records."""
    return draw(merchant, ANCHOR, CUSTOMERS)


@pytest.fixture(scope="module")
async def shop(scope: Scope, tenants: Tenants, merchant: Merchant, drawn: Drawn) -> Shop:
    """A tenant that holds them."""
    (tenant,) = await tenants(1, locale=merchant.locale, timezone=merchant.zone, base_currency=merchant.currency)
    await define_attributes(scope, tenant, merchant, NOW)
    await load_drawn(scope, tenant, drawn, NOW)
    await define_examples(scope, tenant, merchant, NOW)
    return Shop(scope, tenant)


def test_the_same_seed_and_day_give_the_same_records(merchant: Merchant, drawn: Drawn) -> None:
    assert draw(merchant, ANCHOR, CUSTOMERS) == drawn
    assert draw(merchant, ANCHOR + timedelta(days=1), CUSTOMERS) != drawn


def test_nothing_is_dated_after_the_day_begins_and_nobody_acts_before_registering(drawn: Drawn) -> None:
    registered = {one["external_id"]: one["registered_at"] for one in drawn.customers}
    acts = [
        (record["customer"], datetime.fromisoformat(record[name]))
        for records, name in (
            (drawn.orders, "placed_at"),
            (drawn.interactions, "occurred_at"),
            (drawn.feedback, "submitted_at"),
        )
        for record in records
    ]
    assert max(at for _, at in acts) < ANCHOR
    assert all(at > datetime.fromisoformat(registered[customer]) for customer, at in acts)


async def test_every_record_is_stored_once_and_again_changes_nothing(
    scope: Scope, shop: Shop, drawn: Drawn, merchant: Merchant
) -> None:
    stored = {table: await shop.one(f"SELECT count(*) FROM {table}") for table in ("customer", "product", "feedback")}
    assert stored == {"customer": CUSTOMERS, "product": 10, "feedback": len(drawn.feedback)}
    assert await shop.one("SELECT count(*) FROM interaction") == len(drawn.interactions)
    before = await shop.everything()
    later = NOW + timedelta(hours=1)
    await define_attributes(scope, shop.tenant, merchant, later)
    await load_drawn(scope, shop.tenant, drawn, later)
    await define_examples(scope, shop.tenant, merchant, later)
    assert await shop.everything() == before


async def test_orders_and_returns_add_up_to_the_cent(shop: Shop, drawn: Drawn) -> None:
    (sums,) = await shop.rows("""
        SELECT count(*) FILTER (WHERE cancelled_at IS NULL) AS orders,
               count(*) FILTER (WHERE cancelled_at IS NOT NULL) AS cancelled,
               sum(base_net) FILTER (WHERE cancelled_at IS NULL) AS gross,
               (SELECT sum(base_net) FROM order_return) AS returned
        FROM orders""")
    truth = drawn.truth
    assert sums == {
        "orders": truth.orders, "cancelled": truth.cancelled, "gross": truth.gross, "returned": truth.returned
    }  # fmt: skip
    assert min(truth.cancelled, truth.returned) > 0


async def counts(shop: Shop, now: datetime) -> dict[str, int]:
    """How many are in each of the demo's segments, by the product's own compiler."""
    clock = Clock(now, shop.tenant.timezone)
    async with shop.scope.write(shop.tenant) as session:
        terms = terms_of(await session.scalar(terms_statement()), CONDITIONS)
        return {
            one.key: await session.scalar(member_count(one.rule, terms=terms, clock=clock))
            for one in terms.segments.values()
        }


SEGMENT_OF = {"regular": "regulars", "fading": "slipping_away", "new": "new_customers", "prospect": "prospects"}


@pytest.mark.parametrize("days", [0, 4])
async def test_the_segments_hold_the_types_of_their_names_until_four_days_later(
    shop: Shop, drawn: Drawn, merchant: Merchant, days: int
) -> None:
    found = await counts(shop, ANCHOR + timedelta(days=days))
    assert {type_: found[key] for type_, key in SEGMENT_OF.items()} == {
        type_: drawn.truth.types[type_] for type_ in SEGMENT_OF
    }
    assert found["top_level"] == drawn.truth.levels[merchant.levels[-1]]
    assert 0 < found["win_back"] < found["slipping_away"]
    assert min(found.values()) > 0


async def test_a_newcomer_finds_templates_installed(shop: Shop) -> None:
    installed = await shop.rows("SELECT template, key FROM installed_template JOIN segment ON id = segment_id")
    assert {one["template"] for one in installed} == {*TEMPLATES, "top_customers"}
    assert all(one["template"] == one["key"] for one in installed)
    assert await shop.one("SELECT key FROM rfm_config") == "ten_groups"


async def feedback(shop: Shop, kind: FeedbackKind, dedupe: FeedbackDedupe) -> Any:
    """What the product measures over all time."""
    async with shop.scope.write(shop.tenant) as session:
        return (await session.execute(measured(kind, true(), dedupe=dedupe))).mappings().one()


async def test_the_measures_find_the_bands_and_scores_that_were_drawn(shop: Shop, drawn: Drawn) -> None:
    truth = drawn.truth
    nps = await feedback(shop, FeedbackKind.NPS, FeedbackDedupe.LATEST_PER_CUSTOMER)
    assert {band: nps[band] for band in truth.nps} == truth.nps
    assert len(truth.nps) == 3
    csat = await feedback(shop, FeedbackKind.CSAT, FeedbackDedupe.ALL_RESPONSES)
    assert (csat["n"], csat["satisfied"]) == (truth.csat.total(), truth.csat[4] + truth.csat[5])


async def test_names_and_attributes_arrive_as_drawn(shop: Shop, drawn: Drawn) -> None:
    stored = await shop.rows(
        "SELECT value, display_name, attributes FROM customer JOIN customer_external_ref AS r ON r.customer_id = id"
        " WHERE system = :system ORDER BY value",
        system=SYSTEM,
    )
    said = [
        {
            "value": one["external_id"],
            "display_name": one["display_name"],
            "attributes": {"level": one["attributes.level"], "interests": one["attributes.interests"]},
        }
        for one in drawn.customers
    ]
    assert [one | {"attributes": shown(one["attributes"])} for one in stored] == [
        one | {"attributes": shown(one["attributes"])} for one in said
    ]


def shown(attributes: dict[str, Any]) -> dict[str, Any]:
    """Without those that say nothing."""
    return {name: value for name, value in attributes.items() if value}
