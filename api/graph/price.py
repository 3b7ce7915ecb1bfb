"""What an operation is charged before it runs, and the refusal of what costs too much."""

from collections.abc import Awaitable
from typing import Any, Protocol

from graphql import ListValueNode, VariableNode

from api.graph.document import Rejected
from api.graph.errors import fault
from api.graph.request import Env

NEW_COST, KNOWN_COST = 1_000, 10  # of a document that is refused: it was read and checked, or kept from before


class Purse(Protocol):
    """Out of which a caller pays."""

    def charge(self, cost: int, locale: str) -> Awaitable[None] | None:
        """Pay.  Null when it is paid already; else to be awaited, which may raise ``Rejected``."""

    def owe(self, cost: int) -> None:
        """Pay for what was done already; what is not there is owed."""

    def told(self, cost: int) -> bytes:
        """How an answer ends that cost so much: ``,"extensions":…}``, or only the brace."""


def due(env: Env, cost: int, most_cost: int | None) -> Awaitable[None] | None:
    """Charge an operation, once.  Null when it is paid; else to be awaited.

    Raises ``Rejected`` above ``most_cost``.
    """
    if env.cost:
        return None
    if most_cost is not None and cost > most_cost:
        raise Rejected(fault("TOO_COSTLY", env.locale))
    env.cost = cost
    purse: Purse | None = env.purse
    return None if purse is None else purse.charge(cost, env.locale)


async def solvent(purse: Purse | None, locale: str) -> None:
    """Returns if there is anything left to pay from.  Raises ``Rejected``."""
    if purse is None:
        return
    if (late := purse.charge(1, locale)) is not None:
        await late
    purse.owe(-1)


async def refused(
    errors: list[dict[str, Any]], cost: int, env: Env | None, purse: Purse | None, locale: str
) -> list[dict[str, Any]]:
    """Charge a refusal, unless the operation was charged, or would have been if there had been enough.

    The errors to answer: that nothing is left, where that is so.
    """
    if purse is None or (env is not None and env.cost):
        return errors
    try:
        await solvent(purse, locale)
    except Rejected as late:
        return late.errors
    purse.owe(cost)
    return errors


def items(nodes: list[Any], env: Env) -> int:
    """How many items a mutation field is given: the length of its longest list, else one."""
    longest = 1
    for argument in nodes[0].arguments or ():
        node = argument.value
        if isinstance(node, VariableNode):
            given = env.variables.get(node.name.value)
            longest = max(longest, len(given) if isinstance(given, list) else 1)
        elif isinstance(node, ListValueNode):
            longest = max(longest, len(node.values))
    return longest
