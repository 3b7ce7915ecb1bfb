"""What a watched rule stands on: when that changes, everybody is looked at anew."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import orjson

from domain.rules.codec import encode
from domain.rules.references import Measured
from domain.rules.terms import Terms
from domain.rules.tree import Never, Rule, conditions
from domain.time import Clock


def rules_under(id_: UUID, terms: Terms) -> dict[UUID, Rule]:
    """The rules of a segment and of all that it refers to."""
    reached = {id_} | Measured(terms.rules, terms).reached(id_)
    return {one: terms.rules.get(one, Never()) for one in sorted(reached)}


def compares(id_: UUID, terms: Terms) -> bool:
    """Whether somebody's membership may change because others do something."""
    rules = rules_under(id_, terms).values()
    return any(getattr(leaf, "compares", False) for rule in rules for leaf in conditions(rule))


def basis_of(id_: UUID, terms: Terms, clock: Clock) -> str:
    """A digest of the rules, of ways to score if any is used, and of how days are counted."""
    rules = [[str(one), _written(rule)] for one, rule in rules_under(id_, terms).items()]
    scored = {str(one): repr(each.scoring) for one, each in terms.rfm.items()} if compares(id_, terms) else {}
    days = [clock.zone, clock.week_start, clock.fiscal_year_start]
    return sha256(orjson.dumps([rules, scored, days], option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def _written(rule: Rule) -> object:
    """The rule as JSON; null of one that can no longer be read."""
    return None if isinstance(rule, Never) else encode(rule)
