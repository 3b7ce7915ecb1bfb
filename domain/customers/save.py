"""Saving a customer: found by any of its names, else created; what changes leaves its history."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base import new_id
from domain.customers.attribute import AttributeDefinition
from domain.customers.change import change_customer
from domain.customers.check import Ref, Said, checked
from domain.customers.customer import WRITABLE, Customer, CustomerExternalRef
from domain.customers.fields import NEVER_NULL
from domain.customers.input import CustomerInput, Duplicate
from domain.customers.named import customers_named
from domain.customers.reach import check_stays, reach_of, reached
from domain.customers.read import CustomerBy
from domain.events import EventTopic, announce
from domain.refusal import NotFound, Refused, VersionConflict
from domain.staging import statement
from domain.text import KEY
from domain.values import as_json

MOST_TRIES = 10
# Contacts are not unique in the database, so those who name a customer by the same one take turns.
_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || :contact, 0))")
_COLUMNS = ", ".join(WRITABLE)
_CREATE = statement(f"""
    INSERT INTO customer (id, {_COLUMNS}, attributes, registered_at, created_at, updated_at)
    SELECT :customer, {_COLUMNS}, jsonb_strip_nulls(CAST(:attributes AS jsonb)), coalesce(:valid_from, :now), :now, :now
    FROM jsonb_populate_record(CAST(NULL AS customer), CAST(:fields AS jsonb))
    RETURNING *""")


async def customer_upsert(
    session: AsyncSession,
    by: CustomerBy | None,
    input: CustomerInput,
    if_version: int | None = None,
    *,
    now: datetime,
    actor: str,
    phone_region: str | None = None,
) -> tuple[Customer, bool]:
    """Save what is said of the customer named by ``by`` or by one of its references; a new one, if nobody has them.

    Answers the customer and whether it is new.  A merged customer means the winner; references that are new are
    added; input that changes nothing writes nothing.  Refuses with Invalid, Duplicate when several customers are
    named, VersionConflict, or NotFound: of an id, of who is gone, and of nobody when ``if_version`` is given.
    """
    said = checked(by, input, await _definitions(session, input), now, phone_region)
    await _take_turns(session, said.by)
    for _ in range(MOST_TRIES):
        owners = await _owners(session, said.refs)
        found = await _named(session, said, owners)
        if found is None:
            if if_version is not None:
                raise Refused(NotFound(path=("by",)))
            made = await _created(session, said, now)
            if made is not None:
                await check_stays(session, made.id)
                return made, True
        else:
            if if_version is not None and if_version != found.version:
                raise Refused(VersionConflict(path=("ifVersion",), current=found.version, yours=if_version))
            new = [ref for ref in said.refs if ref not in owners]
            if await _claimed(session, found.id, new, now):
                changed = await change_customer(session, found, said, bool(new), now, actor)
                await check_stays(session, changed.id)
                return changed, False
    raise RuntimeError("the references of a customer were taken again and again")


async def _definitions(session: AsyncSession, input: CustomerInput) -> dict[str, AttributeDefinition]:
    keys = [one.key for one in input.attributes or () if KEY.fullmatch(one.key)]
    if not keys:
        return {}
    found = await session.scalars(select(AttributeDefinition).where(AttributeDefinition.key.in_(keys)))
    return {definition.key: definition for definition in found}


async def _take_turns(session: AsyncSession, by: CustomerBy | None) -> None:
    contact = by and (by.email or by.phone)
    if contact:
        await session.execute(_TURN, {"contact": contact})


async def _owners(session: AsyncSession, refs: list[Ref]) -> dict[Ref, UUID]:
    """Which customer each of the references means, as far as they are known."""
    if not refs:
        return {}
    ref = CustomerExternalRef
    known = (
        select(ref.system, ref.value, func.coalesce(Customer.merged_into, Customer.id))
        .join(Customer, Customer.id == ref.customer_id)
        .where(tuple_(ref.system, ref.value).in_(refs))
    )
    return {(system, value): owner for system, value, owner in await session.execute(known)}


async def _named(session: AsyncSession, said: Said, owners: dict[Ref, UUID]) -> Customer | None:
    """The customer that is meant, locked; null when nobody has the names.

    Refuses with Duplicate or NotFound.  One that is merged meanwhile is nobody here, and looked for again.
    """
    ids = set(owners.values())
    by = said.by
    if by is not None and by.external_ref is None:
        named = (await customers_named(session, [by])).get(by)
        if named is None and by.id is not None:
            raise Refused(NotFound(path=("by",)))
        if named is not None:
            ids.add(named)
    if ids - await reached(session, ids):  # references are unique: one that is taken cannot be made anew
        raise Refused(NotFound(path=("by",) if by else ("input", "externalRefs")))
    if not ids:
        return None
    if len(ids) > 1:
        raise Refused(Duplicate(path=("input", "externalRefs"), candidates=tuple(sorted(ids))))
    alive = select(Customer).where(Customer.id.in_(ids), Customer.merged_into.is_(None))
    found = await session.scalar(alive.with_for_update(), execution_options={"populate_existing": True})
    if found is not None and (found.deleted_at or found.erased_at):
        raise Refused(NotFound(path=("by",) if by else ("input", "externalRefs")))
    return found


async def _claimed(session: AsyncSession, customer: UUID, refs: Iterable[Ref], now: datetime) -> bool:
    """Whether all the references are the customer's now.  Waits for others who are about to take one."""
    rows = [{"system": s, "value": v, "customer_id": customer, "recorded_at": now} for s, v in refs]
    if not rows:
        return True
    added = insert(CustomerExternalRef).values(rows).on_conflict_do_nothing().returning(CustomerExternalRef.value)
    return len((await session.scalars(added)).all()) == len(rows)


async def _created(session: AsyncSession, said: Said, now: datetime) -> Customer | None:
    """The new customer; null, and nothing is written, when somebody else has taken one of its references."""
    reach = reach_of(session)  # a new customer is its maker's, unless something else is said
    contact = {name: one for name in ("email", "phone") if said.by and (one := getattr(said.by, name))}
    binds = {
        "customer": new_id(now),
        "fields": as_json(NEVER_NULL | contact | ({reach.column: reach.value} if reach else {}) | said.fields),
        "attributes": as_json(said.attributes),
        "valid_from": said.valid_from,
        "now": now,
    }
    async with (await session.connection()).begin_nested() as attempt:
        made: Customer = (await session.scalars(select(Customer).from_statement(_CREATE), binds)).one()
        if not await _claimed(session, made.id, said.refs, now):
            await attempt.rollback()
            return None
    announce(session, EventTopic.CUSTOMER_CREATED, made.id, now)
    return made
