"""What a watched rule stands on: when that changes, everybody is looked at anew."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import orjson

from domain.customers.customer import Customer
from domain.rules.codec import encode
from domain.rules.references import Measured
from domain.rules.terms import Terms
from domain.rules.tree import Never, Rule, conditions
from domain.rules.turns import NoInstants
from domain.segments.flip import next_flip
from domain.time import Clock

_ANY = datetime(2000, 1, 1, tzinfo=UTC)


def rules_under(id_: UUID, terms: Terms) -> dict[UUID, Rule]:
    """The rules of a segment and of all that it refers to."""
    reached = {id_} | Measured(terms.rules, terms).reached(id_)
    return {one: terms.rules.get(one, Never()) for one in sorted(reached)}


def compares(id_: UUID, terms: Terms) -> bool:
    """Whether somebody's membership may change because others do something: then there is no telling when."""
    try:
        next_flip(terms.rules.get(id_, Never()), Customer.__table__, terms=terms, clock=Clock(now=_ANY))
    except NoInstants:
        return True
    return False


def basis_of(id_: UUID, terms: Terms, clock: Clock) -> str:
    """A digest of the rules, of ways to score if any is used, and of how days are counted."""
    rules = rules_under(id_, terms)
    scored = any(getattr(leaf, "compares", False) for rule in rules.values() for leaf in conditions(rule))
    ways = {str(one): repr(each.scoring) for one, each in terms.rfm.items()} if scored else {}
    days = [clock.zone, clock.week_start, clock.fiscal_year_start]
    stands = [[[str(one), _written(rule)] for one, rule in rules.items()], ways, days]
    return sha256(orjson.dumps(stands, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def _written(rule: Rule) -> object:
    """The rule as JSON; null of one that can no longer be read."""
    return None if isinstance(rule, Never) else encode(rule)
