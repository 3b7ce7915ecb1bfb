"""Watched segments over GraphQL: to be told who enters and who leaves."""

from api.graph.field import Same, value, write
from api.scopes import Scope
from api.views import view
from domain.refusal import Invalid, NotFound
from domain.time import Duration
from domain.watching import read, save, watch


@view(watch.SegmentWatch)
class SegmentWatch:
    since: Same
    every: Duration = value(read.every_of, proven=True)
    compares: Same
    ready: bool = value(read.ready_of, proven=True)
    evaluated_at: Same


@view.mutation
class WatchMutations:
    segment_watch = write(
        save.segment_watch,
        row="segment",
        problems=(Invalid, NotFound),
        requires=Scope.SEGMENTS_WRITE,
        ids={"id": "Segment"},
        says={"id": "The segment to watch."},
    )
    segment_unwatch = write(
        save.segment_unwatch,
        row="segment",
        problems=(NotFound,),
        requires=Scope.SEGMENTS_WRITE,
        ids={"id": "Segment"},
        says={"id": "The segment to watch no longer."},
    )
