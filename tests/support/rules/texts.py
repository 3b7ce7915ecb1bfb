"""Terms for texts without a database, and what the product's parser makes of one, to be compared with the grammar."""

from typing import Any
from uuid import UUID

from domain.rules.codec import read as read_json
from domain.rules.terms import AttributeTerms, SegmentTerms, Terms
from domain.rules.text.parser import Node
from domain.rules.tree import All, AnyOf, AtLeast, NoneOf, Not
from domain.vocabulary import CONDITIONS
from domain.words import Words
from tests.support.rules.configs import CONFIGS
from tests.support.rules.shop import ATTRIBUTES

EVERYBODY = read_json({"not": {"tag": {"test": {"hasAny": ["nobody"]}}}}, CONDITIONS)
SEGMENTS = {UUID(int=n): SegmentTerms(key, EVERYBODY) for n, key in enumerate(("vip", "complained", "silent"), 1)}
TERMS = Terms(
    version=1,
    attributes={
        **{
            key: AttributeTerms(str(type_), tuple(options), "NONE", Words(key, key))
            for key, (type_, options) in ATTRIBUTES.items()
        },
        "nine_levels": AttributeTerms("ENUM", ("vip", "strategic"), "NONE", Words("nine levels", "九级")),
        "last": AttributeTerms("DECIMAL"),
    },
    segments=SEGMENTS,
    vocabulary=tuple(CONDITIONS),
    rfm=CONFIGS,
)


def outline(node: Node, text: str) -> Any:
    """Connectives and where their conditions stand, without the parentheses around them."""
    below = [outline(each, text) for each in node.below]
    match node.rule:
        case All():
            return ("all", below)
        case AnyOf():
            return ("any", below)
        case NoneOf():
            return ("none", below)
        case Not():
            return ("not", below)
        case AtLeast(k, _):
            return (f"at least {k}", below)
    start, end = node.span
    while text[start] == "(":
        start, end = start + 1, end - 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end -= len(text[start:end]) - len(text[start:end].rstrip())
    return (start, end)
