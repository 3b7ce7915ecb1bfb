"""Mutations: each field is a transaction of its own; a refusal is data and rolls back; the row is read after commit."""

import asyncio
import random
from typing import Any

import orjson
from graphql import get_named_type, is_non_null_type

from api.graph.complete import refusal
from api.graph.document import Document
from api.graph.errors import failure, fault, retryable
from api.graph.field import FIELD, Field
from api.graph.inject import injected, uses_stored
from api.graph.inputs import Converter, own_kind
from api.graph.once import digest_of
from api.graph.plan import Planner
from api.graph.planning import Plan
from api.graph.price import due, items
from api.graph.project import project
from api.graph.read import Reading
from api.graph.request import Arguments, Env
from api.graph.selection import Nodes

MOST_TRIES = 3
FIRST_PAUSE = 0.01  # seconds, doubled each time, with jitter


async def mutate(
    reading: Reading, document: Document, operation: Any, env: Env, most_cost: int | None = None
) -> tuple[bytes, list[Any]]:
    """The fields one after the other.  A null where none may be ends it, as the specification says.

    All of it is charged before any of it is done.
    """
    root: Any = document.selections.schema.mutation_type
    wanted = document.selections.collect(root, [operation], lambda variable: bool(env.variables[variable]))
    fields = {
        key: _Field(reading, document, root.fields[nodes[0].name.value], key, nodes, env)
        for key, nodes in wanted.items()
        if nodes[0].name.value != "__typename"
    }
    if most_cost is not None or env.purse is not None:
        late = due(env, sum([await one.cost() for one in fields.values()]), most_cost)
        if late is not None:
            await late
    out: list[bytes] = []
    errors: list[Any] = []
    for key in wanted:
        if key not in fields:
            out.append(f'"{key}":"{root.name}"'.encode())
            continue
        env.memo.clear()
        try:
            data, wrong = await fields[key].run()
        except Exception as error:
            data, wrong = b"null", [failure(error, env.locale, [key])]
        errors += wrong
        if data == b"null" and is_non_null_type(fields[key].gfield.type):
            return b"null", errors
        out.append(b"".join((f'"{key}":'.encode(), data)))
    return b"".join((b"{", b",".join(out), b"}")), errors


class _Field:
    """One field of a mutation."""

    def __init__(self, reading: Reading, document: Document, gfield: Any, key: str, nodes: Nodes, env: Env) -> None:
        self.reading, self.document, self.gfield, self.key, self.nodes, self.env = (
            reading,
            document,
            gfield,
            key,
            nodes,
            env,
        )
        self.declared: Field = gfield.extensions["strawberry-definition"].metadata[FIELD]
        self.views = reading.views

    async def cost(self) -> int:
        """Points: its weight for each item, and those of what it answers, as far as that can be planned before."""
        assert self.declared.write
        env, each = self.env, self.declared.write.each
        count = items(self.nodes, env) if each else 1
        env.memo.clear()
        env.written = [None] * count if each else None  # so many will be read
        try:
            answer = await self.reading.priced(self.document, ("payload", self.key), env, self._planned)
        except Exception:  # what is wrong is told where it is read
            answer = 0
        env.written = None
        return self.declared.cost * count + answer

    async def run(self) -> tuple[bytes, list[Any]]:
        """(JSON, errors) of the field."""
        declared, env = self.declared, self.env
        env.response_name = self.key
        if declared.requires and declared.requires not in env.scopes:
            return b"null", [fault("FORBIDDEN", env.locale, [self.key])]
        try:
            await self._written()
        except self.views.refused as refused:
            return self._refused(refused.problem)
        return await self._payload()

    async def _written(self) -> None:
        """The domain's function in its transaction; again, from the start, after a conflict with another."""
        assert self.declared.write
        doors = self.reading.doors
        opened, work = (doors.control, self._plainly) if self.declared.write.control else (doors.write, self._once)
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                async with opened(self.env) as session:
                    await work(session)
                return
            except Exception as error:
                if not tries_left or not retryable(error):
                    raise
                self.env.memo.clear()
                await asyncio.sleep(FIRST_PAUSE * 2 ** (MOST_TRIES - tries_left) * random.random())

    async def _plainly(self, session: Any) -> None:
        self._keep(await self._called(session))

    async def _once(self, session: Any) -> None:
        """Apply the write; under an idempotency key only if it is the first attempt."""
        outcomes, env = self.reading.doors.outcomes, self.env
        if outcomes is None or env.idempotency_key is None:
            await self._plainly(session)
            return
        digest = digest_of(self.nodes[0].name.value, self._arguments().whole(env))
        done = await outcomes.claim(session, env, self.key, digest)
        if done is not None:
            env.written, env.extra = done
            return
        await self._plainly(session)
        await outcomes.keep(session, env, self.key, (env.written, dict(env.extra)))

    def _arguments(self) -> Arguments:
        return Arguments(self.gfield, self.nodes[0], ("args", 0))

    async def _called(self, session: Any) -> Any:
        declared, env = self.declared, self.env
        assert declared.call
        if uses_stored(self.views, declared):
            await self._hold(session)
        elif self.reading.doors.stored is not None and env.held is None:
            env.held = self.reading.held.get(env.place)
        arguments = self._arguments()
        converter = Converter(self.views, declared.ids, own_kind(self.views, declared))
        values = {
            name: converter.value(name, argument.hint, arguments.whole(env).get(arguments.names[name]), env)
            for name, argument in declared.args.items()
        }
        return await declared.call(session, **values, **injected(self.views, declared, env))

    async def _hold(self, session: Any) -> None:
        """What is stored, as this transaction sees it."""
        raw = await (await session.connection()).get_raw_connection()
        await self.reading.refresh(raw.driver_connection, self.env)

    def _keep(self, returned: Any) -> None:
        assert self.declared.write
        extra = self.declared.write.extra
        if self.declared.write.each:
            self.env.written = returned
            return
        if not self.declared.write.row:
            self.env.extra = dict(zip(extra, returned, strict=True))
            return
        row, *rest = returned if extra else (returned,)
        self.env.written, self.env.extra = row.id, dict(zip(extra, rest, strict=True))

    def _refused(self, problem: Any) -> tuple[bytes, list[Any]]:
        """The problem as a member of the result; as an error when it is not one (a converter's, say)."""
        union: Any = get_named_type(self.gfield.type)
        name = self.views.of_class.get(type(problem))
        type_ = next((member for member in getattr(union, "types", ()) if member.name == name), None)
        if type_ is None:
            return b"null", [refusal(problem, self.env.locale, [self.key])]
        planner = Planner(self.document.selections, self.views, self.env, self.document.plans.number)
        return orjson.dumps(project(planner, type_, self.nodes)(problem, self.env)), []

    async def _payload(self) -> tuple[bytes, list[Any]]:
        """The success, its row read by the compiled path in a new snapshot."""
        self.env.memo.clear()
        tree, shape = ("payload", self.key), (self._success, list(self.nodes))
        done = await self.reading.read(self.document, tree, self.env, self._planned, shape, (self.key,))
        return done.data, done.errors

    @property
    def _success(self) -> Any:
        result: Any = get_named_type(self.gfield.type)
        return result if self.declared.write and self.declared.write.each else result.types[0]

    def _planned(self, planner: Planner) -> Plan:
        return planner.payload(self._success, self.declared, self.nodes)
