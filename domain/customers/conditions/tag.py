"""tag: the customer's free labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from domain.rules.tests import SetTest
from domain.words import Says, Words


@dataclass(frozen=True, slots=True)
class Tag:
    """The customer's tags pass a test."""

    keyword: ClassVar = "tag"
    test: Annotated[SetTest, Says(Words("test", "条件"))]
