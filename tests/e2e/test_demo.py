"""``regulars demo`` from an empty directory to a GraphQL answer, ended in every way, started again."""

import resource
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from api.demo.examples import QUERY
from api.demo.generate import draw
from api.demo.merchants import MERCHANTS
from tenancy.keeper import wait_until
from tests.support.demo import PROC, Demo

pytestmark = pytest.mark.skipif(not PROC.exists(), reason="what is left running is found in Linux's /proc")
MEASURED = """
{
  segments { nodes { key count { value exact } } }
  orderMetrics { orders grossTotal returnedTotal }
  nps: feedbackMetrics(kind: NPS) { nps { promoters passives detractors } }
  csat: feedbackMetrics(kind: CSAT, dedupe: ALL_RESPONSES) { n csat { satisfied } }
  strategies { nodes { key status audience { key } } }
}
"""
LAST = '{ customer(by: {externalRef: {system: "demo", value: "C-05200"}}) { displayName } }'
GONE_S = 30.0
ANY_DAY = datetime(2026, 3, 1, tzinfo=UTC)  # what is drawn moves with the day and is otherwise the same
SEGMENT_OF = {"regular": "regulars", "fading": "slipping_away", "new": "new_customers", "prospect": "prospects"}


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A directory whose first two demos were ended and killed while they loaded; the third has completed it."""
    with tempfile.TemporaryDirectory(prefix="regulars-demo-") as made:
        Path(made).chmod(0o711)  # PostgreSQL's account must get through
        one = Demo(Path(made))
        with one.started() as running:
            running.loading()
            assert running.ended(signal.SIGTERM) == 0, running.errors()
        assert one.processes() == []
        with one.started() as running:
            running.loading()
            running.ended(signal.SIGKILL)
        with one.started() as running:
            running.ready()
            assert running.ended(signal.SIGTERM) == 0
        yield one
        # However the last was ended, its database ends too.
        assert wait_until(lambda: one.processes() == [], GONE_S)


def seconds_spent() -> float:
    """Of the processor, by programs that have ended: what a clock shows depends on what else runs here."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_what_two_broken_off_runs_began_the_third_completes_to_what_the_generator_knows(demo: Demo) -> None:
    with demo.started() as running:
        running.ready()
        for merchant in MERCHANTS:
            truth, found = draw(merchant, ANY_DAY).truth, demo.ask(merchant.slug, MEASURED)
            counts = {one["key"]: one["count"]["value"] for one in found["segments"]["nodes"]}
            assert {type_: counts[key] for type_, key in SEGMENT_OF.items()} == {
                type_: truth.types[type_] for type_ in SEGMENT_OF
            }
            assert {name: Decimal(value) for name, value in found["orderMetrics"].items()} == {
                "orders": truth.orders, "grossTotal": truth.gross, "returnedTotal": truth.returned
            }  # fmt: skip
            assert found["nps"]["nps"] == truth.nps
            assert found["csat"] == {
                "n": truth.csat.total(), "csat": {"satisfied": truth.csat[4] + truth.csat[5]}
            }  # fmt: skip
            assert [(one["key"], one["status"]) for one in found["strategies"]["nodes"]] == [
                ("thank_regulars", "RUNNING"), ("win_back", "DRAFT")
            ]  # fmt: skip


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_and_leaves_no_process(demo: Demo, sign: signal.Signals) -> None:
    with demo.started() as running:
        running.ready()
        assert demo.processes() != []
        assert running.ended(sign) == 0
        assert demo.processes() == []


def test_again_it_is_ready_within_five_seconds_and_its_keys_are_the_same(demo: Demo) -> None:
    before, spent = demo.told, seconds_spent()
    with demo.started() as running:
        line = running.ready()
        assert running.ended(signal.SIGTERM) == 0
    assert seconds_spent() - spent < 5
    assert demo.told == before
    assert demo.told["url"] == f"http://127.0.0.1:{demo.port}/graphql"
    assert demo.told["url"] in line
    assert [one["slug"] for one in demo.told["tenants"]] == ["lantern", "harbour"]
    assert stat.S_IMODE(demo.file.stat().st_mode) == 0o600


def test_after_a_kill_the_next_start_answers_and_the_orphan_is_adopted_or_gone(demo: Demo) -> None:
    with demo.started() as running:
        running.ready()
        running.ended(signal.SIGKILL)
    with demo.started() as running:
        running.ready()
        assert demo.ask("harbour", LAST)["customer"]
        assert len([line for line in demo.processes() if "postgres -D" in line]) == 1
        assert running.ended(signal.SIGTERM) == 0
        assert demo.processes() == []


def test_a_port_in_use_is_refused_before_anything_is_started(demo: Demo) -> None:
    assert wait_until(lambda: demo.processes() == [], GONE_S)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with demo.started(REGULARS_PORT=port) as running:
            assert f"port {port}" in running.errors()
            assert running.ended() == 3
    assert demo.processes() == []


def test_a_second_demo_in_the_same_directory_is_refused_and_the_first_goes_on(demo: Demo) -> None:
    with demo.started() as first:
        first.ready()
        with demo.started() as second:
            assert "runs already" in second.errors()
            assert second.ended() == 3
        assert demo.ask("lantern", LAST)["customer"]


def test_a_spoilt_file_of_keys_is_written_anew(demo: Demo) -> None:
    demo.file.write_text('{"tenants": [{"slug": "lantern", "apiKey": 5}]}')
    with demo.started() as running:
        running.ready()
        assert demo.ask("lantern", LAST)["customer"]
        assert demo.ask("harbour", LAST)["customer"]
        assert stat.S_IMODE(demo.file.stat().st_mode) == 0o600


def test_the_page_shows_the_way_its_query_answers_and_graphiql_is_on(demo: Demo) -> None:
    with demo.started() as running:
        running.ready()
        shown = demo.ask("harbour", QUERY)
        assert shown["slippingAway"]["nodes"][0]["orders"]["totalCount"] > 0
        assert shown["satisfaction"]["n"] > 0
        assert demo.told["tenants"][0]["apiKey"] in demo.page("/")
        assert "graphiql" in demo.page("/graphql")
