"""Memberships explained over GraphQL: why a customer is in a segment or not."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from api.graph.field import Same, load
from api.rule_nodes import spoken, told
from api.scopes import Scope
from api.views import view
from domain.rules.explaining.logic import Outcome
from domain.rules.terms import Terms
from domain.segments import evaluated, membership, predicted
from domain.segments.inspect import Fetch
from domain.time import Clock
from domain.words import Says, Words

view.enum(
    Outcome,
    TRUE="It holds.",
    FALSE="It does not hold.",
    UNKNOWN="Data that it needs is missing.",
)


@view(evaluated.RuleEvidence)
class RuleEvidence:
    source = told(str, "What it is: orders, items, returns, interactions, feedback, changes, consents.")
    at = told(datetime, "When it happened.")
    order = told("Order | None", "The order, if it is one.")
    item = told("OrderItem | None", "The line of an order, if it is one.")
    returned = told("OrderReturn | None", "The return, if it is one.")
    interaction = told("Interaction | None", "The interaction, if it is one.")
    feedback = told("Feedback | None", "The answer, if it is one.")


@view(evaluated.RuleEvaluation)
class RuleEvaluation:
    node_id = told(str, "Its place in the rule, as in RuleNode; below a reference the rule of the segment goes on.")
    parent_id = told(str | None, "The node above; null of the whole.")
    kind = told(str, "The member of RuleInput: all, any, attribute, orders …")
    depth = told(int, "How many levels above it.")
    label = spoken(str, "For people: how the parts of a connective are joined, or a condition as a sentence.")
    outcome = told(Outcome, "What it says of the customer.")
    observed = spoken(str | None, "What the condition saw, with its unit; null of connectives.")
    required = spoken(str | None, "What that has to be; null where the label says it all.")
    evidence = told("list[RuleEvidence]", "Events that the condition counts: the five newest.", cost=2)
    segment_id = told("ID | None", "The segment that is referred to.", ids={"segment_id": "Segment"})
    children = told("list[RuleEvaluation]", "The nodes right below; of a rank, the rule of its population.")


@view(evaluated.Gap)
class Gap:
    node_id = told(str, "The place of the condition.")
    label = spoken(str, "The condition as a sentence.")
    observed = spoken(str | None, "What it saw, with its unit.")
    required = spoken(str | None, "What that has to be.")
    missing = told(Decimal | None, "How much more is needed, less if negative; null of what is no number.")
    before = told(datetime | None, "When the first event that counts leaves the window; null where none does.")
    clears = told(datetime | None, "When the last event that counts has left the window, if none follows.")
    alone = told(bool, "Whether this alone would make the customer a member.")
    hint = spoken(str, "A sentence for people.")


@view(evaluated.Evaluation)
class MembershipEvaluation:
    as_of = told(datetime, "The instant that the rule was asked at.")
    timezone = told(str, "The zone of its days, where a condition has no other.")


@view(membership.MembershipExplanation, requires=Scope.CUSTOMERS_READ)
class MembershipExplanation:
    segment = told("Segment | None", "The segment.")
    customer = told("Customer | None", "The customer.")
    member = told(bool, "Whether the customer is a member: of whom the rule is TRUE.")
    outcome = told(Outcome, "What the rule says; UNKNOWN is no member.")
    root = told("RuleEvaluation", "The whole rule, with what each of its parts says.")
    nodes = told("list[RuleEvaluation]", "All nodes of the rule, as they are read: the whole first.")
    decisive = told(
        "list[RuleEvaluation]",
        "The conditions that decide, whatever the others say.  None of them can be left out.",
        cost=2,
    )
    gaps = told("list[Gap]", "Conditions that keep the customer out, what is got first before all else.", cost=2)
    summary = spoken(str, "Sentences for people: what decides, and what would be enough.")
    next_flip = told(
        "PredictedFlip | None", "When it changes by the passing of time alone, if nothing else happens.", cost=5
    )
    since = told(
        datetime | None,
        "Since when it is so, by what was so then; null if it never was otherwise, or the rule depends on others.",
        cost=5,
    )
    evaluation = told("MembershipEvaluation", "When it was asked.")


@view(predicted.PredictedFlip)
class PredictedFlip:
    at: Same
    to: Same
    cause = spoken(str | None, "Which conditions turn then; null of what does not change.")
    reason = spoken(str | None, "Why there is no instant; null where there is one.")


async def explained(
    fetch: Fetch,
    ids: list[UUID],
    segment_id: Annotated[UUID, Says(Words("segment", "分群"), "The segment.")],
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    base_currency: str,
    selected: frozenset[str],
) -> list[membership.MembershipExplanation | None]:
    """Why the customer is in a segment or not; null if that is not in use.

    FORBIDDEN for a rule that reads personal data that the caller may not see.
    """
    return await membership.memberships(
        fetch,
        ids,
        [segment_id],
        terms=terms,
        clock=clock,
        sees_personal=sees_personal,
        base_currency=base_currency,
        selected=selected,
    )


async def memberships(
    fetch: Fetch,
    ids: list[UUID],
    customer_ids: Annotated[list[UUID], Says(Words("customers", "客户"), f"At most {membership.MOST_CUSTOMERS}.")],
    segment_ids: Annotated[list[UUID], Says(Words("segments", "分群"), f"At most {membership.MOST_SEGMENTS}.")],
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    base_currency: str,
    selected: frozenset[str],
) -> list[list[membership.MembershipExplanation | None]]:
    """Of each customer for each segment, in their order: why the customer is in it or not; null where there is no such
    customer, or no such segment in use.

    FORBIDDEN if a rule reads personal data that the caller may not see.
    """
    membership.check_pairs(customer_ids, segment_ids)
    made = await membership.memberships(
        fetch,
        customer_ids,
        segment_ids,
        terms=terms,
        clock=clock,
        sees_personal=sees_personal,
        base_currency=base_currency,
        selected=selected,
    )
    return [made for _ in ids]


@view.query
class MembershipQueries:
    memberships = load(
        memberships,
        ids={"customer_ids": "Customer", "segment_ids": "Segment"},
        past=True,
        cost=50,
        requires=Scope.SEGMENTS_READ,
    )
