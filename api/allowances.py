"""How much callers may do: the numbers that an operator may set, with their usual values."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Allowances:
    """Points are what ``@cost`` counts; a bucket holds ``burst`` of them and gets ``rate`` back a second."""

    key_rate: int = 100_000
    key_burst: int = 1_000_000
    tenant_rate: int = 200_000
    tenant_burst: int = 2_000_000
    # Fewer than a process has read connections, so that one tenant cannot take all.
    tenant_operations: int = 16
    deadline_s: int = 10

    @classmethod
    def of(cls, settings: Any) -> Self:
        """As the settings say."""
        return cls(**{one.name: getattr(settings, one.name) for one in fields(cls)})

    def scaled(self, tenant_rate: int | None) -> Self:
        """With another rate of the tenant's, and its keys' and all that can be saved up by the same factor."""
        if tenant_rate is None:
            return self
        factor = tenant_rate / self.tenant_rate
        return replace(
            self,
            tenant_rate=tenant_rate,
            **{name: max(1, round(getattr(self, name) * factor)) for name in ("key_rate", "key_burst", "tenant_burst")},
        )

    @property
    def tenant_writes(self) -> int:
        """Operations of one tenant that change something at once in a process, which has fewer connections to write."""
        return max(1, self.tenant_operations // 4)


USUAL = Allowances()
MOST_COST = 50_000  # of one operation: above, it is refused before it takes a connection
