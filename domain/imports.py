"""Where an import stages its rows: a permanent UNLOGGED table of the tenant."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored


class ImportRow(Stored):
    """One record of a running import, as read and checked.  Emptied when the import ends."""

    __tablename__ = "import_row"
    __table_args__ = (
        Index("ix_import_row_key", "run_id", "key"),
        {"prefixes": ["UNLOGGED"]},
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, doc="Line of the file, from 1.")
    id: Mapped[UUID] = mapped_column(doc="The id its row gets if it is new.")
    key: Mapped[str] = mapped_column(doc="The external identifier of the entity it belongs to.")
    data: Mapped[dict[str, Any]] = mapped_column(doc="The record's fields, by column.", server_default=text("'{}'"))
