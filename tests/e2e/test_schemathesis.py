"""Whatever schemathesis makes of the served schema is answered as promised; every root field succeeds and refuses.

Its documents are valid (then mostly with values that may name something) or break the schema in one place.  Always the
same ones: derandomised.  It draws literals; variables are tried by tests/integration/http.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from graphql import (
    FieldNode,
    NameNode,
    ObjectValueNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_input_object_type,
    is_union_type,
    parse,
    print_ast,
    visit,
)
from graphql.language import NullValueNode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.graphql import nodes
from schemathesis.specs.graphql.scalars import CUSTOM_SCALARS

from api.errors import ErrorCode
from api.schema import core_schema
from api.views import view
from tests.e2e.conftest import Served

LEAST = 1_500  # cases in all
SCHEMA = core_schema()
ROOTS = [root for root in (SCHEMA.query_type, SCHEMA.mutation_type) if root]
FIELDS = [f"{root.name}.{name}" for root in ROOTS for name in root.fields]
EACH = -(-11 * LEAST // (10 * len(FIELDS)))  # a tenth more: sometimes the generator finds no new one
BROKEN = EACH // 3
PROBLEMS = {type_.name for type_ in SCHEMA.get_possible_types(SCHEMA.type_map["Problem"])}  # type: ignore[arg-type]
FAULTS = {ErrorCode.INTERNAL, ErrorCode.SERVICE_UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.UNAUTHENTICATED}
KNOWN_IDS = """{
    customers(first: 5) { nodes { id orders(first: 2) { nodes { id } } } }
    segments { nodes { id } } strategies { nodes { id } } products(first: 5) { nodes { id } }
    attributeDefinitions { id } rfmConfigs { id }
}"""
A_KEY = 'mutation { apiKeyCreate(input: {label: "x", scopes: [ADMIN]}) { ... on ApiKeyCreated { key { prefix } } } }'
ID = re.compile(rf"(?:{'|'.join(view.prefix.values())})_[0-9a-f]{{32}}")
MOST_IDS = 20  # of a type
WORDS = st.sampled_from(["club", "vip", "regulars", "vip_2", "demo", "C-00001", "city", "name", "Hamburg", "en", "tea"])
TEXTS = WORDS | WORDS | WORDS | st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=8)
SOME = {
    "String": TEXTS.map(nodes.String),
    "ID": (st.integers(0, 40).map("#{}".format) | st.integers(0, 40).map("#{}".format) | TEXTS).map(nodes.String),
    "Int": (st.integers(1, 4) | st.integers(1, 4) | st.integers(-(2**31), 2**31 - 1)).map(nodes.Int),
    "Decimal": (
        st.integers(1, 50).map(str) | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
    ).map(nodes.String),
    "Duration": st.sampled_from(["P1D", "P30D", "P1Y", "PT1H", "P0D", "P9999Y", "-P1D", "a day"]).map(nodes.String),
    "Date": st.dates().map(str).map(nodes.String),
    # Some to come, most gone by: what is asked as of the future is refused.
    "DateTime": (st.datetimes(max_value=datetime(2026, 1, 1)) | st.datetimes()).map(
        lambda at: nodes.String(at.isoformat() + "Z")
    ),
    "JSON": TEXTS.map(nodes.String) | st.integers().map(nodes.Int) | st.booleans().map(nodes.Boolean),
}


A_LIST = """mutation {
    segmentCreate(input: {key: "a_list", name: {en: "List"}, kind: STATIC, memberIds: []}) {
        ... on SegmentSuccess { segment { id } } } }"""
LISTING = """mutation { segmentMembers%s(segmentId: "%%s", customers: []) { items { index } } }"""


# What random values hardly ever hit.  ``%s``: each id known of the type that the first word names, ``%o``: another.
HIT = {
    "parseRule": ("", '{ parseRule(text: "no orders") { __typename } }'),
    "customer": ("Customer", '{ customer(by: {id: "%s"}) { version tags segments { key } } }'),
    "events": ("", "{ events(first: 2) { nodes { sequence topic } } }"),
    "segment": ("Segment", '{ segment(id: "%s") { analysis { warnings { kind } } breakdown { value share } } }'),
    "overlap": ("Segment", '{ overlap(segmentIds: ["%s", "%o"]) { population cells { both lift contains } } }'),
    "setAlgebra": ("Segment", '{ setAlgebra(expression: {segment: "%s"}) { count { value } } }'),
    "segmentCreate": (
        "",
        'mutation { segmentCreate(input: {key: "drinks_tea", name: {en: "Tea"}, rule: {tag: {test: {hasAny: ["tea"]}}}'
        "}) { __typename } }",
    ),
    "template": ("", '{ template(key: "dormant_once") { __typename } }'),
    "rfmConfigInstall": ("", 'mutation { rfmConfigInstall(key: "ten_groups") { __typename } }'),
    "rfmConfigSave": (
        "",
        'mutation { rfmConfigSave(input: {key: "ours", name: {en: "Ours"}, scoring: {recency: {bins: 3},'
        ' frequency: {bins: 3}, monetary: {bounds: ["100"]}}}) { __typename } }',
    ),
    "templateInstall": ("", 'mutation { templateInstall(key: "dormant_once") { __typename } }'),
    "segmentDiff": (
        "Segment",
        '{ segmentDiff(id: "%s", rule: {tag: {test: {hasAny: ["tea"]}}}) { counts { left } leaving { totalCount } } }',
    ),
    "segmentSnapshot": (
        "Segment",
        'mutation { segmentSnapshot(id: "%s", input: {key: "frozen", name: {en: "Frozen"}}) { __typename } }',
    ),
    "segmentArchive": ("Segment", 'mutation { segmentArchive(id: "%s") { __typename } }'),
    "segmentMembersAdd": ("Segment", LISTING % "Add"),
    "segmentMembersRemove": ("Segment", LISTING % "Remove"),
    "strategySave": (
        "Segment",
        'mutation { strategySave(input: {key: "more_tea", name: {en: "Tea"}, segmentId: "%s"'
        ' actions: [{kind: SEND_CARE}], goal: {metric: NPS, direction: UP, within: "P90D"}}) { __typename } }',
    ),
    "customerUpsert": ("", 'mutation { customerUpsert(input: {city: "Hamburg"}) { __typename } }'),
    "customerRestore": ("Customer", 'mutation { customerRestore(id: "%s") { __typename } }'),
    "customerMerge": ("Customer", 'mutation { customerMerge(winner: "%s", losers: ["#0"]) { __typename } }'),
    "customerUnmerge": ("Customer", 'mutation { customerUnmerge(loser: "%s") { __typename } }'),
    "apiKeyCreate": ("", 'mutation { apiKeyCreate(input: {label: "x", scopes: [FEEDBACK_READ]}) { __typename } }'),
    "apiKeyRevoke": ("ApiKey", 'mutation { apiKeyRevoke(prefix: "%s") { __typename } }'),
    "memberSave": (
        "",
        'mutation { memberSave(input: {name: "Li", email: "li@example.com", role: SALES})'
        " { __typename ... on MemberSuccess { member { id } } } }",
    ),
    "memberRemove": ("Member", 'mutation { memberRemove(id: "%s") { __typename } }'),
    "tenantSettingsSave": ("", "mutation { tenantSettingsSave(input: {weekStart: 1}) { __typename } }"),
    "strategyTransition": (
        "Strategy",
        'mutation { strategyTransition(id: "%s", to: SCHEDULED, ifVersion: 1) { __typename } }',
    ),
}


@dataclass
class Asking:
    """The demo as schemathesis sees it, and the ids that it has shown so far."""

    schema: Any
    headers: dict[str, str]
    said: Iterable[str]  # by the demo, on stderr
    ids: dict[str, list[str]] = field(default_factory=dict)  # by the type's name
    answered: dict[str, int] = field(default_factory=dict)  # cases, by root field

    def call(self, name: str, case: Any) -> Any:
        """Send a case that asks the root field, with real ids in the places of ``#3``."""
        wanted = [kind for kind in self.ids if kind.lower() in name.lower()] or list(self.ids)
        kinds = [*wanted, *wanted, *self.ids]  # mostly of the type that the field is about

        def known(found: re.Match[str]) -> str:
            number, kind = divmod(int(found[1]), len(kinds))
            ids = self.ids[kinds[kind]]
            return f'"{ids[number % len(ids)]}"'

        case.body = re.sub(r'"#(\d+)"', known, case.body)
        answer = case.call(headers=self.headers)
        self.learn(answer.text)
        return answer

    def learn(self, text: str) -> None:
        """Remember ids that an answer shows."""
        for id_ in ID.findall(text):
            kind = view.kind_of_prefix[id_[:3]]
            if id_ not in (ids := self.ids.setdefault(kind, [])) and len(ids) < MOST_IDS:
                ids.append(id_)


