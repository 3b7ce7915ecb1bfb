"""Words in the two languages of the product, and what a field says of itself."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple


class Words(NamedTuple):
    """The same text in English and Chinese."""

    en: str
    zh: str

    def of(self, locale: str) -> str:
        """The text for a BCP 47 locale: Chinese for ``zh`` and its regions, else English."""
        return self.zh if locale.lower().startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Says:
    """Rides in ``Annotated[...]`` of a dataclass field: label, unit, bounds.  All derived forms read it."""

    label: Words
    doc: str = ""  # English; what the type cannot say
    unit: str = ""
    ge: int | Decimal | None = None
    le: int | Decimal | None = None
    one_of: tuple[Any, ...] = ()
