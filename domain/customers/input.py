"""What a caller may say of a customer: every column that can be written, derived from the mapped columns."""

from dataclasses import dataclass, field, make_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, ClassVar, get_args, get_type_hints
from uuid import UUID

from sqlalchemy import inspect

from domain.customers.customer import WRITABLE, Customer
from domain.customers.read import ExternalRefInput
from domain.refusal import Problem, ProblemCode
from domain.words import Says, Words


class Omitted(Enum):
    """Stands for what the caller did not say: it is left alone, where null would clear it."""

    OMITTED = "OMITTED"


OMITTED: Any = Omitted.OMITTED


@dataclass(frozen=True, slots=True)
class AttributeInput:
    """A value of one of the tenant's own attributes."""

    key: Annotated[str, Says(Words("key", "键"))]
    value: Annotated[Any | None, Says(Words("value", "值"), "As the attribute's type asks; null clears it.")] = None


def _columns() -> list[tuple[str, Any, Any]]:
    """Each writable column as a field that need not be given."""
    columns, hints = inspect(Customer).columns, get_type_hints(Customer)
    unnamed = Words("", "")
    return [
        (name, Annotated[get_args(hints[name])[0] | None, Says(unnamed, columns[name].doc or "")], OMITTED)
        for name in WRITABLE
    ]


_Columns: Any = make_dataclass("_Columns", _columns(), frozen=True, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class CustomerInput(_Columns):  # type: ignore[misc]  # its fields are known when it is made
    """What is said of a customer.  What is left out is left alone; null clears."""

    partial: ClassVar = True
    external_refs: Annotated[
        list[ExternalRefInput] | None, Says(Words("external references", "外部编号"), "Added to those it has.")
    ] = None
    attributes: Annotated[
        list[AttributeInput] | None, Says(Words("attributes", "自定义属性"), "Those not named are left alone.")
    ] = None
    valid_from: Annotated[
        datetime | None,
        Says(
            Words("valid from", "生效时间"),
            "Since when it is true; now when not given. What a new customer is known from on.",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Problem):
    """Several customers are meant where one must be."""

    code: ClassVar = ProblemCode.DUPLICATE
    text: ClassVar = Words("These names belong to different customers.", "这些编号属于不同的客户。")
    candidates: tuple[UUID, ...] = field(metadata={"doc": "The customers that are meant.", "ids": "Customer"})
