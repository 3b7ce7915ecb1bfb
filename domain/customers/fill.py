"""What a customer learns from one that is merged into it: what it lacks, as a change from now on.

Its history stays its own: as of any moment before, it is what it was.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.customers.customer import WRITABLE, Customer
from domain.customers.fields import NEVER_NULL
from domain.customers.history import Change, record_changes
from domain.staging import listed, recordset, statement
from domain.values import as_json

# Parts of one place: half of one address and half of another would be nowhere.
PLACE = ("country", "region", "city", "postal_code", "street", "latitude", "longitude")
_SINGLE = tuple(name for name in WRITABLE if name not in (*PLACE, *NEVER_NULL))
_IDS = recordset("changes", id="uuid")
_LATER = """FROM attribute_change AS n WHERE n.customer_id = c.customer_id AND n.field = c.field
            AND (n.valid_from, n.recorded_at) > (c.valid_from, c.recorded_at)"""
# What came after a change that is taken back comes after what was before it.
_CORRECT = statement(f"""
    UPDATE attribute_change AS s SET before = c.before
    FROM attribute_change AS c JOIN {_IDS} ON changes.id = c.id
    WHERE s.id = (SELECT n.id {_LATER} ORDER BY n.valid_from, n.recorded_at LIMIT 1)""")
_PUT_BACK = statement(f"""
    UPDATE customer AS t SET {", ".join(f"{name} = n.{name}" for name in WRITABLE)},
        attributes = jsonb_strip_nulls(t.attributes || was.attributes)
    FROM customer AS o CROSS JOIN (
        SELECT coalesce(jsonb_object_agg(c.field, c.before) FILTER (WHERE c.field IN {WRITABLE}), '{{}}') AS fields,
               coalesce(jsonb_object_agg(c.field, c.before) FILTER (WHERE c.field NOT IN {WRITABLE}), '{{}}')
                   AS attributes
        FROM attribute_change AS c JOIN {_IDS} ON changes.id = c.id WHERE NOT EXISTS (SELECT 1 {_LATER})
    ) AS was CROSS JOIN LATERAL jsonb_populate_record(o, was.fields) AS n
    WHERE t.id = :customer AND o.id = t.id""")
_FORGET = statement(f"DELETE FROM attribute_change AS c USING {_IDS} WHERE c.id = changes.id")


def lacking(winner: Customer, loser: Customer) -> dict[str, Any]:
    """The fields that the winner lacks and the loser has; a place only if the winner has none."""
    nowhere = all(getattr(winner, name) is None for name in PLACE)
    names = (*_SINGLE, *(PLACE if nowhere else ()))
    found = {name: getattr(loser, name) for name in names if getattr(winner, name) is None}
    return {name: value for name, value in found.items() if value is not None}


async def fill(session: AsyncSession, winner: Customer, loser: Customer, now: datetime, actor: str) -> list[UUID]:
    """Give the winner what it lacks, the loser's tags besides its own; the ids of the changes that this makes."""
    made = lacking(winner, loser)
    tags = list(dict.fromkeys((*winner.tags, *loser.tags)))
    if tags != winner.tags:
        made["tags"] = tags
    own = {key: value for key, value in loser.attributes.items() if key not in winner.attributes}
    before = {"tags": as_json(winner.tags)}  # type: ignore[arg-type]
    changes = [Change(winner.id, name, before.get(name), as_json(value)) for name, value in (made | own).items()]
    for name, value in made.items():
        setattr(winner, name, value)
    winner.attributes = {**winner.attributes, **own}
    await session.flush()
    ids = await record_changes(session, changes, now=now, actor=actor)
    await session.refresh(winner, ["updated_at"])
    return ids


async def unfill(session: AsyncSession, winner: UUID, changes: list[UUID]) -> None:
    """Take changes back, as if they had never been: what was changed since stays as it is."""
    binds = {"changes": listed({"id": id_} for id_ in changes), "customer": winner}
    for each in (_CORRECT, _PUT_BACK, _FORGET):
        await session.execute(each, {name: binds[name] for name in each.compile().params})
