"""The published schema: described throughout, kept in the repository, asking for a scope wherever rows are shown."""

from pathlib import Path

from api.graph.schema import undescribed
from api.schema import core_schema, printed_schema
from api.scopes import Scope
from api.views import view

KEPT = Path(__file__).parents[2] / "schema.graphql"
# What any caller may see: the merchant, its catalogue, the names of its attributes, how far the answer reaches; and of
# itself who it is and what it is held to.
FOR_ALL = {
    *("node", "nodes", "products", "attribute_definitions"),
    *("tenant", "synced_until", "viewer", "api_limits"),
}


def test_schema_graphql_is_the_schema() -> None:
    assert KEPT.read_text(encoding="utf-8") == printed_schema(), "run: make schema"


def test_everything_is_described() -> None:
    assert undescribed(core_schema()) == []


def test_every_root_field_asks_for_a_scope() -> None:
    without = {name for fields in view.roots.values() for name, field in fields.items() if not field.requires}
    assert without == FOR_ALL


def test_every_scope_asked_for_is_one() -> None:
    asked = {field.requires for shown in view.views.values() for field in shown.fields.values() if field.requires}
    assert asked <= set(Scope)
