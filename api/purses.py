"""What a caller pays from: the bucket of its key and that of its tenant, and the tenant's turns."""

from collections.abc import Awaitable
from time import monotonic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.allowances import Allowances
from api.buckets import Bucket, Leases
from api.graph.document import Rejected
from api.graph.errors import fault
from api.turns import Turns
from tenancy.keys import Grant

MOST_PURSES = 20_000  # remembered at a time
WAIT_S = 1.0  # for a turn of the tenant's


class Share:
    """What all keys of a tenant share in this process."""

    __slots__ = ("bucket", "turns", "writes")

    def __init__(self, tenant_id: UUID, allowances: Allowances) -> None:
        self.bucket = Bucket(tenant_id)
        self.turns, self.writes = Turns(allowances.tenant_operations, WAIT_S), Turns(allowances.tenant_writes)


class Purse:
    """One key's.  Names of the buckets are those of the policies in the header."""

    __slots__ = ("_key", "_leases", "_policy", "_tenant", "allowances", "turns", "writes")

    def __init__(self, key: Bucket, share: Share, leases: Leases, allowances: Allowances) -> None:
        self.allowances = allowances
        self._key, self._tenant, self._leases = key, share.bucket, leases
        self.turns, self.writes = share.turns, share.writes
        named = (("key", key), ("tenant", share.bucket))
        policies = [f'"{name}";q={one.burst};w={-(-one.burst // one.rate)}' for name, one in named]
        self._policy = ", ".join(policies).encode()

    def charge(self, cost: int, locale: str) -> Awaitable[None] | None:
        """Pay.  Null when it is paid already; else to be awaited, which may raise ``Rejected``."""
        key, tenant = self._key, self._tenant
        if key.have < cost or tenant.have < cost:
            return self._late(cost, locale)
        key.have -= cost
        tenant.have -= cost
        if key.have < key.low:
            self._leases.ahead(key)
        if tenant.have < tenant.low:
            self._leases.ahead(tenant)
        return None

    async def _late(self, cost: int, locale: str) -> None:
        """Pay when slices have come.  Raises ``Rejected`` when a bucket is empty."""
        while short := [one for one in (self._key, self._tenant) if one.have < cost]:
            now = monotonic()
            for one in short:
                if cost > one.burst:
                    raise Rejected(fault("TOO_COSTLY", locale))
                if now < one.empty_until:
                    again, left = one.retry_after_s(cost, now), one.remaining(now)
                    raise Rejected(fault("RATE_LIMITED", locale, cost=cost, remaining=left, retryAfter=again))
            await self._leases.filled(short, cost)
        self._key.have -= cost
        self._tenant.have -= cost

    def owe(self, cost: int) -> None:
        """Pay for what was done already: less than nothing may be left then, but a tenth of a bucket is the most."""
        for one in (self._key, self._tenant):
            one.have -= min(cost, max(1, one.burst // 10))

    def told(self, cost: int) -> bytes:
        """How an answer ends that cost so much."""
        _, remaining, rate = self._scarcer()
        return b',"extensions":{"cost":{"requested":%d,"remaining":%d,"restoreRate":%d}}}' % (cost, remaining, rate)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers-11 has them; of the two buckets the one that holds less."""
        name, remaining, _ = self._scarcer()
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", b'"%s";r=%d;t=1' % (name, remaining))]

    def _scarcer(self) -> tuple[bytes, int, int]:
        now = monotonic()
        key, tenant = self._key.remaining(now), self._tenant.remaining(now)
        return (b"key", key, self._key.rate) if key <= tenant else (b"tenant", tenant, self._tenant.rate)


class Purses:
    """The purses of a process."""

    def __init__(self, control: AsyncEngine, allowances: Allowances) -> None:
        """``control`` leads to the control plane."""
        self._leases, self._allowances = Leases(control), allowances
        self._shares: dict[UUID, Share] = {}
        self._keys: dict[UUID, Bucket] = {}

    def of(self, grant: Grant) -> Purse:
        """A key's, with the tenant's share that its other keys have too."""
        if len(self._keys) >= MOST_PURSES:  # what is forgotten loses a slice at most
            self._keys.clear()
            self._shares.clear()
        given = self._allowances.scaled(grant.tenant.points_rate)
        share = self._shares.get(grant.tenant.id)
        if share is None:
            share = self._shares[grant.tenant.id] = Share(grant.tenant.id, given)
        key = self._keys.setdefault(grant.key_id, Bucket(grant.key_id))
        key.tune(given.key_rate, given.key_burst)
        share.bucket.tune(given.tenant_rate, given.tenant_burst)
        return Purse(key, share, self._leases, given)

    async def close(self) -> None:
        """Before the control plane's connections are closed."""
        await self._leases.close()
