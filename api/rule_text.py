"""Rules in words over GraphQL: texts parsed and printed, and what they can be made of."""

from decimal import Decimal
from typing import Annotated, Any, cast
from uuid import UUID

from api.graph.field import Field, Same, load
from api.rule_nodes import spoken, told
from api.rules import Part
from api.scopes import Scope
from api.segments import CountResult
from api.views import view
from domain.refusal import Refused
from domain.rules.issues import RuleInvalid
from domain.rules.personal import forbid_personal
from domain.rules.terms import Terms
from domain.rules.text.vocabulary import Entry, EntryKind, vocabulary
from domain.rules.tree import Rule
from domain.segments import texts
from domain.segments.coverage import with_coverage
from domain.segments.estimate import Accuracy
from domain.segments.inspect import Fetch
from domain.segments.read import HowSure
from domain.time import Clock
from domain.words import Says, Words


@view(texts.ParsedRule)
class ParsedRuleSuccess:
    text = spoken(str, "The canonical text: parsing it gives the same rule.")
    description = spoken(str, "A sentence for people.")
    rule_input: Same
    rule = told("RuleNode", "The rule as a tree of nodes.")
    nodes = told("list[RuleNode]", "All nodes of the tree, as they are read: the whole first.")
    analysis = told("RuleAnalysis", "What can be said of the rule.")
    count = Field(
        "part",
        hint=CountResult | None,
        cost=10,
        doc="How many are members now; null when it reads personal data that the caller may not see.",
    )


@view(Entry)
class RuleVocabularyEntry:
    key: Same
    kind: Same
    label = spoken(str, "What people call it.")
    type: Same
    unit: Same
    required: Same
    options: Same
    operators = spoken(list[str], "How a text goes on behind it.")
    example = spoken(str | None, "A text that asks it; null when there is none.")
    coverage = told(
        Decimal | None,
        "Share of customers who have a value, of a sample; null of what is no field of theirs, and if hidden.",
        cost=10,
    )
    examples = told(list[str], "The commonest values, at most five; none of sets and of hidden data.", cost=10)


async def parse_rule(
    fetch: Fetch,
    ids: list[UUID],
    text: Annotated[str | None, Says(Words("text", "文本"), "In English, Chinese or both.")] = None,
    rule: Annotated[Part | None, Says(Words("tree", "规则树"), "Instead of a text.")] = None,
    locale: str | None = None,
    accuracy: HowSure = Accuracy.EXACT,
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    selected: frozenset[str],
) -> list[Any]:
    """A text or a tree as a checked rule, or what is wrong with it and where.  Nothing is saved."""
    found = texts.checked(text, cast(Rule | None, rule), terms)  # a Part is converted to a rule
    shown = selected if sees_personal or _impersonal(found, terms) else frozenset[str]()
    made = await texts.parsed(fetch, found, locale, accuracy, shown, terms=terms, clock=clock)
    return [made for _ in ids]


async def rule_vocabulary(
    fetch: Fetch,
    ids: list[UUID],
    prefix: Annotated[str, Says(Words("prefix", "前缀"), "Only entries whose keys begin so.")] = "",
    *,
    terms: Terms,
    clock: Clock,
    sees_personal: bool,
    selected: frozenset[str],
) -> list[list[Entry]]:
    """What a rule can be made of: conditions, their fields, and the fields of customers."""
    made = list(vocabulary(terms, prefix))
    if selected & {"coverage", "examples"}:
        made = await with_coverage(fetch, made, terms=terms, clock=clock, sees_personal=sees_personal)
    return [made for _ in ids]


def _impersonal(rule: Rule, terms: Terms) -> bool:
    try:
        forbid_personal(rule, terms)
    except Refused:
        return False
    return True


view.union("ParsedRule", texts.ParsedRule, RuleInvalid)
view.enum(
    EntryKind, CONDITION="A condition.", FIELD="A field of a condition.", CUSTOMER_FIELD="A field of the customer."
)


@view.query
class RuleTextQueries:
    parse_rule = load(parse_rule, hint="ParsedRule", requires=Scope.SEGMENTS_READ)
    rule_vocabulary = load(rule_vocabulary, requires=Scope.SEGMENTS_READ)
