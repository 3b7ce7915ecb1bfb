"""A tenant with five customers, and a process that answers about their segments at the instant that a test says."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, text

from api.answering import Answering
from api.graph.request import typed_id
from api.scopes import Scope as Permission
from api.scopes import granted
from domain.base import new_id
from domain.customers.customer import Customer
from tenancy.keys import ALL_SCOPES
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.http import control_of
from tests.support.tenants import NOW

# Name → city and tags; Eva's city is not known.
PEOPLE: dict[str, tuple[str | None, list[str]]] = {
    "Ann": ("Ulm", ["vip"]), "Bob": ("Ulm", []), "Cem": ("Bonn", ["vip"]), "Dee": ("Kiel", []), "Eva": (None, []),
}  # fmt: skip
PROBLEM = "... on Problem { code path message } ... on Invalid { fields { path code message } }"
PROBLEM += " ... on RuleInvalid { issues { path code } } ... on InUse { segments strategies }"
ITEM = "items { index node { ... on Customer { displayName } } problem { code ... on Invalid { fields { path code"
ITEM += ' message zh: message(locale: "zh") } } } }'


def city(name: str, **more: Any) -> dict[str, Any]:
    """A rule: from there."""
    return {"attribute": {"key": "city", "test": {"text": {"eq": name}}}} | more


VIP = {"tag": {"test": {"hasAny": ["vip"]}}}
ULM, BONN = city("Ulm"), city("Bonn")


@dataclass
class Club:
    """Asks and writes; ``now`` is the clock."""

    scope: Scope
    tenant: Tenant
    now: datetime = NOW
    scopes: frozenset[Permission] = field(default_factory=lambda: granted(ALL_SCOPES))
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.executor = Answering(self.scope, control_of(self.scope), b"k" * 32).executor

    @property
    def statements(self) -> int:
        """How many were sent so far to answer questions."""
        return int(self.executor.reading.statements)

    async def open(self) -> "Club":
        """With the customers."""
        rows = []
        for name, (lives, tags) in PEOPLE.items():
            id_ = new_id(NOW)
            self.ids[name] = typed_id("cus", id_)
            known = {"registered_at": NOW, "created_at": NOW, "updated_at": NOW}
            rows.append({"id": id_, "display_name": name, "city": lives, "tags": tags, **known})
        async with self.scope.write(self.tenant) as session:
            await session.execute(insert(Customer.__table__), rows)
        return self

    async def ask(self, document: str, **variables: Any) -> Any:
        """The whole answer."""
        answer = await self.executor.run(
            document, variables, now=self.now, tenant=self.tenant, scopes=self.scopes, actor="key:test"
        )
        return orjson.loads(answer.body)

    async def data(self, document: str, **variables: Any) -> Any:
        """``data`` of an answer without errors."""
        answer = await self.ask(document, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def create(self, key: str, **said: Any) -> Any:
        """A segment's fields, or the problem."""
        given = {"key": key, "name": {"en": key.title(), "zh": f"{key}组"}, **said}
        document = f"mutation($i: SegmentInput!) {{ done: segmentCreate(input: $i) {{ {SUCCESS} {PROBLEM} }} }}"
        return done(await self.data(document, i=given))

    async def update(self, id: str, version: int, **said: Any) -> Any:
        """The same of a change."""
        document = "mutation($id: ID!, $i: SegmentUpdateInput!)"
        document += f" {{ done: segmentUpdate(id: $id, input: $i) {{ {SUCCESS} {PROBLEM} }} }}"
        return done(await self.data(document, id=id, i={"ifVersion": version, **said}))

    async def archive(self, id: str) -> Any:
        """The same of taking it out of use."""
        document = f"mutation($id: ID!) {{ done: segmentArchive(id: $id) {{ {SUCCESS} {PROBLEM} }} }}"
        return done(await self.data(document, id=id))

    async def snapshot(self, id: str, key: str, **said: Any) -> Any:
        """The same of keeping who is in it."""
        document = "mutation($id: ID!, $i: SegmentSnapshotInput!)"
        document += f" {{ done: segmentSnapshot(id: $id, input: $i) {{ {SUCCESS} {PROBLEM} }} }}"
        return done(await self.data(document, id=id, i={"key": key, "name": {"en": key.title()}, **said}))

    async def listing(self, how: str, id: str, *customers: Any) -> Any:
        """The items of putting customers on a list (Add) or taking them off (Remove), or the error's code."""
        document = "mutation($id: ID!, $c: [CustomerBy!]!)"
        document += f" {{ segmentMembers{how}(segmentId: $id, customers: $c) {{ {ITEM} }} }}"
        given = [{"id": self.ids[one]} if isinstance(one, str) and one in self.ids else one for one in customers]
        answer = await self.ask(document, id=id, c=given)
        if "errors" in answer:
            return answer["errors"][0]["extensions"]
        return answer["data"][f"segmentMembers{how}"]["items"]

    async def members(self, id: str) -> str:
        """The names of the members, in order; count, totalCount, rules and each customer say the same."""
        document = """query($id: ID!, $rule: RuleInput!) {
            node(id: $id) { ... on Segment {
                count { value } members(orderBy: NAME) { totalCount nodes { displayName } } } }
            customers(where: $rule, orderBy: NAME) { nodes { displayName } }
            outside: customers(where: { not: $rule }, orderBy: NAME) { nodes { displayName } }
            customerCount { value }
            all: customers(orderBy: NAME) { nodes { displayName segments { id } } } }"""
        found = await self.data(document, id=id, rule={"segment": {"id": id}})
        names = [one["displayName"] for one in found["node"]["members"]["nodes"]]
        assert found["node"]["count"]["value"] == found["node"]["members"]["totalCount"] == len(names)
        assert [one["displayName"] for one in found["customers"]["nodes"]] == names
        assert len(found["outside"]["nodes"]) + len(names) == found["customerCount"]["value"]
        assert [one["displayName"] for one in found["all"]["nodes"] if {"id": id} in one["segments"]] == names
        return " ".join(names)

    async def rows(self, sql: str) -> list[Any]:
        """What is stored."""
        async with self.scope.write(self.tenant) as session:
            return list((await session.execute(text(sql))).mappings())

    async def run(self, sql: str) -> None:
        """Change what is stored, as no product code would."""
        async with self.scope.write(self.tenant) as session:
            await session.execute(text(sql))


SUCCESS = "__typename ... on SegmentSuccess { segment { id key kind status version rule frozenFrom } }"


def done(answer: Any) -> Any:
    """The segment, or the problem."""
    found = answer["done"]
    return found.get("segment") or found


def places(problem: Any) -> list[tuple[str, str]]:
    """Places and codes of what is wrong."""
    return [(".".join(one["path"]), one["code"]) for one in problem["fields"]]
