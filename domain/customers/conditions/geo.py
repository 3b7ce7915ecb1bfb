"""geo: where the customer is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from sqlalchemy import ColumnElement, Double, and_, cast, func, literal, literal_column

from domain.customers.conditions.fields import BuiltIn
from domain.rules.claims import Claim
from domain.rules.issues import RuleIssue, issue
from domain.rules.moment import ClockZone, Moment
from domain.rules.terms import Terms
from domain.rules.tests import TextTest
from domain.rules.text.phrase import Phrase, tested
from domain.words import Says, Words

EARTH_KM = 6371.0088  # mean radius (IUGG)
_TWO: ColumnElement[Any] = literal_column("2::float8", Double())
_LIMITS = {"latitude": Decimal(90), "longitude": Decimal(180)}
_PLACES = ("country", "region", "city")


@dataclass(frozen=True, slots=True)
class GeoCircle:
    """A circle on the ground: great-circle distance on a sphere, at most so far."""

    phrases: ClassVar = (
        Phrase(
            "{kilometres} km of ({latitude}, {longitude})",
            "{kilometres} 公里范围 ({latitude}, {longitude})",
            says=Words("{kilometres} km of ({latitude}, {longitude})", "{kilometres}公里（{latitude}，{longitude}）"),
        ),
    )
    latitude: Annotated[Decimal, Says(Words("latitude", "纬度"), "Degrees north.")]
    longitude: Annotated[Decimal, Says(Words("longitude", "经度"), "Degrees east.")]
    kilometres: Annotated[Decimal, Says(Words("kilometres", "公里"))]

    def holds(self, latitude: ColumnElement[Any], longitude: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a point lies in it."""
        north, east = _radians(latitude), _radians(longitude)
        here, there = _radians(_double(self.latitude)), _radians(_double(self.longitude))
        across = func.pow(func.sin((north - here) / _TWO), _TWO, type_=Double())
        along = func.pow(func.sin((east - there) / _TWO), _TWO, type_=Double())
        half = across + func.cos(north, type_=Double()) * func.cos(here, type_=Double()) * along
        return half <= literal(self._most(), Double())

    def _most(self) -> float:
        """The haversine of the radius; of half the globe and more all of it."""
        angle = float(self.kilometres) / EARTH_KM
        return math.sin(angle / 2) ** 2 if angle < math.pi else 2.0

    def issues(self) -> Iterator[RuleIssue]:
        """A place that is not on the globe, a radius that is not one."""
        for name, most in _LIMITS.items():
            if abs(getattr(self, name)) > most:
                yield issue(("within", name), f"Between -{most} and {most}.", f"须在 -{most} 与 {most} 之间。")
        if self.kilometres <= 0:
            yield issue(("within", "kilometres"), "More than 0.", "须大于 0。")


@dataclass(frozen=True, slots=True)
class Geo:
    """Where the customer is; all that is given must hold.  UNKNOWN where the place is not known."""

    asks: ClassVar = True
    keyword: ClassVar = "geo"
    example: ClassVar = "geo(within 25 km of (48.4, 9.99))"
    phrases: ClassVar = (
        Phrase(
            "geo({within, country, region, city})",
            "地理({within, country, region, city})",
            says=Words("the place is {within, country, region, city}", "所在地{within, country, region, city}"),
        ),
    )
    within: Annotated[GeoCircle | None, Says(Words("within a circle", "圆形范围")), Phrase("within {}", "在 {}")] = None
    country: Annotated[TextTest | None, Says(Words("country", "国家")), tested("country", "国家")] = None
    region: Annotated[TextTest | None, Says(Words("region", "地区")), tested("region", "地区")] = None
    city: Annotated[TextTest | None, Says(Words("city", "城市")), tested("city", "城市")] = None
    certain: ClassVar = False
    clock: ClassVar = ClockZone.TENANT

    def facts(self, terms: Terms) -> Mapping[str, BuiltIn]:
        """The places that are tested."""
        del terms
        named = tuple(name for name in _PLACES if getattr(self, name) is not None)
        return {name: BuiltIn(name) for name in (*named, *(() if self.within is None else _LIMITS))}

    def concluded(self, facts: Mapping[str, ColumnElement[Any]], moment: Moment) -> ColumnElement[bool]:
        """Whether all of them pass."""
        made = [getattr(self, name).holds(facts[name], moment) for name in _PLACES if name in facts]
        if self.within is not None:
            made.append(self.within.holds(facts["latitude"], facts["longitude"]))
        return and_(*made)

    def claims(self, terms: Terms) -> Iterator[Claim]:
        """That each test is of its field; a circle is a claim of its own."""
        facts = self.facts(terms)
        yield from (Claim(facts[name], getattr(self, name)) for name in _PLACES if name in facts)
        if self.within is not None:
            yield Claim(self.within, None)

    def issues(self, terms: Terms) -> Iterator[RuleIssue]:
        """A circle that is none."""
        del terms
        yield from () if self.within is None else self.within.issues()


def _radians(degrees: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.radians(cast(degrees, Double()), type_=Double())


def _double(value: Decimal) -> ColumnElement[Any]:
    return literal(float(value), Double())
