"""Text as it is searched: folded, and as the set of its characters and pairs of neighbours, which a GIN index holds.

Whatever contains a text has all its pairs, so the index narrows and ``strpos`` decides.  One character is enough, as
Chinese names need; nothing but PostgreSQL's own functions is.
"""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, func, text, type_coerce

# Text clauses, not literal columns: an index would take such a one for its first column, and be of no table.
_NOTHING, _FROM, _NFKC, _EACH = map(text, ("''", "2", "NFKC", "NULL"))
# Between the fields of one text, and between pairs: what no name has.
_UNIT, _RECORD = text(r"E'\x1f'"), text(r"E'\x1e'")
_PAIR, _PAIRS, _ALL = text("'(..)'"), text(r"E'\\1\x1e'"), text("'g'")
# Where folding case is more than lower case.
_FOLDED = ((text("'ß'"), text("'ss'")), (text("'ς'"), text("'σ'")))


def folded(given: Any) -> ColumnElement[str]:
    """NFKC, without case."""
    made = func.lower(func.normalize(given, _NFKC))
    for old, new in _FOLDED:
        made = func.replace(made, old, new)
    return type_coerce(made, Text())


def searched(customer: Any) -> ColumnElement[str]:
    """The name, e-mail and phone of a customer's columns, as one folded text."""
    parts = [func.coalesce(column, _NOTHING) for column in (customer.display_name, customer.email, customer.phone)]
    return folded(parts[0].op("||")(_UNIT).op("||")(parts[1]).op("||")(_UNIT).op("||")(parts[2]))


def grams(given: ColumnElement[str]) -> ColumnElement[Any]:
    """The characters and pairs of neighbours of a folded text: the pairs from the first, and those from the second."""
    pairs = [
        func.string_to_array(func.regexp_replace(part, _PAIR, _PAIRS, _ALL), _RECORD)
        for part in (given, func.substr(given, _FROM))
    ]
    made: ColumnElement[Any] = func.array_cat(func.string_to_array(given, _EACH), func.array_cat(*pairs))
    return type_coerce(made, ARRAY(Text()))
