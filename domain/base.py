"""What every stored thing shares: metadata, column types, ids."""

import enum
import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Enum, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Stored(DeclarativeBase):
    """A table of the tenant's schema. No schema is named: the transaction's scope decides whose it is."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        # Text with CHECK: a native enum's OID differs per schema and breaks cached statements.
        enum.Enum: Enum(enum.Enum, native_enum=False, create_constraint=True, length=40),
        Decimal: Numeric(20, 4),
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
    }


# For tables that mostly grow: index-only scans need the visibility map, which only VACUUM keeps, and the default
# waits until a fifth of the table is new.
GROWING = {
    "postgresql_with": {
        "autovacuum_vacuum_insert_threshold": "1000",
        "autovacuum_vacuum_insert_scale_factor": "0.02",
        "autovacuum_analyze_scale_factor": "0.02",
    }
}


def finite(*columns: str) -> tuple[CheckConstraint, ...]:
    """CHECKs that refuse NaN, which numeric(p, s) admits (infinity it refuses itself)."""
    return tuple(CheckConstraint(f"{name} <> 'NaN'", name=f"{name}_finite") for name in columns)


def new_id(now: datetime) -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds of ``now``, 74 random bits.  Sorts by creation."""
    milliseconds = int(now.timestamp() * 1000)
    random = secrets.randbits(74)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
