"""The English text of rules as an LALR grammar, written from its documentation: a second opinion on the parser.

It knows connectives, the tests of customer fields, tags, events with filters, aggregates and windows, and segments.
"""

from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput

RESERVED = (
    "and or not all any none of at least true false exists no orders items interactions feedback tag segment in over "
    "last ago to from this previous latest earliest events first after fiscal moved is null empty has contains starts "
    "ends with size count distinct sum avg min max stddev recency span average_gap trend share as unknown match zero "
    "tenant customer utc time product order weekday next metric top bottom by among ties quantile rfm bins sequence "
    "then within changed anniversary nth leap today geo km consent sample id entered left ever never "
    "day days week weeks month months quarter year "
    "years hour hours minute minutes second seconds"
).replace(" ", "|")
GRAMMAR = rf"""
start: either
?either: both ("or"i both)+ -> any
       | both
?both: one ("and"i one)+ -> all
     | one
?one: "not"i one -> negated
    | "(" either ")"
    | "all"i "of"i list -> all_of
    | "any"i "of"i list -> any_of
    | "none"i "of"i list -> none_of
    | "at"i "least"i NUMBER "of"i list -> at_least
    | leaf
list: "(" either ("," either)* ")"
?leaf: FIELD test clock? -> attribute
     | "tag"i test -> tag
     | "exists"i events window? clock? -> exists
     | "no"i events window? clock? -> no
     | events "." aggregate clock? -> having
     | "in"i "segment"i TEXT past? -> member
     | NOT_IN_SEGMENT TEXT past? -> outside
     | ("entered"i | "left"i) "segment"i TEXT window? -> member
     | ("ever"i | "never"i) "in"i "segment"i TEXT -> member
past: duration "ago"i
events: "orders"i ("(" of_order ")")?
      | "items"i "(" PRODUCT test ("," PRODUCT test | "," "order"i "(" of_order ")")* ")"
      | "interactions"i ("(" CONTACT test ("," CONTACT test)* ")")?
      | "feedback"i ("(" ANSWER test ("," ANSWER test)* ")")?
of_order: order ("," order)*
order: ORDER test | "product"i "(" of_product ")"
of_product: PRODUCT test ("," PRODUCT test)*
aggregate: EVENTS window? test -> of_events
         | FUNCTION "(" NAME ")" window? test ("&" "empty"i "as"i EMPTY)? -> of_field
         | COMPARED "(" "count"i ")" window? test "%" -> compared_count
         | COMPARED "(" "avg"i NAME ")" window? test "%" -> compared_mean
         | COMPARED "(" NAME ")" window? test "%" -> compared_sum
clock: "in"i ZONE "time"i
window: "over"i "last"i duration -> last
      | "over"i "ago"i duration "to"i duration -> ago
      | "over"i "from"i INSTANT "to"i INSTANT -> between
      | "over"i "this"i period -> current
      | "over"i "previous"i period -> previous
      | "over"i "latest"i NUMBER "events"i -> latest
      | "over"i "earliest"i NUMBER "events"i -> earliest
      | "over"i "first"i duration "after"i NAME -> after
period: FISCAL? PERIOD ("moved"i NUMBER)?
duration: (NUMBER UNIT)+
test: operation ("&" operation)*
operation: COMPARE value -> compare
         | "in"i "(" value ("," value)* ")" -> in_
         | "not"i "in"i "(" value ("," value)* ")" -> not_in
         | COMPARE "(" value ("," value)* ")" -> path
         | "contains"i TEXT -> contains
         | "starts"i "with"i TEXT -> starts
         | "ends"i "with"i TEXT -> ends
         | "has"i "any"i "(" TEXT ("," TEXT)* ")" -> has_any
         | "has"i "all"i "(" TEXT ("," TEXT)* ")" -> has_all
         | "has"i "none"i "(" TEXT ("," TEXT)* ")" -> has_none
         | "is"i "null"i -> is_null
         | "is"i "not"i "null"i -> is_known
         | "is"i "empty"i -> is_empty
         | "is"i "not"i "empty"i -> is_some
         | "size"i test -> size
         | "in"i "last"i duration -> in_last
         | "in"i "next"i duration -> in_next
         | "in"i period -> in_period
         | "weekday"i "in"i "(" NUMBER ("," NUMBER)* ")" -> weekday
         | "empty"i "as"i EMPTY -> empty_as
?value: TEXT | NUMBER | DAY | INSTANT | TRUTH | duration
NOT_IN_SEGMENT.3: /not\s+in\s+segment\b/i
ORDER: /(status|channel|store|net_total|currency)\b/
PRODUCT: /(id|sku|category_path)\b/
CONTACT: /(type|name|channel|direction)\b/
ANSWER: /(kind|survey|question|score|band)\b/
EVENTS.2: /(count|first|last|recency|span|average_gap)\b/i
FUNCTION.2: /(distinct|sum|avg|min|max|stddev)\b/i
COMPARED.2: /(trend|share)\b/i
FISCAL.2: /fiscal\b/i
PERIOD.2: /(day|week|month|quarter|year)\b/i
UNIT.2: /(years?|months?|weeks?|days?|hours?|minutes?|seconds?)\b/i
TRUTH.2: /(true|false)\b/i
FIELD: /(?!({RESERVED})\b)[A-Za-z_][A-Za-z0-9_]*|`[^`\\]*(\\.[^`\\]*)*`/i
NAME: /[A-Za-z_][A-Za-z0-9_]*|`[^`\\]*(\\.[^`\\]*)*`/
EMPTY: /(unknown|match|zero)\b/i
ZONE: /(tenant|customer|utc)\b/i
COMPARE: ">=" | "<=" | "!=" | "=" | ">" | "<"
TEXT: /"[^"\\]*(\\.[^"\\]*)*"/s
INSTANT.3: /\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/
DAY.2: /\d{{4}}-\d\d-\d\d/
NUMBER: /-?\d+(\.\d+)?/
%ignore /[ \t\r\n]+/
"""
PARSER = Lark(GRAMMAR, parser="lalr", propagate_positions=True)
LEAVES = {"attribute", "tag", "exists", "no", "having", "member", "outside"}
NAMES = {"all": "all", "all_of": "all", "any": "any", "any_of": "any", "none_of": "none"}


def outline(text: str) -> Any | None:
    """Connectives and where their conditions stand, as (first, last) characters; null when it is no rule."""
    try:
        tree: Any = PARSER.parse(text)
    except UnexpectedInput:
        return None
    return _outlined(tree.children[0])


def _outlined(tree: Tree[Token]) -> Any:
    name = str(tree.data)
    if name in LEAVES:
        return (tree.meta.start_pos, tree.meta.end_pos)
    inner = [each for each in tree.children if isinstance(each, Tree)]
    if name == "negated":
        return ("not", [_outlined(inner[0])])
    below = inner[0].children if inner[0].data == "list" else inner
    parts = [_outlined(each) for each in below if isinstance(each, Tree)]
    return (f"at least {tree.children[0]}" if name == "at_least" else NAMES[name], parts)
