"""Runs operations: the plan from the cache, one statement in one snapshot, bytes out."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from graphql import GraphQLSchema, OperationType

from api.graph.document import Document, Documents, Rejected, named
from api.graph.errors import MOST_ERRORS, failure, fault, invalid
from api.graph.limits import Limits
from api.graph.mutate import mutate
from api.graph.newcomers import Newcomers
from api.graph.once import Outcomes
from api.graph.price import KNOWN_COST, NEW_COST, Purse, refused, solvent
from api.graph.read import Reading
from api.graph.request import Env
from api.graph.scalars import clean
from api.graph.variables import Variables
from api.graph.view import Views


@dataclass(frozen=True, slots=True)
class Doors:
    """How the product opens transactions; the executor itself never begins or commits.

    ``read(env)`` yields an asyncpg connection inside the tenant's snapshot (json as bytes: ``json_as_bytes``).
    ``write(env)`` yields a SQLAlchemy AsyncSession and commits on a clean exit.
    ``control(env)`` yields a connection to what is kept of all tenants together, for writes declared ``control=True``;
    it commits on a clean exit, too.
    ``stored(connection)`` reads what the product keeps of the tenant: an object with ``version``.
    """

    read: Callable[[Env], AbstractAsyncContextManager[Any]]
    write: Callable[[Env], AbstractAsyncContextManager[Any]]
    stored: Callable[[Any], Awaitable[Any]] | None = None
    place: Callable[[Any], str] = str  # a tenant's name in cursors and in memory; never reused
    control: Callable[[Env], AbstractAsyncContextManager[Any]] | None = None
    outcomes: Outcomes | None = None  # of writes under an idempotency key; without it keys mean nothing


@dataclass(slots=True)
class Answer:
    """``request_error``: nothing was executed.  ``compiled``: no part went to graphql-core."""

    body: bytes
    request_error: bool = False
    codes: tuple[str, ...] = ()
    operation: str | None = None
    cost: int = 0
    compiled: bool = True
    name: str | None = None  # the operation's
    statements: int = 0  # that read
    retry_after_s: int = 0  # of a refusal that passes


class Executor:
    """One schema's documents and plans, for all tenants."""

    def __init__(
        self,
        schema: GraphQLSchema,
        views: Views,
        doors: Doors,
        secret: bytes,
        *,
        limits: Limits | None = None,
        most_cost: int | None = None,
        most_documents: int = 1000,
        most_plans: int = 64,
    ) -> None:
        self.schema, self.views, self.doors, self.secret, self.most_cost = schema, views, doors, secret, most_cost
        self.documents = Documents(schema, limits or Limits(), most=most_documents, leaves=most_plans)
        self.newcomers = Newcomers()
        self.reading = Reading(views, doors, self.newcomers)

    async def run(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        operation: str | None = None,
        *,
        now: datetime,
        tenant: Any = None,
        scopes: frozenset[str] = frozenset(),
        locale: str = "en",
        actor: str = "",
        idempotency_key: str | None = None,
        caller: Any = None,
        only_query: bool = False,
        purse: Purse | None = None,
        trusted: bool = False,
    ) -> Answer:
        """Answer one operation of a document (kept if ``trusted``); ``only_query`` refuses others, ``purse`` pays."""
        kind = env = None
        known = self.documents.known(text)
        price = KNOWN_COST if known else NEW_COST
        self.newcomers.running += 1
        try:
            document = known or await self._made(text, locale, trusted, purse)
            chosen = document.operation(operation, locale)
            kind = chosen.operation.value
            _allow(chosen.operation, only_query, locale)
            env = self._env(document.variables[named(chosen)], variables or {}, now, tenant, scopes, locale)
            env.actor, env.idempotency_key, env.purse, env.caller = actor, idempotency_key, purse, caller
            answer = await self._answer(document, chosen, env, kind)
            answer.name, answer.statements = named(chosen), env.statements
            return answer
        except (Rejected, RecursionError) as error:
            errors = error.errors if isinstance(error, Rejected) else [fault("TOO_COSTLY", locale)]
            return rejection(await refused(errors, price, env, purse, locale), kind)
        except Exception as error:
            return rejection([failure(error, locale)], kind)
        finally:
            self.newcomers.running -= 1

    async def _made(self, text: str, locale: str, trusted: bool, purse: Purse | None) -> Document:
        """A document that is new to this process."""
        await solvent(purse, locale)
        await self.newcomers.turn()
        with self.newcomers.taking():
            return self.documents.get(text, locale, trusted=trusted)

    def _env(
        self, declared: Variables, given: Mapping[str, Any], now: datetime, tenant: Any, scopes: Any, locale: str
    ) -> Env:
        """The request of one operation, its variables coerced."""
        if not clean(given):
            raise Rejected(fault("UNCLEAN", locale))
        coerced = declared.coerced(given)
        if coerced is None:
            values = declared.core(given, MOST_ERRORS)
            if isinstance(values, list):
                raise Rejected(*(invalid(error, "BAD_USER_INPUT") for error in values[:MOST_ERRORS]))
            coerced = values.coerced
        place = self.doors.place(tenant)
        return Env(declared, coerced, now, tenant, place, scopes, locale, self.secret, given)

    async def _answer(self, document: Document, chosen: Any, env: Env, kind: str) -> Answer:
        if chosen.operation is OperationType.MUTATION:
            data, errors = await mutate(self.reading, document, chosen, env, self.most_cost)
            return answered(data, errors, kind, env)
        root: Any = self.schema.query_type
        tree = named(chosen)
        shape = (root, [chosen])
        done = await self.reading.read(
            document, tree, env, lambda planner: planner.plan(*shape), shape, most_cost=self.most_cost
        )
        return answered(done.data, done.errors, kind, env, done.plan.compiled)


def _allow(kind: OperationType, only_query: bool, locale: str) -> None:
    if only_query and kind is not OperationType.QUERY:
        raise Rejected(fault("NOT_A_QUERY", locale))
    if kind is OperationType.SUBSCRIPTION:
        raise Rejected(fault("SUBSCRIPTION", locale))


def answered(data: bytes, errors: list[Any], kind: str, env: Env, compiled: bool = True) -> Answer:
    """``data`` with at most 5 errors, and what it cost."""
    end = b"}" if env.purse is None else env.purse.told(env.cost)
    if not errors:
        return Answer(b"".join((b'{"data":', data, end)), False, (), kind, env.cost, compiled)
    body = b"".join((b'{"data":', data, b',"errors":', orjson.dumps(errors[:MOST_ERRORS]), end))
    codes = tuple(error["extensions"]["code"] for error in errors)
    return Answer(body, False, codes, kind, env.cost, compiled)


def rejection(errors: list[Any], kind: str | None) -> Answer:
    """Errors without data: nothing was executed, or everything failed."""
    codes = tuple(error["extensions"]["code"] for error in errors)
    retry_after_s = errors[0]["extensions"].get("retryAfter", 0)
    return Answer(orjson.dumps({"errors": errors}), True, codes, kind, retry_after_s=retry_after_s)


async def json_as_bytes(connection: Any) -> None:
    """For the pool's ``init``: results of type json stay the bytes that PostgreSQL made."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary")


def _same(value: Any) -> Any:
    return value
