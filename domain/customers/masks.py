"""What callers who may not see personal data see instead: enough to recognise, not enough to reach."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Text, case, cast, func, literal_column, null

STARS = literal_column("'***'", Text())
ONE, TWO = literal_column("1", Integer()), literal_column("2", Integer())


def masked_name(customer: Any) -> ColumnElement[Any]:
    """The first character."""
    return func.left(customer.display_name, ONE) + STARS


def masked_email(customer: Any) -> ColumnElement[Any]:
    """The first character and the domain."""
    domain = func.split_part(customer.email, literal_column("'@'"), TWO)
    return func.left(customer.email, ONE) + STARS + literal_column("'@'", Text()) + domain


def masked_phone(customer: Any) -> ColumnElement[Any]:
    """The last two digits."""
    return STARS + func.right(customer.phone, TWO)


def masked_street(customer: Any) -> ColumnElement[Any]:
    """Only whether there is one."""
    return case((customer.street.is_not(None), STARS))


def masked_date(customer: Any) -> ColumnElement[Any]:
    """Nothing: a date cannot be masked in part."""
    del customer
    return cast(null(), Date)


def masked_comment(feedback: Any) -> ColumnElement[Any]:
    """Only whether there is one: a comment may name people."""
    return case((feedback.comment.is_not(None), STARS))
