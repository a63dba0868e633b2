"""Refusals of the office's desk of differences."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "late_points_none": Known(
        409,
        mark("No points are due for this purchase any more. Choose another answer."),
    ),
    "late_points_stopped": Known(
        409,
        mark(
            "The year's budget for points is used up, so none are given. Wait for the committee to raise it, or choose "
            "another answer."
        ),
    ),
    "queue_none": Known(
        422,
        mark("Nothing is ticked that this could be done with. Tick at least one difference."),
    ),
    "queue_mixed": Known(
        422,
        mark("These are differences of several kinds. Show one kind, and decide those together."),
    ),
    "queue_too_many": Known(
        422,
        mark("At most {most} differences go at one press. Tick fewer of them."),
    ),
}
