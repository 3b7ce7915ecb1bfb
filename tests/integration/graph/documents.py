"""Documents on the sample schema: written ones, each for a rule of the specification, and generated ones."""

from typing import Any

from tests.support.graph_sample.seed import data

DATA = data()
IDS = {
    "C": f"cus_{DATA['customer'][0]['id'].hex}",
    "O": f"ord_{DATA['order'][0]['id'].hex}",
    "S": f"seg_{DATA['segment'][0]['id'].hex}",
    "S2": f"seg_{DATA['segment'][1]['id'].hex}",
}


def named(text: str) -> str:
    """The document with ``<C>`` and so on replaced by ids."""
    for short, full in IDS.items():
        text = text.replace(f"<{short}>", full)
    return text


RULE = {"all": [{"country": ["CN", "DE"]}, {"spent": {"atLeast": "100"}}]}
PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
WRITTEN: list[tuple[str, Any]] = [
    (
        "{ customers { nodes { id name email country points createdAt tags traits born visits joinedOn"
        " } totalCount } }",
        None,
    ),
    (f"{{ customers(first: 3) {{ edges {{ cursor node {{ name }} }} {PAGE_INFO} }} }}", None),
    (
        f"{{ customers(last: 3) {{ edges {{ cursor node {{ name }} }} nodes {{ id }} {PAGE_INFO} __typename }} }}",
        None,
    ),
    (
        '{ customers(country: "XX") { nodes { id } edges { cursor } totalCount pageInfo { startCursor'
        " hasNextPage } } }",
        None,
    ),
    ("{ customers { totalCount } }", None),
    ("{ customers { __typename } a: customers { t: totalCount u: totalCount pageInfo { __typename } } }", None),
    ("query($c: String) { customers(country: $c) { totalCount } }", {}),
    ("query($c: String) { customers(country: $c) { totalCount } }", {"c": None}),
    (
        'query($c: String = "CN") { customers(country: $c) { totalCount nodes { a: spend b: spend(window: LAST_30_DAYS)'
        " c: spend(window: LAST_YEAR) } } }",
        {},
    ),
    (
        "{ customers { nodes { orders(first: 2, status: [PAID, RETURNED]) { nodes { number status total placedAt"
        " shippedAt items { sku quantity price } customer { name orders { totalCount } } }"
        " pageInfo { hasNextPage endCursor } totalCount } } } }",
        None,
    ),
    (
        "query($s: [OrderStatus!], $n: Int!) { customers { nodes { a: orders(first: $n, status: $s) {"
        " nodes { number } }"
        " b: orders(last: $n) { nodes { number } } } } }",
        {"s": ["PAID"], "n": 2},
    ),
    (
        "query($o: OrderSort!) { customers { nodes { orders(first: 3, orderBy: $o) { edges { cursor node"
        " { shippedAt number } } } } } }",
        {"o": "SHIPPED"},
    ),
    ('{ customers(first: 0) { totalCount } customer(id: "<C>") { name } }', None),
    ('{ customer(id: "<C>") { name lastOrder { number customer { id } } } x: customer(id: "nobody") { name } }', None),
    (
        "query($i: ID!) { customer(id: $i) { name } y: node(id: $i) { id __typename ... on Order { total } } }",
        {"i": "<O>"},
    ),
    (
        '{ a: node(id: "<C>") { __typename id ... on Customer { name orders(first: 1) { nodes { id } } } }'
        ' b: node(id: "<S>") { ... on Segment { name count } ... on Customer { points } } c: node(id:'
        ' "seg_zz") { id } }',
        None,
    ),
    (
        "{ segments { name rule version count members(first: 2) { nodes { name orders(first: 1) { nodes { total } } }"
        " totalCount pageInfo { hasNextPage } } } }",
        None,
    ),
    (
        '{ segment(id: "<S2>") { name count members(last: 2) { edges { cursor node { name spend(window: LAST_YEAR) } }'
        " totalCount } } }",
        None,
    ),
    (
        "{ customers(first: 2) { nodes { ...F ... on Customer { ...G } ... on Node { __typename id } } } }"
        " fragment F on Customer { name lastOrder { ...G } } fragment G on Node { id ... on Order { number } }",
        None,
    ),
    (
        "query($i: [ID!]!) { nodes(ids: $i) { __typename id ... on Customer { name spend } ... on Order"
        " { total status }"
        " ... on Segment { count } } }",
        {"i": ["<O>", "x", "<C>", "<S>", "cus_" + "0" * 32, "cus_" + "g" * 32, "<C>", "cus_" + "²" * 32]},
    ),
    ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": []}),
    ("query($i: [ID!]!) { nodes(ids: $i) { ... on Segment { count } } }", {"i": ["<S>", "<S2>", "<S>"]}),
]
CONDITIONAL = (
    "query($a: Boolean!, $b: Boolean!) { customers(first: 1) { nodes { id @skip(if: $a) name @include(if: $b)"
    " ... @include(if: $b) { points } } } }"
)
WRITTEN += [
    (CONDITIONAL, {"a": True, "b": True}),
    (CONDITIONAL, {"a": False, "b": False}),
    ("query($a: Boolean!) { customers(first: 1) @include(if: $a) { nodes { id } } __typename }", {"a": False}),
    ("query($a: Boolean!) { segments @skip(if: $a) { name } }", {"a": True}),
    (
        "query($r: RuleInput!) { matchingCount(rule: $r) matching(rule: $r, first: 2) { nodes { name } totalCount"
        " pageInfo { hasNextPage } } }",
        {"r": RULE},
    ),
    ("query($r: RuleInput!) { matchingCount(rule: $r) }", {"r": {"not": {"country": []}}}),
    ("query($r: RuleInput) { matchingCount(rule: $r) }", {}),
    ("query($r: RuleInput) { matchingCount(rule: $r) }", {"r": None}),
    ("query($r: RuleInput) { matchingCount(rule: $r) }", {"r": {"region": "asia"}}),
    (
        "query($c: [String!]!, $w: Window!) { matchingCount(rule: {all: [{country: $c}, {spent:"
        ' {atLeast: "50", window: $w}}]}) }',
        {"c": ["CN"], "w": "LAST_YEAR"},
    ),
    ('{ matchingCount(rule: {all: [{not: {country: ["CN"]}}, {spent: {atLeast: "50"}}]}) }', None),
    ('{ matchingCount(rule: {region: "atlantis"}) segments { name } }', None),
    ("query($r: RuleInput!) { matching(rule: $r) { totalCount } }", {"r": {"all": [{"region": "atlantis"}]}}),
    (
        "query($p: PointRangeInput, $q: PointRangeInput) { a: customers(points: $p) { totalCount } b:"
        " customers(points: $q)"
        " { totalCount } c: customers(points: {}) { totalCount } d: customers(points: {high: 300}) { totalCount } }",
        {"p": {"low": 200, "high": 800}, "q": None},
    ),
    (
        "query($b: CustomerByInput!) { a: customerBy(by: $b) { name } b: customerBy(by: {email:"
        ' "p3@example.test"}) { name } }',
        {"b": {"id": "<C>"}},
    ),
    ("query($b: CustomerByInput!) { a: customerBy(by: $b) { name } }", {"b": {"id": "<O>"}}),
    (
        'query($t: String!) { a: named(search: $t) { name } b: named(search: "a_") { name } c:'
        ' named(search: "%") { name } }',
        {"t": "LI"},
    ),
    (
        "{ nps { score promoters detractors responses trend { month responses __typename } }"
        " y: nps(window: LAST_30_DAYS) { score trend { month } } }",
        None,
    ),
    (
        "query($l: String!) { customers { nodes { name explanation(lang: $l) { text reasons { kind weight } }"
        " e: explanation { __typename r: reasons { weight } } } } }",
        {"l": "zh"},
    ),
    (
        "query($l: String!, $n: Int!) { customers { nodes { name explanation(lang: $l) { text order { number items"
        " { sku } } lost { name } } } } segments { name members(first: $n) { nodes { explanation { order { number"
        " customer { email explanation { order { id total } } orders(first: $n) { totalCount } } } } } } } }",
        {"l": "zh", "n": 2},
    ),
    ("{ customers { nodes { average } } }", None),
    ("query($o: [String!]) { a: answered(otherThan: $o) { name greeting } b: answered { id } }", {"o": ["DE"]}),
    ("query($o: [String!]) { a: answered(otherThan: $o) { name greeting } b: answered { id } }", {"o": []}),
    (
        "query($n: Int) { latest(of: $n) { __typename id ... on Customer { name lastOrder { number } } ... on Order"
        " { number customer { average } } } }",
        {"n": 40},
    ),
    ("{ customers(first: 4) { nodes { lastOrder { customer { average } } } } }", None),
    ('{ customer(id: "<C>") { secret name } customers(first: 2) { nodes { secret } } }', None),
    ('{ customer(id: "<C>") { average orders(first: 1, after: "junk") { nodes { id } } } segments { name } }', None),
    (
        '{ customer(id: "<C>") { lastOrder { customer { orders(last: 0) { totalCount } } } }'
        ' a: customer(id: "<C>") { orders(first: 1, last: 1) { totalCount } } }',
        None,
    ),
    (
        "{ customers(first: 2) { nodes { "
        + "x" * 70
        + ": name short: points t"
        + "y" * 80
        + ": orders(first: 1) { totalCount } } } }",
        None,
    ),
    ("{ customers(first: 2) { nodes { " + " ".join(f"a{i}: name" for i in range(120)) + " } } }", None),
    (
        "{ customers { nodes { lastOrder { total } name orders { nodes { items { sku } } } } } ...Q }"
        " fragment Q on Query"
        " { customers { nodes { lastOrder { number } orders { totalCount } } } }",
        None,
    ),
]


def with_ids(variables: Any) -> Any:
    """Variables with ``<C>`` and so on replaced by ids."""
    if isinstance(variables, str):
        return named(variables)
    if isinstance(variables, dict):
        return {name: with_ids(value) for name, value in variables.items()}
    return [with_ids(each) for each in variables] if isinstance(variables, list) else variables
