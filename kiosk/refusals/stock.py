"""Refusals of the shelf: what is left of a good, holds, deliveries, counts."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "stock_short": Known(
        409,
        mark(
            "Of {good} there are {left} left, {asked} were asked for. Nobody has said yet when more comes:"
            " choose fewer, or ask at the counter."
        ),
    ),
    "stock_short_until": Known(
        409,
        mark(
            "Of {good} there are {left} left, {asked} were asked for. More is expected on {more_on}:"
            " choose fewer, or come again then."
        ),
    ),
    "good_paused": Known(
        409, mark("{good} is not being handed out for a while: {notice} Choose something else.")
    ),
    "hold_ended": Known(
        409, mark("What was set aside is not set aside any more. Choose the goods again.")
    ),
    "good_settings_wrong": Known(
        422,
        mark(
            "A limit, shelf life or low mark of this good is no number from 0 on, or its period is none of"
            " day, week, month, quarter and year. Correct it and send again."
        ),
    ),
}
