"""The rows of the benchmark's tenants, made by PostgreSQL from series of numbers: the same numbers give the same rows.

Instants end with the moment of making, so that "the last year" has answers in every month.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

COUNTRIES = ("DE", "FR", "SE", "CN")
BYTES_PER_CUSTOMER, BYTES_PER_ORDER, BYTES_PER_ANSWER, BYTES_PER_TENANT = 900, 700, 500, 1_600_000
SPARE_BYTES = 1 << 30  # for the log of their making


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows a tenant has."""

    customers: int
    orders: int
    answers: int

    @property
    def bytes(self) -> int:
        """What they take on disk, indexes included; roughly."""
        rows = self.customers * BYTES_PER_CUSTOMER + self.orders * BYTES_PER_ORDER + self.answers * BYTES_PER_ANSWER
        return rows + BYTES_PER_TENANT


LARGE, SMALL, TENANTS = Amount(100_000, 1_000_000, 300_000), Amount(100, 500, 100), 200


def customer_id(number: int) -> UUID:
    """The id of a customer: a UUIDv7 whose random part is a hash of the number."""
    digits = f"{1_600_000_000_000 + number * 1000:012x}{hashlib.md5(f'customer{number}'.encode()).hexdigest()[:20]}"
    return UUID(digits[:12] + "7" + digits[13:16] + "8" + digits[17:])


def _id(kind: str, number: str = "n") -> str:
    digits = f"lpad(to_hex(1600000000000 + {number}::bigint * 1000), 12, '0') || left(md5('{kind}' || {number}), 20)"
    return f"overlay(overlay({digits} PLACING '7' FROM 13) PLACING '8' FROM 17)::uuid"


# hashint4 scatters a number; the second argument keeps the columns independent of each other.
def _scattered(salt: int, below: str, number: str = "n") -> str:
    return f"abs(hashint4extended(({number})::int, {salt}) % ({below}))"


CUSTOMERS = f"""
INSERT INTO customer (id, kind, display_name, email, phone, gender, birth_date, country, city, postal_code, street,
                      source, tags, attributes, registered_at, created_at, updated_at)
SELECT {_id("customer")}, CASE WHEN n % 10 = 0 THEN 'ORGANIZATION' ELSE 'PERSON' END,
       initcap(left(md5('given' || n), 6)) || ' ' || initcap(left(md5('family' || n), 9)),
       'customer' || n || '@shop.example', '+4930' || lpad(n::text, 8, '0'),
       (ARRAY['FEMALE', 'MALE', 'OTHER', 'UNDISCLOSED'])[1 + {_scattered(1, "4")}],
       date '1950-01-01' + {_scattered(2, "20000")}::int,
       (ARRAY[{", ".join(f"'{c}'" for c in COUNTRIES)}])[1 + {_scattered(3, str(len(COUNTRIES)))}],
       'City ' || {_scattered(4, "500")}, lpad({_scattered(5, "99999")}::text, 5, '0'), 'Street ' || n,
       (ARRAY['web', 'store', 'fair'])[1 + {_scattered(6, "3")}],
       ARRAY[(ARRAY['gold', 'silver', 'new', 'vip'])[1 + {_scattered(7, "4")}]], '{{}}',
       $1::timestamptz - interval '3 years' + {_scattered(8, "90000000")} * interval '1 second',
       $1::timestamptz - interval '3 years' + {_scattered(8, "90000000")} * interval '1 second' + interval '1 minute',
       $1::timestamptz - interval '3 years' + {_scattered(8, "90000000")} * interval '1 second' + interval '1 minute'
  FROM generate_series(1, $2::int) AS n
"""

ORDERS = f"""
INSERT INTO orders (id, customer_id, system, external_id, placed_at, cancelled_at, status, currency, total, discount,
                    net_total, base_net, channel, store, recorded_at, updated_at)
SELECT id, {_id("customer", "whose")}, 'shop', n::text, placed, CASE WHEN cancelled THEN placed + interval '1 hour' END,
       CASE WHEN cancelled THEN 'CANCELLED' ELSE 'FULFILLED' END, 'EUR', amount + 1, 1, amount, amount,
       (ARRAY['web', 'store', 'wechat'])[1 + {_scattered(11, "3")}], 'Store ' || {_scattered(12, "20")}, placed, placed
  FROM (SELECT n, {_id("order")} AS id, 1 + {_scattered(13, "$3")} AS whose, {_scattered(14, "50")} = 0 AS cancelled,
               $1::timestamptz - interval '2 years' + {_scattered(15, "63000000")} * interval '1 second' AS placed,
               (5 + {_scattered(16, "50000")} / 100.0)::numeric(20, 4) AS amount
          FROM generate_series(1, $2::int) AS n) AS made
 ORDER BY placed
"""

ANSWERS = f"""
INSERT INTO feedback (id, customer_id, system, external_id, kind, score, scale_min, scale_max, submitted_at,
                      recorded_at)
SELECT {_id("answer")}, {_id("customer", "whose")}, 'survey', n::text, CASE WHEN nps THEN 'NPS' ELSE 'CSAT' END,
       CASE WHEN nps THEN 10 - floor(({_scattered(21, "11")} * {_scattered(22, "11")}) / 10.0)
            ELSE 1 + {_scattered(23, "5")} END,
       CASE WHEN nps THEN 0 ELSE 1 END, CASE WHEN nps THEN 10 ELSE 5 END, given, given
  FROM (SELECT n, 1 + {_scattered(24, "$3")} AS whose, {_scattered(25, "3")} > 0 AS nps,
               $1::timestamptz - interval '2 years' + {_scattered(26, "63000000")} * interval '1 second' AS given
          FROM generate_series(1, $2::int) AS n) AS made
 ORDER BY given
"""