@pytest.fixture(scope="module")
def asking(served: Served) -> Any:
    headers = {"Authorization": f"Bearer {served.key('lantern')}", "Accept-Language": "en"}
    before = dict(CUSTOM_SCALARS)
    for name, strategy in SOME.items():
        schemathesis.graphql.scalar(name, strategy)
    made = Asking(schemathesis.graphql.from_url(served.url, headers=headers), headers, served.said)
    made.learn(str(served.demo.ask("lantern", A_LIST)))
    (list_,) = made.ids["Segment"]
    served.demo.ask("lantern", HIT["strategySave"][1].replace("more_tea", "for_the_list").replace("%s", list_))  # kept
    made.learn(str(served.demo.ask("lantern", KNOWN_IDS)))
    key = served.demo.ask("lantern", A_KEY)["apiKeyCreate"]["key"]
    made.ids["ApiKey"] = [key["prefix"]]
    yield made
    CUSTOM_SCALARS.clear()
    CUSTOM_SCALARS.update(before)


def _field(name: NameNode, arguments: Any = (), chosen: Any = None, alias: Any = None) -> FieldNode:
    return FieldNode(name=name, alias=alias, arguments=arguments, directives=(), selection_set=chosen)


class _Mended(Visitor):
    """What the generator does not know: @oneOf keeps one member; one size a page, and mostly no made-up cursor."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types

    def leave_object_value(self, node: ObjectValueNode, *_: Any) -> Any:
        type_ = get_named_type(self.types.get_input_type())
        if not (is_input_object_type(type_) and type_.is_one_of):
            return None
        said = [member for member in node.fields if not isinstance(member.value, NullValueNode)]
        return nodes.Object(said[:1]) if said else None

    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        said = {argument.name.value: argument for argument in node.arguments or ()}
        chosen = node.selection_set
        if "after" in said:
            if not isinstance(said["first"].value, NullValueNode):
                del said["last"]
            for name in ("after", "before"):
                if getattr(said[name].value, "value", None) != "club":
                    del said[name]
        elif chosen and is_union_type(get_named_type(self.types.get_type())):
            chosen = SelectionSetNode(selections=(_field(NameNode(value="__typename")), *chosen.selections))
        return _field(node.name, tuple(said.values()), chosen, node.alias)


def mended(case: Any) -> Any:
    """The case with a document that is mostly meant."""
    types = TypeInfo(SCHEMA)
    case.body = print_ast(visit(parse(case.body), TypeInfoVisitor(types, _Mended(types))))
    return case


def outcome(name: str, answer: Any, asked: str) -> str:
    """``success`` or ``problem`` of the root field; the promises that hold for every answer."""
    assert answer.status_code == 200
    body = answer.json()
    errors = body.get("errors", [])
    assert len(errors) <= 5
    for error in errors:
        assert ErrorCode(error["extensions"]["code"]) not in FAULTS, (error, asked)
        assert error["message"]
        assert error.get("path", [name])[0] == name
    value = (body.get("data") or {}).get(name)
    kind = value.get("__typename", "") if isinstance(value, dict) else ""
    return "problem" if errors or value is None or kind in PROBLEMS else "success"


def cases(operation: Any, mode: GenerationMode, count: int) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """A decorator: run so often with what schemathesis draws, always the same."""
    made = operation.as_strategy(generation_mode=mode)
    drawn = made.map(mended) if mode is GenerationMode.POSITIVE else made
    settled = settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate],  # making a case small would ask thousands of times
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    return lambda test: settled(given(drawn)(test))


@pytest.mark.parametrize("label", FIELDS)
def test_a_root_field_keeps_the_promises_succeeds_and_refuses(asking: Asking, label: str) -> None:
    root, _, name = label.partition(".")
    operation = asking.schema[root][name]
    seen: list[str] = []

    @cases(operation, GenerationMode.POSITIVE, EACH - BROKEN)
    def good(case: Any) -> None:
        answer = asking.call(name, case)
        case.validate_response(answer, checks=[not_a_server_error])
        seen.append(outcome(name, answer, case.body))

    @cases(operation, GenerationMode.NEGATIVE, BROKEN)
    def broken(case: Any) -> None:
        answer = asking.call(name, case)
        case.validate_response(answer, checks=[not_a_server_error])
        seen.append(outcome(name, answer, case.body))
        assert seen[-1] == "problem" or case.meta.generation.mode.is_positive, case.body

    # A field that asks nothing and is for everybody is refused only what it does not have.
    unknown = "" if SCHEMA.type_map[root].fields[name].args else f"{{ {name}(nothing: 1) {{ __typename }} }}"  # type: ignore[attr-defined]
    kind, document = HIT.get(name, ("", unknown))
    try:
        good()
        broken()
        known = asking.ids[kind] if kind else list(filter(None, [document]))
        for place, id_ in enumerate(known):
            body = document.replace("%s", id_).replace("%o", known[place - 1])
            hit = operation.Case(body=body, media_type="application/json")
            seen.append(outcome(name, asking.call(name, hit), hit.body))
    except BaseException as failed:
        failed.add_note("".join(asking.said))
        raise
    asking.answered[label] = len(seen)
    assert set(seen) == {"success", "problem"}, f"{label} was only ever a {seen[0]}"


def test_so_many_cases_were_answered(asking: Asking) -> None:
    ran = asking.answered
    assert len(ran) < len(FIELDS) or sum(ran.values()) >= LEAST, f"{sum(ran.values())} cases"
