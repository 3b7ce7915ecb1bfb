"""What is asked: each question as every system takes it, with the same meaning and the same answer."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.bench.fill import COUNTRIES, customer_id
from tests.bench.merchants import Merchant, Merchants

REQUESTS = 2000
PATHS = {
    "ours": "/graphql",
    "bare": "/graphql",
    "naive": "/graphql",
    "postgraphile": "/graphql",
    "select1": "/select1",
    "empty": "/empty",
}
Asked = tuple[Merchant, dict[str, Any]]
Translated = Callable[[dict[str, Any]], dict[str, Any]]


def _same(given: dict[str, Any]) -> dict[str, Any]:
    return given


def _by_uuid(given: dict[str, Any]) -> dict[str, Any]:
    return {"id": given["id"].removeprefix("cus_")}


def _by_rule(given: dict[str, Any]) -> dict[str, Any]:
    return {"where": {"attribute": {"key": "country", "test": {"text": {"eq": given["country"]}}}}}


@dataclass(frozen=True, slots=True)
class Workload:
    """A question.  ``documents`` are the GraphQL systems'; ``translated`` says how one calls the variables."""

    name: str
    drawn: Callable[[Merchants, random.Random], Asked]
    documents: dict[str, str]
    translated: dict[str, Translated] = field(default_factory=dict)
    route: str = ""  # the hand-written endpoint's
    yardsticks: tuple[str, ...] = ()  # what is measured beside, though nobody would answer so

    @property
    def systems(self) -> list[str]:
        """Those that can answer it, ours first."""
        return ["ours", "floor", *(s for s in self.documents if s != "ours"), *self.yardsticks]

    def requests(self, system: str, merchants: Merchants, count: int = REQUESTS) -> list[bytes]:
        """HTTP requests, the same questions in the same order for every system."""
        draw = random.Random(self.name)
        return [self._request(system, *self.drawn(merchants, draw)) for _ in range(count)]

    def _request(self, system: str, merchant: Merchant, variables: dict[str, Any]) -> bytes:
        given = self.translated.get("ours" if system == "bare" else system, _same)(variables)
        document = self.documents.get("ours" if system == "bare" else system)
        body = {"query": document, "variables": given} if document else given
        content = json.dumps(body).encode()
        head = (
            f"POST {PATHS.get(system, self.route)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {merchant.token}\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


def _one_customer(merchants: Merchants, draw: random.Random) -> Asked:
    return _customer_of(merchants.large, draw)


def _one_of_many(merchants: Merchants, draw: random.Random) -> Asked:
    return _customer_of(draw.choice(merchants.small), draw)


def _customer_of(merchant: Merchant, draw: random.Random) -> Asked:
    return merchant, {"id": f"cus_{customer_id(draw.randint(1, merchant.customers)).hex}"}


def _country(merchants: Merchants, draw: random.Random) -> Asked:
    return merchants.large, {"country": draw.choice(COUNTRIES)}


def _nothing(merchants: Merchants, draw: random.Random) -> Asked:
    del draw
    return merchants.large, {}


def _segment(merchants: Merchants, draw: random.Random) -> Asked:
    del draw
    return merchants.large, {"id": merchants.segment}


ONE = "{ id kind displayName email country createdAt }"
LISTED = "id kind displayName email phone country city tags registeredAt updatedAt"
THEIR_ONE = ONE.replace("id", "id: rowId", 1)
ORDERS = "nodes { id externalId status netTotal placedAt }"
OURS = "query($where: RuleInput) { customers(where: $where, first: 50, orderBy: REGISTERED_AT) { nodes { %s } } }"
NAIVE = "query($country: String!) { customers(country: $country, first: 50) { %s } }"
THEIRS = (
    "query($country: String!) { customers: allCustomers(condition: {country: $country, mergedInto: null, "
    "deletedAt: null, erasedAt: null}, first: 50, orderBy: [REGISTERED_AT_DESC, ROW_ID_DESC]) { nodes { %s } } }"
)
BY_ID = {
    "ours": f"query($id: ID!) {{ customer(by: {{id: $id}}) {ONE} }}",
    "naive": f"query($id: ID!) {{ customer(id: $id) {ONE} }}",
    "postgraphile": f"query($id: UUID!) {{ customer: customerByRowId(rowId: $id) {THEIR_ONE} }}",
}
LIST = {
    "ours": OURS % LISTED,
    "naive": NAIVE % LISTED,
    "postgraphile": THEIRS % LISTED.replace("id", "id: rowId", 1),
}
NESTED = {
    "ours": OURS % f"id displayName email orders(first: 5) {{ {ORDERS} }}",
    "naive": NAIVE % f"id displayName email orders(first: 5) {ORDERS.removeprefix('nodes ')}",
    "postgraphile": THEIRS
    % (
        "id: rowId displayName email orders: ordersByCustomerId(first: 5, orderBy: [PLACED_AT_DESC, ROW_ID_DESC]) "
        f"{{ {ORDERS.replace('id', 'id: rowId', 1)} }}"
    ),
}
COUNT = {
    "ours": "query($id: ID!) { segment(id: $id) { count { value } } }",
    "naive": "query($id: ID!) { segment(id: $id) { count { value } } }",
}
NPS = {
    "ours": "{ feedbackTrend(kind: NPS, step: MONTH, periods: 12, dedupe: ALL_RESPONSES) { period n nps { score } } }",
    "naive": "{ npsByMonth(periods: 12) { period n nps { score } } }",
}
BY_UUID, BY_RULE = {"postgraphile": _by_uuid}, {"ours": _by_rule}
WORKLOADS = [
    Workload("one", _one_customer, BY_ID, BY_UUID, "/one", ("bare", "select1", "empty")),
    Workload("list", _country, LIST, BY_RULE, "/list", ("bare",)),
    Workload("nested", _country, NESTED, BY_RULE, "/nested"),
    Workload("segment", _segment, COUNT, {}, "/segment"),
    Workload("nps", _nothing, NPS, {}, "/nps"),
    Workload("one_of_200", _one_of_many, BY_ID, BY_UUID, "/one"),
]

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
KEY = re.compile(r"(?:cus_|ord_)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


def meaning(answer: Any) -> Any:
    """An answer without what systems may write differently: the root's name, connections, ids, instants."""
    assert "errors" not in answer, answer["errors"]
    data = answer["data"]
    named = isinstance(data, dict) and len(data) == 1
    return _plain(next(iter(data.values())) if named else data)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return _plain(value["nodes"]) if set(value) == {"nodes"} else {k: _plain(v) for k, v in value.items()}
        case list():
            return [_plain(each) for each in value]
        case str() if INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).timestamp()
        case str() if KEY.fullmatch(value):
            return value[-36:].replace("-", "").rpartition("_")[2]
    return value
