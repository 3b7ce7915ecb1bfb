"""sample: a share of the customers by chance, the same ones every time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Integer, LargeBinary, Text, and_, func, literal, literal_column, true

from domain.rules.claims import Claim, Empty
from domain.rules.facts import Columns, Own
from domain.rules.issues import RuleIssue, issue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.tests import NumberTest
from domain.rules.text.phrase import Phrase
from domain.words import Says, Words

_ALL = 2**64  # hashes there are
_UTF8 = literal_column("'UTF8'", Text())
_FIRST, _BYTES = literal_column("1", Integer()), literal_column("8", Integer())


@dataclass(frozen=True, slots=True)
class Hashed(Own):
    """The first 8 bytes of SHA-256 of a salt and the customer's id: as a number, they are read from the left."""

    salt: str

    def read(self, customer: Columns) -> ColumnElement[Any]:
        """The bytes; they are ordered as the numbers are."""
        salted = func.convert_to(literal(self.salt, Text()), _UTF8, type_=LargeBinary()).op("||")(
            func.uuid_send(customer["id"], type_=LargeBinary())
        )
        return func.substr(func.sha256(salted), _FIRST, _BYTES, type_=LargeBinary())


@dataclass(frozen=True, slots=True)
class Sample:
    """Customers whose hash with a salt lies from one percentage on, before another.  Other salts, other customers."""

    keyword: ClassVar = "sample"
    example: ClassVar = 'sample("newsletter") from 0 % to 10 %'
    phrases: ClassVar = (
        Phrase(
            "sample({salt}) from {from_percent} % to {to_percent} %",
            "抽样({salt}) 自 {from_percent} % 至 {to_percent} %",
            says=Words(
                "is in the sample {salt} from {from_percent} % to {to_percent} %",
                "在抽样{salt}的{from_percent}%至{to_percent}%之间",
            ),
        ),
    )
    salt: Annotated[str, Says(Words("salt", "盐值"), "Any text; name what the sample is for.")]
    from_percent: Annotated[Decimal, Says(Words("from", "起"), unit="%")]
    to_percent: Annotated[Decimal, Says(Words("to", "止"), unit="%")]
    certain: ClassVar = True
    clock: ClassVar = ClockZone.TENANT

    def facts(self, terms: Terms) -> Mapping[str, Hashed]:
        """The hash."""
        del terms
        return {"hash": Hashed(self.salt)}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether it lies between."""
        del moment
        made: list[ColumnElement[bool]] = []
        if self.from_percent > 0:
            made.append(facts["hash"] >= _bytes(_bound(self.from_percent)))
        if _bound(self.to_percent) < _ALL:
            made.append(facts["hash"] < _bytes(_bound(self.to_percent)))
        return and_(true(), *made)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That the share of all hashes before the customer's lies between."""
        within = NumberTest(gte=self.from_percent, lt=self.to_percent)
        yield Claim(self.facts(terms)["hash"], within, Empty.NEVER, least=Decimal(0), below=Decimal(100))

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """Percentages that are none, or in the wrong order."""
        del terms
        if not 0 <= self.from_percent < self.to_percent <= 100:
            yield issue("toPercent", "0 to 100, and more than where it begins.", "须在 0 至 100 之间且大于起点。")


def _bound(percent: Decimal) -> int:
    """The least hash that is so many percent of all, or more."""
    return ceil(Fraction(percent) * _ALL / 100)


def _bytes(bound: int) -> ColumnElement[Any]:
    """A hash; where there is none so great, one that hardly any customer reaches."""
    return literal(min(bound, _ALL - 1).to_bytes(8, "big"), LargeBinary())
