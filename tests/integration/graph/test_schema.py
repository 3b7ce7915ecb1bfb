"""The SDL says everything that the declarations know."""

from api.graph.schema import undescribed
from tests.support.graph_sample.subjects import core_schema, schema


def test_types_arguments_and_enum_values_are_described_by_what_the_domain_says() -> None:
    sdl = schema.as_str()
    for line in (
        '"""As the merchant writes it."""\n  name: String!',  # the column
        '"""Name. Unique."""\n    name: String!',  # Annotated[…, Says(…)]
        '"""Not paid yet."""\n  PENDING',  # view.enum(…)
        '"""Returned."""\n  RETURNED',  # an enum value by its own name
        '"""Of this country only."""\n    country: String',  # Views(says=…)
        '"""Net promoter score of the window."""\n  nps(',  # the function
        '"""A person or company that buys."""\ntype Customer implements Node {',  # the class
        '"""Where in the input."""\n  path: [String!]!',  # metadata of a dataclass field
        "count: Int! @cost(weight: 10)",
        'email: String! @requires(scope: "PII_READ", maskInstead: true)',
        "input CustomerByInput @oneOf {",
        "union SegmentResult = SegmentSuccess | NameTaken | Invalid",
    ):
        assert line in sdl, line


def test_what_is_not_described_is_named() -> None:
    found = undescribed(core_schema)
    assert "Reason.kind" in found
    assert "Query.customerBy(by:)" in found
    assert "Customer.name" not in found


def test_sixty_four_bits_are_text_and_columns_tell_nullability() -> None:
    customer = core_schema.type_map["Customer"].fields  # type: ignore[attr-defined]
    shown = {name: str(customer[name].type) for name in ("visits", "born", "tags", "traits", "points", "country")}
    assert shown == {
        "visits": "BigInt!",
        "born": "Date",
        "tags": "[String!]!",
        "traits": "JSON!",
        "points": "Int!",
        "country": "String",
    }
    assert str(core_schema.type_map["Order"].fields["number"].type) == "Int!"  # type: ignore[attr-defined]
