"""SQL that builds JSON: objects, lists, marks, typed ids; and a statement as text with its parameters in order.

A *mark* is a JSON string that begins with U+0000.  PostgreSQL's text and jsonb cannot hold that character, so
no row can forge one.  ``!CODE`` is an error at this place, ``3:key`` a slot that Python fills.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Select, Text, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import OPERATORS

from api.graph.narrow import narrowed

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]
MARK = "\\u0000"
NULL: ColumnElement[Any] = literal_column("NULL::json", JSON())
EMPTY_LIST: ColumnElement[Any] = literal_column("'[]'::json", JSON())
LONGEST_NAME, MOST_COLUMNS = 63, 1600  # PostgreSQL cuts identifiers; a row has at most so many columns


class Object(ColumnElement[Any]):
    """A JSON object of the current row.  row_to_json, not json_build_object: faster, and no limit of 50 pairs."""

    inherit_cache = False
    type = JSON()

    def __init__(self, pairs: dict[str, ColumnElement[Any]]) -> None:
        if not all(key.isascii() and key.isidentifier() for key in pairs):
            raise ValueError("response keys go into SQL: only GraphQL names may")
        self.pairs = pairs

    @property
    def flat(self) -> bool:
        """Whether the keys can be column names."""
        return 0 < len(self.pairs) <= MOST_COLUMNS and max(map(len, self.pairs)) <= LONGEST_NAME


@compiles(Object)
def _object(element: Object, compiler: Any, **kw: Any) -> str:
    kw.update(within_columns_clause=False)
    if not element.pairs:
        return "'{}'::json"
    made = {key: compiler.process(expression, **kw) for key, expression in element.pairs.items()}
    if not element.flat:
        pair = "to_json('{}'::text)::text || ':' || coalesce(to_json({})::text, 'null')"
        parts = (pair.format(key, text) for key, text in made.items())
        return "('{' || " + " || ',' || ".join(parts) + " || '}')::json"
    columns = ", ".join(f'{text} AS "{key}"' for key, text in made.items())
    return f"(SELECT row_to_json(_) FROM (SELECT {columns}) AS _)"


def text(value: str) -> ColumnElement[Any]:
    """A text constant of ours (a type's name, a response key), never of the request's values."""
    assert "'" not in value
    return literal_column(f"'{value}'", Text())


def textual(expression: ColumnElement[Any], *, many: bool) -> ColumnElement[Any]:
    """As text: decimals and 64-bit numbers are strings in JSON."""
    return cast(expression, ARRAY(Text) if many else Text)


def mark(code: str) -> ColumnElement[Any]:
    """An error at this place."""
    return literal_column(f"""'"{MARK}!{code}"'::json""", JSON())


def never_null(expression: ColumnElement[Any], code: str = "NULL") -> ColumnElement[Any]:
    """The value, or an error: by default that it must not be null."""
    return func.coalesce(func.to_json(expression), mark(code), type_=JSON())


def slot(number: int, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """A place that Python fills: mark, number, key."""
    quoted = func.to_json(cast(key, Text)).cast(Text)
    start = literal_column(f"""'"{MARK}{number}:'""", Text())
    return cast(start + func.substr(quoted, literal_column("2"), type_=Text()), JSON())


def typed_id(prefix: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """``cus_`` and 32 hexadecimal digits: base32 would cost nearly as much as a whole row."""
    digits = func.translate(cast(column, Text), literal_column("'-'"), literal_column("''"), type_=Text())
    return text(f"{prefix}_") + digits


def listed(item: ColumnElement[Any]) -> ColumnElement[Any]:
    """All rows as a JSON array."""
    return func.coalesce(func.json_agg(item), EMPTY_LIST, type_=JSON())


class Compiler(DIALECT.statement_compiler):  # type: ignore[misc,name-defined]
    """``x IN (:values)`` as ``x = ANY (:array)``: the text must not depend on how many values there are.

    ``reads`` is which columns of which FROM elements the text names.
    """

    def visit_column(self, column: Any, *args: Any, **kw: Any) -> str:
        """A column."""
        self.__dict__.setdefault("reads", set()).add((hash(column.table), column.key))
        return str(super().visit_column(column, *args, **kw))

    def _member(self, binary: Any, symbol: str, kw: Any) -> str:
        given = binary.right
        array = BindParameter(given.key, given.value, type_=ARRAY(binary.left.type))
        return f"{self.process(binary.left, **kw)} {symbol} ({self.process(array, **kw)})"

    def visit_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """IN of a list of values."""
        if isinstance(binary.right, BindParameter) and binary.right.expanding:
            return self._member(binary, "= ANY", kw)
        return str(self._generate_generic_binary(binary, OPERATORS[operator], **kw))

    def visit_not_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """NOT IN of a list of values."""
        if isinstance(binary.right, BindParameter) and binary.right.expanding:
            return self._member(binary, "<> ALL", kw)
        return f"({self._generate_generic_binary(binary, OPERATORS[operator], **kw)})"


DIALECT.statement_compiler = Compiler


def compiled(statement: Select[Any], sources: Sequence[Any] = ()) -> tuple[str, list[BindParameter[Any]]]:
    """PostgreSQL's text and its parameters, in order.  ``sources``: subqueries that lose what nothing reads."""
    made: Any = statement.compile(dialect=DIALECT)
    while sources and narrowed(sources, made.reads):
        made = statement.compile(dialect=DIALECT)
    return made.string, [made.binds[name] for name in made.positiontup or ()]


def driver_value(bound: BindParameter[Any]) -> Any:
    """What makes a parameter's value the driver's, or None when nothing is to be done."""
    return bound.type.dialect_impl(DIALECT).bind_processor(DIALECT)
