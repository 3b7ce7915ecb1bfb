"""Random valid documents on the sample schema, drawn by Hypothesis so that failures shrink."""

from typing import Any

from graphql import GraphQLEnumType, get_named_type, is_abstract_type, is_leaf_type, is_required_argument
from hypothesis import strategies as st

from tests.integration.graph.documents import IDS
from tests.support.graph_sample.subjects import core_schema

DEPTH = 4
RULES = [
    '{country: ["CN"]}',
    '{all: [{not: {country: ["CN", "DE"]}}, {spent: {atLeast: "200", window: LAST_YEAR}}]}',
    "{all: []}",
    '{region: "asia"}',
    '{not: {region: "atlantis"}}',
]
VALUES = {
    "id": [f'"{i}"' for i in IDS.values()],
    "ids": [f"[{', '.join(chosen)}]" for i in IDS.values() for chosen in ([], [f'"{i}"'], [f'"{i}"', '"x"'])],
    "rule": RULES,
    "status": ["[PAID]", "[]", "[PENDING, PAID]", "null"],
    "total": ['{atLeast: "300"}', '{atLeast: "100", atMost: "700.5"}', "{}", "null"],
    "of": ["3", "0", "null"],
    "points": ["{low: 300}", "{high: 700}", "{}", "null"],
    "by": ['{email: "p3@example.test"}', '{email: "none"}'],
    "otherThan": ['["CN"]', "[]", "null", '["CN", "DE"]'],
    "search": ['"li"', '"A"', '""', '"%"'],
    "country": ['"CN"', '"zz"', "null"],
    "lang": ['"zh"', '"en"'],
}


class _Writer:
    """Writes one document; counts aliases so that fields never conflict."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.fragments, self.aliases = draw, [], 0

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) < percent)

    def name(self, letter: str) -> str:
        self.aliases += 1
        return f"{letter}{self.aliases}"

    def document(self) -> str:
        body = " ".join(self.fields(core_schema.query_type, DEPTH))
        return f"{{ {body} }} {' '.join(self.fragments)}"

    def arguments(self, field: Any) -> str:
        out: list[str] = []
        paged = False
        for name, argument in field.args.items():
            if name in ("after", "before") or (not is_required_argument(argument) and self.chance(50)):
                continue
            if name in ("first", "last"):
                if not paged:
                    paged = True
                    out.append(f"{name}: {self.draw(st.sampled_from([1, 2, 3, 4, 250, 0]))}")
                continue
            type_ = get_named_type(argument.type)
            known = list(type_.values) if isinstance(type_, GraphQLEnumType) and name != "status" else VALUES[name]
            out.append(f"{name}: {self.draw(st.sampled_from(known))}")
        return f"({', '.join(out)})" if out else ""

    def fields(self, type_: Any, depth: int) -> list[str]:
        names = [n for n, f in type_.fields.items() if depth > 0 or is_leaf_type(get_named_type(f.type))]
        return [
            self.field(n, type_.fields[n], depth) for n in self.draw(st.lists(st.sampled_from(names), max_size=4))
        ] or ["__typename"]

    def field(self, name: str, field: Any, depth: int) -> str:
        type_ = get_named_type(field.type)
        below = "" if is_leaf_type(type_) else f" {{ {self.selection(type_, depth - 1)} }}"
        plain = not field.args and not below and self.chance(70)
        return name if plain else f"{self.name('f')}: {name}{self.arguments(field)}{below}"

    def selection(self, type_: Any, depth: int) -> str:
        out = ["__typename"] if self.chance(30) else []
        if is_abstract_type(type_):
            out.append("id")
            chosen = [t for t in core_schema.get_possible_types(type_) if self.chance(60)]
            return " ".join([*out, *(f"... on {t.name} {{ {' '.join(self.fields(t, depth))} }}" for t in chosen)])
        out += self.fields(type_, depth)
        if self.chance(20):
            truth = self.draw(st.sampled_from(["true", "false"]))
            out.append(f"... @include(if: {truth}) {{ {' '.join(self.fields(type_, 0))} }}")
        if self.chance(15):
            name = self.name("F")
            self.fragments.append(f"fragment {name} on {type_.name} {{ {' '.join(self.fields(type_, 0))} }}")
            out.append(f"...{name}")
        return " ".join(out)


@st.composite
def documents(draw: Any) -> str:
    """A valid document."""
    return _Writer(draw).document()
