"""Which segments were made from which template, with which values: what makes installing one twice do nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Stored
from domain.segments.segment import Segment, SegmentStatus


class InstalledTemplate(Stored):
    """A segment's template.  The segment may have been changed since."""

    __tablename__ = "installed_template"
    __table_args__ = (Index("ix_installed_template_template", "template"),)

    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segment.id"), primary_key=True)
    template: Mapped[str] = mapped_column(doc="The template's key.")
    params: Mapped[dict[str, Any]] = mapped_column(doc="The values chosen, defaults too.")
    recorded_at: Mapped[datetime] = mapped_column(doc="When it was installed.")


def installed(template: Any) -> Select[Any]:
    """The segments of a template, given by its key, that are not archived; the first one first."""
    made = InstalledTemplate
    return (
        select(Segment)
        .join(made, made.segment_id == Segment.id)
        .where(made.template == template, Segment.status == SegmentStatus.ACTIVE)
        .order_by(made.recorded_at, Segment.id)
    )
