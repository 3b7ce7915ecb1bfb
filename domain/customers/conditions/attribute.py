"""attribute: a value of the customer's own, built-in or one of the tenant's attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.rules.tests import ValueTest
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """A field of the customer passes a test.  A customer without a value is UNKNOWN unless ``isNull`` is asked."""

    keyword: ClassVar = "attribute"
    key: Annotated[
        str, Says(Words("field", "字段"), "A built-in field like city, or the key of one of your attributes.")
    ]
    test: Annotated[ValueTest, Says(Words("test", "条件"))]
