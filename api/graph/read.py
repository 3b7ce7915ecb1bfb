"""One read: plan, statement, loaded fields, errors; what is stored is read again when its version has changed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from asyncpg.exceptions import InvalidCachedStatementError  # type: ignore[import-untyped]

from api.graph import sql
from api.graph.cache import Recent
from api.graph.choice import Undecided
from api.graph.complete import complete
from api.graph.document import Document
from api.graph.errors import Closed
from api.graph.newcomers import Newcomers
from api.graph.plan import Planner
from api.graph.planning import Plan
from api.graph.price import due
from api.graph.request import Env, NothingHeld
from api.graph.view import Views

SLOT = re.compile(rb'"\\u0000(\d+):((?:[^"\\]|\\.)*)"')
MARKS, ERROR = b'"\\u0000', b'"\\u0000!'
MOST_TENANTS = 1000  # whose stored values are remembered
Make = Callable[[Planner], Plan]
Shape = tuple[Any, list[Any]]  # the root type and its nodes, for null propagation


@dataclass(frozen=True, slots=True)
class Read:
    """What came of it: JSON, its errors, and the plan it was made by."""

    data: bytes
    errors: list[Any]
    plan: Plan


class Reading:
    """Reads for all tenants.  ``planned`` and ``statements`` count, for tests and the curious."""

    def __init__(self, views: Views, doors: Any, newcomers: Newcomers) -> None:
        self.views, self.doors, self.newcomers = views, doors, newcomers
        self.held: Recent[str, Any] = Recent(MOST_TENANTS)
        self.planned = self.statements = 0

    async def read(
        self,
        document: Document,
        tree: Any,
        env: Env,
        make: Make,
        shape: Shape,
        path: tuple[Any, ...] = (),
        most_cost: int | None = None,
    ) -> Read:
        """Answer from one snapshot.  A cached statement that the schema outgrew is prepared again, in a fresh frame.

        It is charged before, unless its operation has been.
        """
        env.held, env.choices = self.held.get(env.place), document.plans.choices
        plan = self._plan_or_none(lambda: document.plans.find(tree, env), env)
        if plan is None:
            plan = await self._early(document, tree, env, make)
        if plan is not None:
            if (late := due(env, plan.cost(env), most_cost)) is not None:
                await late
            if not plan.text:
                return await self._settled(None, plan, env, (), shape, path)
        work = (document, tree, env, make, shape, path, most_cost)
        try:
            return await self._inside(plan, *work)
        except InvalidCachedStatementError:
            return await self._inside(plan, *work)

    async def _inside(
        self,
        plan: Plan | None,
        document: Document,
        tree: Any,
        env: Env,
        make: Make,
        shape: Shape,
        path: Any,
        most_cost: int | None,
    ) -> Read:
        async with self.doors.read(env) as connection:
            if plan is None:
                plan = await self._prepared(connection, document, tree, env, make)
                if (late := due(env, plan.cost(env), most_cost)) is not None:
                    await late
            record = await self._fetch(connection, plan, env)
            # A loaded field reads what is stored only when it is filled: then another tenant's plan may have fitted.
            if plan.version is not None and record[plan.version] != getattr(env.held, "version", None):
                await self.refresh(connection, env)  # same snapshot: one answer, one state
                plan = await self._prepared(connection, document, tree, env, make)
                record = await self._fetch(connection, plan, env)
            return await self._settled(connection, plan, env, record, shape, path)

    # ── planning
    def plan(self, document: Document, tree: Any, env: Env, make: Make) -> Plan:
        """The plan that fits, made when there is none.

        NothingHeld when the stored value is needed first, Undecided when PostgreSQL has to be asked first.
        """
        found = document.plans.find(tree, env)
        if found is None:
            with self.newcomers.taking():
                found = self._planned(document, tree, env, make)
        return found

    def _planned(self, document: Document, tree: Any, env: Env, make: Make) -> Plan:
        planner = Planner(document.selections, self.views, env, document.plans.number)
        plan = make(planner)
        self.planned += 1
        document.plans.add(tree, planner.looks, env, plan)
        planner.release()
        return plan

    async def priced(self, document: Document, tree: Any, env: Env, make: Make) -> int:
        """What a plan will cost; 0 while the database has to be asked for it first."""
        env.held, env.choices = self.held.get(env.place), document.plans.choices
        plan = await self._early(document, tree, env, make)
        return plan.cost(env) if plan else 0

    async def _early(self, document: Document, tree: Any, env: Env, make: Make) -> Plan | None:
        """The plan, before a connection is taken; null when the database has to be asked for it."""
        found = self._plan_or_none(lambda: document.plans.find(tree, env), env)
        if found is None:
            await self.newcomers.turn()
            found = self._plan_or_none(lambda: self.plan(document, tree, env, make), env)
        return found

    def _plan_or_none(self, make: Callable[[], Plan | None], env: Env) -> Plan | None:
        """Null where something has to be read or asked first."""
        try:
            return make()
        except (NothingHeld, Undecided):
            env.memo.clear()
            return None

    async def _prepared(self, connection: Any, document: Document, tree: Any, env: Env, make: Make) -> Plan:
        """The plan, once all that it needs is known."""
        if env.held is None and self.doors.stored is not None:
            await self.refresh(connection, env)
        while True:
            try:
                return self.plan(document, tree, env, make)
            except NothingHeld:
                await self.refresh(connection, env)
            except Undecided as undecided:
                env.memo.clear()
                for question in undecided.questions:
                    self.count(env, await question.settle(connection, document.plans.choices, env.now))

    async def refresh(self, connection: Any, env: Env) -> None:
        """Read what the product keeps of the tenant, and forget what was made of the former."""
        assert self.doors.stored is not None, "Doors(stored=…) says how to read it"
        self.count(env)
        env.held = self.held.put(env.place, await self.doors.stored(connection))
        env.memo.clear()

    # ── running
    async def _fetch(self, connection: Any, plan: Plan, env: Env) -> Any:
        if not plan.text:
            return ()
        self.count(env)
        if plan.settings:
            await connection.execute(plan.settings)
        values = [getter(env) for getter in plan.getters]
        if env.confined is None:
            return await connection.fetchrow(plan.text, *values)
        text, more = env.confined.whole(plan.text, len(values))
        record = await connection.fetchrow(text, *values, *more)
        if record is None:
            raise Closed(env.confined.gone)
        return record

    async def _settled(self, connection: Any, plan: Plan, env: Env, record: Any, shape: Shape, path: Any) -> Read:
        """Fill the slots; then, only if something is wrong, walk the answer as the specification says."""
        body = joined(plan, record, env)
        if not plan.marked or MARKS not in body:
            return Read(body, [], plan)
        body, holes = await self._filled(connection, plan, env, body)
        if ERROR not in body and not holes:
            return Read(body, [], plan)
        data, errors = complete(plan, env, shape, orjson.loads(body), path)
        return Read(data, errors, plan)

    async def _filled(self, connection: Any, plan: Plan, env: Env, body: bytes) -> tuple[bytes, bool]:
        """(the body with its slots filled, whether something loaded is null).  What fills a slot may hold slots."""
        holes = False
        while len(parts := SLOT.split(body)) > 1:
            wanted: dict[int, dict[bytes, bytes]] = {}
            for number, key in zip(parts[1::3], parts[2::3], strict=True):
                wanted.setdefault(int(number), {})[key] = b"null"
            for number, values in wanted.items():
                keys = [orjson.loads(b'"' + key + b'"') for key in values]
                found = await plan.loads[number](Fetch(self, connection, env), keys, env)
                for key, value in zip(values, found, strict=True):
                    values[key] = orjson.dumps(value)
            out = [parts[0]]
            for place in range(1, len(parts), 3):
                made = wanted[int(parts[place])][parts[place + 1]]
                holes = holes or made == b"null"
                out += (made, parts[place + 2])
            body = b"".join(out)
        return body, holes

    def count(self, env: Env, statements: int = 1) -> None:
        """Note that statements were sent."""
        self.statements += statements
        env.statements += statements


class Fetch:
    """Rows in the snapshot of an operation, for loaded fields."""

    def __init__(self, reading: Reading, connection: Any, env: Env, at: datetime | None = None) -> None:
        self._reading, self._connection, self._env, self._at = reading, connection, env, at

    def as_of(self, at: datetime) -> "Fetch":
        """The same, its tables those of an instant."""
        return Fetch(self._reading, self._connection, self._env, at if self._at is None else min(at, self._at))

    async def __call__(self, statement: Any) -> Any:
        """Of a SELECT."""
        text, binds = sql.compiled(statement)
        values = []
        for bound in binds:
            driver = sql.driver_value(bound)
            values.append(driver(bound.effective_value) if driver else bound.effective_value)
        return await self.text(text, values)

    async def text(self, text: str, values: Sequence[Any]) -> Any:
        """Of a statement that is text already."""
        self._reading.count(self._env)
        if self._at is not None:
            text, values = self._reading.views.hidden(text, values, self._at)
        confined = self._env.confined
        text, more = confined.part(text, len(values)) if confined else (text, ())
        return await self._connection.fetch(text, *values, *more)


def joined(plan: Plan, record: Any, env: Env) -> bytes:
    """The columns of the row as one JSON object."""
    if not plan.keys:
        return b"{}"
    out: list[bytes] = []
    for start, found in plan.keys:
        out += (start, (record[found] if isinstance(found, int) else found(env)) or b"null")
    return b"".join((*out, b"}"))
