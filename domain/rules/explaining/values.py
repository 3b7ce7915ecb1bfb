"""What conditions saw, in words: numbers with their units, days and instants, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from domain.rules.seen import Seen, Unit
from domain.words import Words

_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60
_MONTHS = "January February March April May June July August September October November December"
_SOME = Words("some", "有")
_NOTHING = Words("no value", "无值")
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Teller:
    """Says values, in a language, a zone and a currency."""

    locale: str
    zone: str
    currency: str

    def of(self, words: Words) -> str:
        """In the language."""
        return words.of(self.locale)

    def value(self, seen: Seen, value: Any) -> str:
        """A value as it was seen."""
        if value is None:
            return self.of(_SOME if seen.unit is Unit.COUNT else _NOTHING)
        match seen.unit:
            case Unit.INSTANT:
                return self.instant(datetime.fromisoformat(value))
            case Unit.DAY:
                return self.day(date.fromisoformat(value))
            case Unit.BOOLEAN:
                return self.of(Words("yes", "是") if value else Words("no", "否"))
            case Unit.SET:
                return (Words(", ", "、").of(self.locale)).join(map(str, value[:_LISTED])) or self.of(_NOTHING)
            case Unit.PLACE:
                place, size = value
                return self.of(Words(f"place {place} of {size}", f"{size} 名中的第 {place} 名"))
            case Unit.TEXT:
                return str(value)
        return self.amount(seen, Decimal(value))

    def amount(self, seen: Seen, value: Decimal) -> str:
        """A number with its unit."""
        match seen.unit:
            case Unit.COUNT:
                return seen.noun.counted(plain(value), self.locale)
            case Unit.MONEY:
                return f"{plain(value)} {self.currency}"
            case Unit.PERCENT:
                return f"{plain(value)} %"
            case Unit.DAYS:
                return self.length(int(value) * _DAY_S)
            case Unit.SECONDS:
                return self.length(int(value))
        return plain(value)

    def length(self, seconds: int) -> str:
        """A length of time: its two largest parts."""
        parts = []
        for size, one, zh in ((_DAY_S, "day", "天"), (_HOUR_S, "hour", "小时"), (_MINUTE_S, "minute", "分钟")):
            number, seconds = divmod(seconds, size)
            if number:
                parts.append(Words(f"{number} {one}{'' if number == 1 else 's'}", f"{number} {zh}"))
        if not parts:
            return self.of(Words(f"{seconds} second{'' if seconds == 1 else 's'}", f"{seconds} 秒"))
        return " ".join(map(self.of, parts[:2]))

    def instant(self, at: datetime) -> str:
        """An instant as the clock of the zone shows it."""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{self.day(local.date())} {local:%H:%M}"

    def day(self, day: date) -> str:
        """A day."""
        return self.of(
            Words(
                f"{day.day} {_MONTHS.split()[day.month - 1]} {day.year}", f"{day.year} 年 {day.month} 月 {day.day} 日"
            )
        )


def plain(number: Decimal) -> str:
    """A decimal with at most two digits after the point, and no zeros that say nothing."""
    text = f"{number.quantize(Decimal('0.01')):f}" if number != number.to_integral_value() else f"{number:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
